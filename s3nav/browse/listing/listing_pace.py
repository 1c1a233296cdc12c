"""Decide how many requests of one listing run at a time, and in how many processes."""

import contextlib
import math
import threading
import time
from collections.abc import Callable

import msgspec

from s3nav.model.objects import KeyPage, ListRequest
from s3nav.model.ports.stores import ListingStore, PageReader
from s3nav.retries import ThreadLimiter

MIN_REQUESTS, MAX_REQUESTS = 2, 64
MIN_PER_WORKER = 4
"""Minimum for each list worker: its requests wait while this process parses."""
_HEADROOM = 1.25
"""Factor above the mean, because responses arrive unevenly."""
PAGES_BEFORE_WORKERS = 20
"""Full pages before list workers are started: small listings end earlier."""
BUSY_SHARE = 0.6
"""Share of one core above which workers help; below it the network is the limit."""
CHECK_EVERY_S = 0.05


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
                # The shortest time has the least waiting for other threads; the CPU time varies
                # with the content, so it is averaged.
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


class PageReading:
    """Reads pages for all threads of one listing. Thread safe."""

    def __init__(
        self,
        store: ListingStore,
        *,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._lock = threading.Lock()
        self._reader: PageReader | None = None
        self._may_start = True
        self._full_pages = 0
        self._checked = (clock(), cpu_clock())

    @property
    def processes(self) -> int:
        """How many processes read now, including this one."""
        return 1 if self._reader is None else self._reader.processes

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Read one page. Raises S3NavError."""
        reader = self._reader
        if reader is not None:
            return reader.list_keys(request)
        page = self._store.list_keys(request)
        if self._may_start and len(page.keys) >= request.page_size:
            self._consider()
        return page

    def close(self) -> None:
        """Stop using list workers."""
        with self._lock:
            self._may_start = False
            reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _consider(self) -> None:
        with self._lock:
            self._full_pages += 1
            if not self._may_start or not self._is_worth_it():
                return
            self._may_start = False
            self._reader = self._store.page_reader()

    def _is_worth_it(self) -> bool:
        wall_s, cpu_s = self._checked
        now_s = self._clock()
        if now_s - wall_s < CHECK_EVERY_S:
            return False
        busy_s = self._cpu_clock()
        self._checked = (now_s, busy_s)
        is_busy = busy_s - cpu_s >= BUSY_SHARE * (now_s - wall_s)
        return is_busy and self._full_pages >= PAGES_BEFORE_WORKERS
