"""List all versions and delete markers below a prefix with many requests at a time.

It uses the intervals of `parallel_listing`: each page is cut after its last complete key, so an
interval contains all versions of its keys. A key with more versions than fit into a page is
followed to its end by the thread that lists its interval. Two small requests find out whether the
endpoint can start behind an arbitrary key; if not, it is listed page after page.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import le

import msgspec
from msgspec.structs import replace

from s3nav.browse.listing.interval_scheduler import Problem
from s3nav.browse.listing.parallel_listing import list_parallel
from s3nav.browse.listing.serial_listing import (
    VersionStore,
    fetch_versions,
    version_pages,
)
from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.objects import (
    KeyPage,
    KeySpan,
    ListingPage,
    ListRequest,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.places import OutOfOrder, PageWatch, S3Uri, is_ordered, out_of_order
from s3nav.retries import RequestCancelled, RequestRetries, cancellation_check

WORKERS = 16
_BETWEEN = "!"
"""Appended to a key, it makes a text that is rarely a key and sorts before most later keys."""
_MORE = "more"
Sink = Callable[[VersionPage], None]


class VersionsOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a listing of versions ended."""

    complete: bool
    """Every version was passed to the sink."""
    cancelled: bool
    requests: int
    problems: tuple[Problem, ...]
    is_parallel: bool
    """False when it was listed page after page, or one page was enough."""
    duration_s: float


def list_versions_parallel(  # noqa: PLR0913 - one call is the whole engine
    store: VersionStore,
    place: S3Uri,
    *,
    sink: Sink,
    restart: Callable[[], None],
    is_cancelled: Callable[[], bool],
    retry_attempts: int,
    workers: int = WORKERS,
    requester_pays: bool = False,
    page_size: int = 1000,
) -> VersionsOutcome:
    """Pass every version below a place to `sink` exactly once, from several threads.

    Pages come in any order. All versions of a key are in one page, newest first, or in consecutive
    pages. `restart` is called when the endpoint turns out not to list in byte order: forget all
    that `sink` was given, for everything comes again, a page after the other.
    Raises what `sink` raises; S3NavErrors are in the outcome.
    """
    request = VersionsRequest(
        bucket=place.bucket, prefix=place.key, page_size=page_size, requester_pays=requester_pays
    )
    return _Versions(
        store,
        request,
        sink,
        restart=restart,
        is_cancelled=is_cancelled,
        workers=workers,
        retry_attempts=retry_attempts,
    ).run()


class _WholeKeys(KeyPage, frozen=True, kw_only=True):
    """A page of versions in the form `list_parallel` needs: each key once."""

    rows: VersionPage
    starts: list[int]
    """The first row of each key."""
    unfinished: tuple[str, str] | None = None
    """The markers behind the last row, when its key may have more."""

    def clipped(self, start: int, stop: int) -> "_WholeKeys":
        """See KeyPage."""
        ends = [*self.starts, len(self.rows.keys)]
        first = ends[start]
        return _WholeKeys(
            keys=self.keys[start:stop],
            next_token=self.next_token,
            rows=part(self.rows, first, ends[stop]),
            starts=[at - first for at in self.starts[start:stop]],
            unfinished=self.unfinished if start < stop == len(self.keys) else None,
        )


def part(page: VersionPage, start: int, stop: int) -> VersionPage:
    """Some rows of a page."""
    return VersionPage(
        keys=page.keys[start:stop],
        version_ids=page.version_ids[start:stop],
        are_latest=page.are_latest[start:stop],
        are_markers=page.are_markers[start:stop],
        sizes=page.sizes[start:stop],
        modified_s=page.modified_s[start:stop],
        etags=page.etags[start:stop],
        classes=page.classes[start:stop],
    )


def _whole_keys(page: VersionPage) -> _WholeKeys:
    """Drop the last key unless the page is the last or has only one: its versions may go on."""
    starts = [at for at, key in enumerate(page.keys) if not at or key != page.keys[at - 1]]
    stop, unfinished = len(page.keys), None
    if page.next_key is not None and len(starts) > 1:
        stop = starts.pop()
    elif page.next_key is not None and starts:
        unfinished = (page.next_key, page.next_version)
    return _WholeKeys(
        keys=[page.keys[at] for at in starts],
        next_token=None if page.next_key is None else _MORE,
        rows=part(page, 0, stop),
        starts=starts,
        unfinished=unfinished,
    )


