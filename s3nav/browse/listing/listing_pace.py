"""Decide how many requests of one listing run at a time."""

import contextlib
import math
import threading
from collections.abc import Callable

import msgspec

from s3nav.retries import ThreadLimiter

MIN_REQUESTS, MAX_REQUESTS = 2, 64
MIN_PER_WORKER = 4
"""Minimum for each list worker: its requests wait while this process parses."""
_HEADROOM = 1.25
"""Factor above the mean, because responses arrive unevenly."""


class Timing(msgspec.Struct, frozen=True):
    """The cost of one request."""

    wall_s: float
    cpu_s: float
    """To send, read and parse, in any process."""


class Pace:
    """The request limit that the threads of one listing share. Thread safe.

    It allows as many requests as keep each process busy with parsing while other requests wait for
    responses: the time of a request divided by its CPU time. `ThreadLimiter` lowers that to what S3
    accepts.
    """

    def __init__(self, workers: int | None, *, processes: Callable[[], int] = lambda: 1) -> None:
        self._lock = threading.Lock()
        self._processes = processes
        self._shortest_s = math.inf
        self._cpu_s = 0.0
        self._responses = 0
        useful = self._useful if workers is None else None
        self._limiter = ThreadLimiter(workers or MAX_REQUESTS, useful=useful)

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        return self._limiter.at_once

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._limiter.requests

    def turn(self, check: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        """Wait for a slot for one request; see `ThreadLimiter.turn`."""
        return self._limiter.turn(check)

    def record(self, timing: Timing, *, is_full: bool) -> None:
        """Record the cost of a page; only full pages are used for the estimate."""
        with self._lock:
            self._responses += 1
            if is_full and self._responses > 1:  # the first one also opened the connection
                self._shortest_s = min(self._shortest_s, timing.wall_s)
                self._cpu_s = (
                    self._cpu_s * 0.8 + timing.cpu_s * 0.2 if self._cpu_s else timing.cpu_s
                )

    def _useful(self) -> int:
        processes = self._processes()
        minimum = min(MAX_REQUESTS, MIN_REQUESTS + MIN_PER_WORKER * (processes - 1))
        if not self._cpu_s:
            return minimum
        useful = math.ceil(_HEADROOM * processes * self._shortest_s / self._cpu_s)
        return max(minimum, min(MAX_REQUESTS, useful))
