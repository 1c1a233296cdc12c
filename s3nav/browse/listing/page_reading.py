"""Read the pages of one listing, with list workers once it is large and limited by the CPU."""

import threading
import time
from collections.abc import Callable

from s3nav.model.objects import KeyPage, ListRequest
from s3nav.model.ports.stores import ListingStore, PageReader

WORTH_PAGES = 20
"""Full pages before list workers are started: small listings end earlier."""
BUSY_SHARE = 0.6
"""Share of one core above which workers help; below it the network is the limit."""
CHECK_EVERY_S = 0.05


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
        return is_busy and self._full_pages >= WORTH_PAGES
