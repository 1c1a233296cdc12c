"""List a prefix of any size with many requests at a time, every key exactly once.

ListObjectsV2 returns at most 1000 keys, and each page names the start of the next, so one reader
waits a round trip for every page. Instead the key space is cut into intervals, and each thread
lists an interval of its own, page by page, with StartAfter. A thread without work splits the
largest interval: at a folder in its middle, which costs one request with a delimiter to find, or at
a key guessed from keys seen (`key_space`). A split point need not exist as a key, so a bad guess
only makes intervals uneven. The scheduler bounds how many requests may be wasted on splitting.

Endpoints that ignore StartAfter, and directory buckets, are listed page after page. So are those
that do not list in byte order: every page is checked, and every end of an interval (`intervals`).
What was listed by then proves nothing, so the listing starts again from its first page.
"""

import threading
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from s3nav.browse.listing.interval_scheduler import (
    FolderLookup,
    IntervalScheduler,
    Problem,
    Step,
)
from s3nav.browse.listing.intervals import Interval, joins
from s3nav.browse.listing.key_space import DELIMITER
from s3nav.browse.listing.listing_pace import Pace, PageReading, Timing
from s3nav.browse.listing.serial_listing import SerialListing, Sink
from s3nav.model.errors import AccessDeniedError, CredentialsError, S3NavError
from s3nav.model.objects import KeyPage, KeySpan, ListingPage, ListRequest
from s3nav.model.places import EMPTY_PAGES_MAX, OutOfOrder, S3Uri, endless, is_ordered, out_of_order
from s3nav.model.ports.stores import ListingStore
from s3nav.model.waits import join
from s3nav.retries import RequestRetries

WHOLE = (KeySpan(),)
Digest = Callable[[KeyPage], object]
DIRECTORY_BUCKET = "--x-s3"
"""Suffix of directory buckets, which list in no order and without StartAfter (API reference)."""
_CHECK_EVERY_S = 0.1


class ListingOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a listing ended."""

    complete: bool
    """Every key of the requested spans was passed to the sink."""
    cancelled: bool
    requests: int
    keys: int
    problems: tuple[Problem, ...]
    duration_s: float

    @property
    def denied(self) -> tuple[KeySpan, ...]:
        """Spans that the credentials may not list."""
        return tuple(
            problem.span
            for problem in self.problems
            if isinstance(problem.error, AccessDeniedError)
        )


def list_parallel(  # noqa: PLR0913 - one call is the whole engine
    store: ListingStore,
    place: S3Uri,
    *,
    todo: Sequence[KeySpan] = WHOLE,
    sink: Sink,
    restart: Callable[[], None],
    is_cancelled: Callable[[], bool],
    retry_attempts: int,
    workers: int | None = None,
    requester_pays: bool = False,
    page_size: int = 1000,
    digest: Callable[[], Digest | None] = lambda: None,
) -> ListingOutcome:
    """List all objects below `place`, or only those in the spans `todo`.

    `sink` is called from several threads at a time, for each page with the span of keys that is
    thereby completely listed. Spans do not overlap; keys in no span are not listed yet. For a
    directory bucket, and after `restart`, all spans before the last page are empty.
    `restart` is called when the endpoint turns out not to list in byte order: forget all that
    `sink` got, now and in earlier listings of the place. Then the whole place is listed again.
    `digest` returns the digest function for the next page, as in `ListRequest`. Some pages come
    without a digest; pages with one may have no columns except the keys.
    Raises what `sink` raises; S3NavErrors are in the outcome.
    """
    request = ListRequest(
        bucket=place.bucket, prefix=place.key, page_size=page_size, requester_pays=requester_pays
    )
    retries = RequestRetries(retry_attempts)
    listing = _Listing(store, request, todo, sink, workers, digest=digest, retries=retries)
    started = time.monotonic()
    cancelled = listing.run(is_cancelled)
    requests = listing.pace.requests
    if not listing.has_order:
        restart()  # also when cancelled: what is left then must not be trusted by a later listing
    if not listing.has_order and not cancelled:
        listing = _Listing(store, request, WHOLE, sink, workers, digest=digest, retries=retries)
        listing.has_order = False
        cancelled = listing.run(is_cancelled)
        requests += listing.pace.requests
    problems = listing.scheduler.problems()
    return ListingOutcome(
        complete=not cancelled and not problems,
        cancelled=cancelled,
        requests=requests,
        keys=listing.scheduler.keys,
        problems=problems,
        duration_s=time.monotonic() - started,
    )


class _Stopped(Exception):  # noqa: N818 - not an error
    """The listing was stopped while a request was under way."""


class _NoStartAfter(Exception):  # noqa: N818 - not an error
    """The endpoint does not start where StartAfter says."""


class _Listing:
    """One run: its threads and their work."""

    def __init__(  # noqa: PLR0913 - what `list_parallel` was given
        self,
        store: ListingStore,
        request: ListRequest,
        todo: Sequence[KeySpan],
        sink: Sink,
        workers: int | None,
        *,
        digest: Callable[[], Digest | None],
        retries: RequestRetries,
    ) -> None:
        self._retries = retries
        self._pages = PageReading(store)
        self.pace = Pace(workers, processes=lambda: self._pages.processes)
        self.scheduler = IntervalScheduler(todo, request, lambda: self.pace.at_once)
        self._store = store
        self._request = replace(request, waiting=self._check)
        self._sink = sink
        self._digest = digest
        self._is_directory_bucket = request.bucket.endswith(DIRECTORY_BUCKET)
        self.has_order = True
        """False once the endpoint turned out to list in another order than that of bytes."""
        self._threads: list[threading.Thread] = []
        self._spawning = threading.Lock()
        self._starts_anywhere = False
        """The endpoint has honoured StartAfter once; until then there is one thread."""
        self._failure: BaseException | None = None

    def run(self, is_cancelled: Callable[[], bool]) -> bool:
        """List everything; returns whether it was cancelled. Raises what the sink raises."""
        cancelled = False
        self._spawn(1)
        try:
            while any(thread.is_alive() for thread in self._threads):
                if not cancelled and is_cancelled():
                    cancelled = True
                    self.scheduler.stop()
                self._threads[0].join(_CHECK_EVERY_S)
        except BaseException:
            self.scheduler.stop()
            raise
        finally:
            for thread in self._threads:
                join(thread)
            self._pages.close()
        if self._failure is not None:
            raise self._failure
        return cancelled

    def _spawn(self, wanted: int) -> None:
        with self._spawning:
            for number in range(len(self._threads), wanted):
                thread = threading.Thread(target=self._work, name=f"s3nav-list-{number}")
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        try:
            while (work := self.scheduler.take()) is not None:
                if isinstance(work, FolderLookup):
                    self._look_up(work)
                else:
                    self._follow(work)
        except _Stopped:
            return
        except OutOfOrder:
            self.has_order = False
            self.scheduler.stop()
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            self._failure = error
            self.scheduler.stop()

    def _follow(self, interval: Interval) -> None:
        """List an interval page by page to its end. Raises OutOfOrder."""
        while True:
            try:
                page = self._next_page(interval)
            except _NoStartAfter:
                self._list_serially()
                return
            except CredentialsError as error:
                self.scheduler.fail_all(error)
                return
            except S3NavError as error:
                if self.scheduler.fail(interval, error):
                    continue
                return
            step = self.scheduler.advance(interval, page)
            if step is None:
                return
            if self._is_joined(step):
                self._hand_out(step)
            if step.is_last:
                return
            if self._starts_anywhere:
                self._spawn(self.pace.at_once)

    def _next_page(self, interval: Interval) -> KeyPage:
        position = interval.position
        if self._is_directory_bucket or not self.has_order:
            raise _NoStartAfter
        request = replace(
            self._request, start_after=position, token=interval.token, digest=self._digest()
        )
        if self._starts_anywhere:
            page = self._fetch(request, _OrderCheck(position))
            _check_progress(interval, page)
            return page
        page = self._fetch(request, lambda _: None)
        _check_progress(interval, page)
        if not is_ordered(page.keys, ""):
            raise OutOfOrder
        if not is_ordered(page.keys[:1], position):
            raise _NoStartAfter
        if position and page.keys:
            self._starts_anywhere = True
            self.scheduler.allow_split()
        return page

    def _hand_out(self, step: Step) -> None:
        if step.rows.keys or (step.is_last and step.span.after != step.span.upto):
            self._sink(step.span, step.rows)
        for span in step.closed:
            self._sink(span, KeyPage())

    def _is_joined(self, step: Step) -> bool:
        """False when that cannot be found out: the step is then a problem. Raises OutOfOrder."""

        def read(position: str) -> KeyPage:
            request = replace(self._request, start_after=position)
            return self._fetch(request, _OrderCheck(position))

        try:
            if not all(joins(seam, read) for seam in step.seams):
                raise OutOfOrder
        except S3NavError as error:
            self.scheduler.report(step.span, error)
            return False
        return True

    def _list_serially(self) -> None:
        """List what is left page after page, without StartAfter. Raises OutOfOrder."""
        has_order = self.has_order and not self._is_directory_bucket
        serial = SerialListing(self.scheduler.take_remaining(), has_order=has_order)

        def sink(span: KeySpan, rows: KeyPage) -> None:
            self.scheduler.keys += len(rows.keys)
            self._sink(span, rows)

        try:
            serial.run(self._request, lambda request: self._fetch(request, lambda _: None), sink)
        except S3NavError as error:
            for span in serial.left():
                self.scheduler.report(span, error)

    def _look_up(self, lookup: FolderLookup) -> None:
        request = replace(
            self._request, prefix=lookup.folder, delimiter=DELIMITER, start_after=lookup.after
        )
        page: ListingPage | None = None
        try:
            with self.pace.turn(self._check):
                page = self._store.list_page(request)
            if not is_ordered(page.prefixes, ""):
                raise OutOfOrder
        except S3NavError:
            pass  # only a hint: listing the keys themselves meets and reports the error
        finally:
            self.scheduler.finish_lookup(lookup, page)

    def _fetch(self, request: ListRequest, check: Callable[[KeyPage], None]) -> KeyPage:
        """Fetch one page, with retries. Raises S3NavError."""

        def attempt() -> tuple[KeyPage, Timing]:
            with self.pace.turn(self._check):
                # CPU time of this thread alone, and of the list worker if one read the page.
                wall_s, cpu_s = time.monotonic(), time.thread_time()
                page = self._pages.list_keys(request)
                cpu_s = time.thread_time() - cpu_s + page.elsewhere_s
                timing = Timing(time.monotonic() - wall_s, cpu_s)
            check(page)
            return page, timing

        page, timing = self._retries.call(attempt, self._check)
        self.pace.record(timing, is_full=len(page.keys) >= request.page_size)
        return page

    def _check(self) -> None:
        if self.scheduler.is_stopped:
            raise _Stopped


def _check_progress(interval: Interval, page: KeyPage) -> None:
    """Raise UnavailableError when too many empty pages follow each other."""
    interval.empty_pages = 0 if page.keys else interval.empty_pages + 1
    if interval.empty_pages > EMPTY_PAGES_MAX:
        raise endless(f"{EMPTY_PAGES_MAX:,} pages in a row are empty, and more follow")


class _OrderCheck:
    """Checks the answers to one request; the second that is out of order is no accident."""

    def __init__(self, after: str) -> None:
        self._after = after
        self._was_out_of_order = False

    def __call__(self, page: KeyPage) -> None:
        """Raise UnavailableError, then OutOfOrder."""
        keys = page.keys if page.digest is None else page.keys[:1]
        if is_ordered(keys, self._after):
            return
        if self._was_out_of_order:
            raise OutOfOrder
        self._was_out_of_order = True
        raise out_of_order()
