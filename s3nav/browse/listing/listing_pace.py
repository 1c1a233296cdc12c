"""How many requests a listing makes at once, and when it tries one again."""

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable, Iterator

import msgspec

from s3nav.model.errors import S3NavError, ThrottledError, UnavailableError

FEWEST, MOST = 2, 64
FEWEST_ELSEWHERE = 4
"""For each process beside this one, which is slow to ask while it reads."""
ATTEMPTS = 7
ATTEMPTS_SLOWED = 12
ATTEMPTS_NEW = 2
"""Of an endpoint that has never answered."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0
RETRIES = 60.0
"""How many retries a listing starts with; successes earn more."""
RETRIES_PER_PAGE = 0.25
CALM_S = 1.0
"""One request to slow down stands for all that were under way."""
TURN_S = 0.1
_SPARE = 1.25
"""Answers do not come evenly."""


class Timing(msgspec.Struct, frozen=True):
    """What one request took."""

    wall_s: float
    cpu_s: float
    """To send, read and parse, in whichever process."""


class Pace:
    """Shared by the workers of one listing. Thread safe.

    As many at once as keep each process that reads busy with parsing while the others wait for
    answers; half as many when S3 asks to slow down, and one more for each round of answers after
    that.
    """

    def __init__(
        self,
        workers: int | None,
        *,
        processes: Callable[[], int] = lambda: 1,
        draw: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._left = threading.Condition(self._lock)
        self._under_way = 0
        self._wanted = workers
        self._processes = processes
        self._draw = draw or random.Random()
        self._clock = clock
        self._shortest_s = math.inf
        self._cpu_s = 0.0
        self._answers = 0
        self._ceiling = float(workers or MOST)
        self._slowed_at = -math.inf
        self._retries = RETRIES
        self.requests = 0

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return max(1, min(int(self._ceiling), self._wanted or self._useful()))

    @contextlib.contextmanager
    def turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Make one request, when there are not too many under way.

        Raises what `check` raises, for whom it is too late; nothing is counted then.
        """
        with self._lock:
            check()
            while self._under_way >= self.at_once:
                self._left.wait(TURN_S)
                check()
            self._under_way += 1
            self.requests += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._left.notify()

    def answered(self, timing: Timing, *, is_full: bool) -> None:
        """A page came; only full ones say how long a page takes."""
        with self._lock:
            self._answers += 1
            self._retries = min(RETRIES, self._retries + RETRIES_PER_PAGE)
            limit = float(self._wanted or MOST)
            self._ceiling = min(limit, self._ceiling + 1 / max(1.0, self._ceiling))
            if is_full and self._answers > 1:  # the first one has found the way as well
                self._shortest_s = min(self._shortest_s, timing.wall_s)
                self._cpu_s = (
                    self._cpu_s * 0.8 + timing.cpu_s * 0.2 if self._cpu_s else timing.cpu_s
                )

    def retry_in_s(self, error: S3NavError, attempt: int) -> float | None:
        """How long to wait before the next attempt, from 1; None to give up."""
        if not isinstance(error, UnavailableError):
            return None
        with self._lock:
            if isinstance(error, ThrottledError):
                self._slow_down()
                attempts = ATTEMPTS_SLOWED
            else:
                # An endpoint that is broken, not busy, is left soon by all workers together.
                attempts = ATTEMPTS if self._answers else ATTEMPTS_NEW
                attempts = attempts if self._retries >= 1 else 0
                self._retries -= 1
            if attempt >= attempts:
                return None
            longest_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**attempt)
            return self._draw.uniform(longest_s / 4, longest_s)

    def _slow_down(self) -> None:
        if self._clock() - self._slowed_at > CALM_S:
            self._slowed_at = self._clock()
            self._ceiling = max(1.0, min(self._ceiling, float(self.at_once)) / 2)

    def _useful(self) -> int:
        processes = self._processes()
        fewest = min(MOST, FEWEST + FEWEST_ELSEWHERE * (processes - 1))
        if not self._cpu_s:
            return fewest
        useful = math.ceil(_SPARE * processes * self._shortest_s / self._cpu_s)
        return max(fewest, min(MOST, useful))