class _Versions:
    """One run. Implements ``ListingStore`` for `list_parallel`."""

    def __init__(  # noqa: PLR0913 - what `list_versions_parallel` was given
        self,
        store: VersionStore,
        request: VersionsRequest,
        sink: Sink,
        *,
        restart: Callable[[], None],
        is_cancelled: Callable[[], bool],
        workers: int,
        retry_attempts: int,
    ) -> None:
        self._store = store
        self._request = request
        self._sink = sink
        self._restart = restart
        self._is_cancelled = is_cancelled
        self._workers = workers
        self._retry_attempts = retry_attempts
        self._retries = RequestRetries(retry_attempts)
        self._lock = threading.Lock()
        self._extra = 0
        """Requests that `list_parallel` does not count."""
        self._asked = 0
        """Requests that it counts."""
        self._problems: list[Problem] = []
        self._is_short = False
        """A key was not followed to its end."""
        self._is_disordered = False
        """Intervals could not be joined by markers."""

    def run(self) -> VersionsOutcome:
        """List everything."""
        started = time.monotonic()
        requests, is_parallel, is_complete = 0, False, False
        try:
            first = self._fetch(self._request)
            if first is not None:
                is_parallel = first.next_key is not None and self._starts_anywhere(first)
                if is_parallel:
                    try:
                        requests, is_complete = self._list(_whole_keys(first))
                    except OutOfOrder:
                        is_parallel, requests = False, self._asked
                        is_complete = self._start_again()
                else:
                    is_complete = self._list_serially(first)
        except S3NavError as error:
            self._problems.append(Problem(KeySpan(), error))
        return VersionsOutcome(
            complete=is_complete and not self._problems and not self._is_short,
            cancelled=self._is_cancelled() and not (is_complete and not self._is_short),
            requests=requests + self._extra,
            problems=tuple(self._problems),
            is_parallel=is_parallel,
            duration_s=time.monotonic() - started,
        )

    def list_page(self, request: ListRequest) -> ListingPage:
        """The content of a folder: only a hint for split points."""
        self._count_asked()
        return self._store.list_page(request)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """The versions behind a key. Raises S3NavError."""
        if request.token is not None:
            self._is_disordered = True  # versions have no tokens: list again from the first page
            raise out_of_order()
        self._count_asked()
        adapted = replace(self._request, key_marker=request.start_after, waiting=request.waiting)
        page = self._store.list_versions(adapted)
        while not page.keys and page.next_key is not None:
            self._count()
            adapted = replace(adapted, key_marker=page.next_key, version_marker=page.next_version)
            page = self._store.list_versions(adapted)
        return _whole_keys(page)

    def page_reader(self) -> None:
        """List workers read no versions."""

    def _list(self, first: _WholeKeys) -> tuple[int, bool]:
        self._take(KeySpan(), first)
        outcome = list_parallel(
            self,
            S3Uri(self._request.bucket, self._request.prefix),
            todo=(KeySpan(after=first.keys[-1]),),
            sink=self._take,
            restart=_refuse,
            is_cancelled=self._is_cancelled,
            retry_attempts=self._retry_attempts,
            workers=self._workers,
            requester_pays=self._request.requester_pays,
            page_size=self._request.page_size,
        )
        if self._is_disordered:
            raise OutOfOrder
        self._problems += outcome.problems
        return outcome.requests, outcome.complete

    def _start_again(self) -> bool:
        self._restart()
        self._problems.clear()
        self._is_short = False
        first = self._fetch(self._request)
        return first is not None and self._list_serially(first, is_doubtful=True)

    def _list_serially(self, first: VersionPage, *, is_doubtful: bool = False) -> bool:
        current = _Current()
        self._sink(first)
        current.add(first)
        last = first
        if first.next_key is not None:
            request = replace(
                self._request, key_marker=first.next_key, version_marker=first.next_version
            )
            for last in self._pages(request):
                self._count()
                self._sink(last)
                current.add(last)
        if last.next_key is None and (is_doubtful or not current.are_ordered):
            self._check_count(current.objects)
        return last.next_key is None

    def _check_count(self, current_objects: int) -> None:
        """Compare with a listing by tokens, for an endpoint without byte order.

        Versions are listed by markers, which are keys: such an endpoint may lose what lies between.
        """
        check = cancellation_check(self._is_cancelled)
        request = ListRequest(
            bucket=self._request.bucket,
            prefix=self._request.prefix,
            page_size=self._request.page_size,
            requester_pays=self._request.requester_pays,
            waiting=check,
        )
        watch, objects = PageWatch(), 0
        while True:
            self._count()
            try:
                page = self._retries.call(partial(self._store.list_page, request), check)
            except RequestCancelled:
                self._is_short = True
                return
            watch.see([fact.key for fact in page.objects])
            objects += len(page.objects)
            if page.next_token is None:
                break
            request = replace(request, token=page.next_token)
        if objects != current_objects:
            self._problems.append(Problem(KeySpan(), _uneven(objects, current_objects)))

    def _take(self, _span: KeySpan, page: KeyPage) -> None:
        """Pass rows to the sink, and the rest of a key that fills more than a page."""
        if isinstance(page, _WholeKeys) and page.keys:
            self._sink(page.rows)
            if page.unfinished is not None:
                self._finish(page.keys[-1], *page.unfinished)

    def _finish(self, key: str, key_marker: str, version_marker: str) -> None:
        try:
            for page in self._rest(key_marker, version_marker):
                stop = next((at for at, name in enumerate(page.keys) if name != key), None)
                own_rows = part(page, 0, len(page.keys) if stop is None else stop)
                if own_rows.keys:
                    self._sink(own_rows)
                if stop is not None or page.next_key is None:
                    return
            self._is_short = True  # cancelled
        except S3NavError as error:
            with self._lock:
                self._problems.append(Problem(KeySpan(after=key, upto=key), error))

    def _rest(self, key_marker: str, version_marker: str) -> Iterator[VersionPage]:
        request = replace(self._request, key_marker=key_marker, version_marker=version_marker)
        for page in self._pages(request):
            self._count()
            yield page

    def _starts_anywhere(self, first: VersionPage) -> bool:
        """Whether the endpoint can start behind a key, and behind a text that is not a key."""
        if not is_ordered(_whole_keys(first).keys, ""):
            return False
        found = _neighbours(first.keys)
        if found is None:
            return False
        row, marker = found
        for behind in (first.keys[row - 1], marker):
            try:
                page = self._fetch(replace(self._request, key_marker=behind, page_size=1))
            except S3NavError:
                return False
            if page is None or (page.keys[:1], page.version_ids[:1]) != (
                [first.keys[row]],
                [first.version_ids[row]],
            ):
                return False
        return True

    def _fetch(self, request: VersionsRequest) -> VersionPage | None:
        self._count()
        return fetch_versions(self._store, request, self._retries, self._is_cancelled)

    def _pages(self, request: VersionsRequest) -> Iterator[VersionPage]:
        return version_pages(
            self._store, request, retries=self._retries, is_cancelled=self._is_cancelled
        )

    def _count(self) -> None:
        with self._lock:
            self._extra += 1

    def _count_asked(self) -> None:
        with self._lock:
            self._asked += 1


