"""How many requests of one listing are useful and allowed at once."""

import contextlib
import math
import threading
from collections.abc import Callable

import msgspec

from s3nav.retries import ThreadLimiter

FEWEST, MOST = 2, 64
FEWEST_ELSEWHERE = 4
"""For each process beside this one, which is slow to ask while it reads."""
_SPARE = 1.25
"""Answers do not come evenly."""


class Timing(msgspec.Struct, frozen=True):
    """What one request took."""

    wall_s: float
    cpu_s: float
    """To send, read and parse, in whichever process."""


class Pace:
    """Shared by the workers of one listing. Thread safe.

    As many requests at once as keep each process that reads busy with parsing while the others wait
    for answers; never more than S3 takes, as `ThreadLimiter` finds out.
    """

    def __init__(self, workers: int | None, *, processes: Callable[[], int] = lambda: 1) -> None:
        self._lock = threading.Lock()
        self._processes = processes
        self._shortest_s = math.inf
        self._cpu_s = 0.0
        self._answers = 0
        useful = self._useful if workers is None else None
        self._limiter = ThreadLimiter(workers or MOST, useful=useful)

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return self._limiter.at_once

    @property
    def requests(self) -> int:
        """Begun so far."""
        return self._limiter.requests

    def turn(self, check: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        """Make one request, when there are not too many under way; see `ThreadLimiter.turn`."""
        return self._limiter.turn(check)

    def answered(self, timing: Timing, *, is_full: bool) -> None:
        """A page came; only full ones say how long a page takes."""
        with self._lock:
            self._answers += 1
            if is_full and self._answers > 1:  # the first one has found the way as well
                self._shortest_s = min(self._shortest_s, timing.wall_s)
                self._cpu_s = (
                    self._cpu_s * 0.8 + timing.cpu_s * 0.2 if self._cpu_s else timing.cpu_s
                )

    def _useful(self) -> int:
        processes = self._processes()
        fewest = min(MOST, FEWEST + FEWEST_ELSEWHERE * (processes - 1))
        if not self._cpu_s:
            return fewest
        useful = math.ceil(_SPARE * processes * self._shortest_s / self._cpu_s)
        return max(fewest, min(MOST, useful))
