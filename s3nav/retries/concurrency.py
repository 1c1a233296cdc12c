"""How many requests may be under way: half as many when a server refuses, one more each round.

`ConcurrencyLimit` decides; `ThreadLimiter` makes threads wait for it, `AsyncLimiter` tasks.
"""

import contextlib
import math
import threading
from collections.abc import Callable, Iterator

from s3nav.model.errors import ThrottledError

LOOK_EVERY_S = 0.1
"""A thread that waits for its turn calls its check so often."""


class ConcurrencyLimit:
    """Counts and decides only; threads that share it need a lock around it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        """Rounded down it is how many may be under way: 1 at least."""
        self.cuts = 0
        """How often it was halved. A request remembers it from its start."""

    def refused(self, begun: int, *, at_once: float = math.inf) -> None:
        """Halve the limit, or `at_once` where fewer are under way.

        `begun` is `cuts` as it was when the refused request began: requests that were under way
        when the server had enough count as one refusal.
        """
        if begun == self.cuts:
            self.cuts += 1
            self.limit = max(1.0, min(self.limit, at_once) / 2)

    def answered(self) -> None:
        """Grow a little: by one when as many requests as the limit were answered."""
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def round_ended(self) -> None:
        """Grow by one, where no single answers are counted."""
        self.limit = min(float(self.most), self.limit + 1)


class ThreadLimiter:
    """Makes threads wait for their turn. A request that raises ThrottledError is a refusal."""

    def __init__(self, most: int, *, useful: Callable[[], int] | None = None) -> None:
        """`useful` may ask for fewer than allowed; it is called under the lock."""
        self._limit = ConcurrencyLimit(most)
        self._useful = useful
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        self._under_way = 0
        self.requests = 0
        """Begun so far."""

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        allowed = int(self._limit.limit)
        return allowed if self._useful is None else max(1, min(allowed, self._useful()))

    @contextlib.contextmanager
    def turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Make one request when not too many are under way.

        Raises what `check` raises, which is called while the thread waits; nothing is counted then.
        """
        with self._lock:
            check()
            while self._under_way >= self.at_once:
                self._free.wait(LOOK_EVERY_S)
                check()
            self._under_way += 1
            self.requests += 1
            begun = self._limit.cuts
        is_answered = is_refused = False
        try:
            yield
            is_answered = True
        except ThrottledError:
            is_refused = True
            raise
        finally:
            with self._lock:
                self._under_way -= 1
                if is_answered:
                    self._limit.answered()
                elif is_refused:
                    self._limit.refused(begun, at_once=self.at_once)
                self._free.notify()