class _Current:
    """Counts the current objects in pages of versions, and sees whether their keys are in order."""

    def __init__(self) -> None:
        self.objects = 0
        self.are_ordered = True
        self._last = ""

    def add(self, page: VersionPage) -> None:
        """Take the next page."""
        flags = zip(page.are_latest, page.are_markers, strict=True)
        self.objects += sum(is_latest and not is_marker for is_latest, is_marker in flags)
        keys = [self._last, *page.keys]
        self.are_ordered = self.are_ordered and all(map(le, keys, page.keys))
        self._last = keys[-1]


def _uneven(objects: int, current: int) -> UnavailableError:
    return UnavailableError(
        f"the endpoint lists {objects:,} objects, but versions of {current:,}: it does not list in"
        " byte order, and loses versions between two pages",
        remedy="`scan` counts the objects without their old versions",
        slug="bad-listing",
    )


def _refuse() -> None:
    """Versions have no tokens: what `list_parallel` would do next is done here."""
    raise OutOfOrder


def _neighbours(keys: Sequence[str]) -> tuple[int, str] | None:
    """The first row of a key, and a text strictly between it and the key before."""
    for row in range(1, len(keys)):
        marker = keys[row - 1] + _BETWEEN
        if keys[row - 1] < marker < keys[row]:
            return row, marker
    return None
