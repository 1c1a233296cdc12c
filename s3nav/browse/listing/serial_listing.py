"""List keys or versions page after page, for endpoints that cannot start behind any key."""

import bisect
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from s3nav.model.objects import (
    KeyPage,
    KeySpan,
    ListingPage,
    ListRequest,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.places import OutOfOrder, PageWatch
from s3nav.retries import RequestCancelled, RequestRetries, cancellation_check

Fetch = Callable[[ListRequest], KeyPage]
Sink = Callable[[KeySpan, KeyPage], None]
NOTHING = KeySpan(after="", upto="")
"""The empty span, for pages of a listing without order: nothing is complete before the end."""


class SerialListing:
    """The requested spans of one listing, read from the first key on."""

    def __init__(self, todo: Sequence[KeySpan], *, has_order: bool) -> None:
        self._todo = sorted(todo, key=lambda span: span.after)
        self._has_order = has_order
        self._position = ""

    def left(self) -> list[KeySpan]:
        """The spans that are not listed yet."""
        if not self._has_order:
            return list(self._todo)
        return list(overlaps(self._todo, KeySpan(after=self._position)))

    def run(self, request: ListRequest, fetch: Fetch, sink: Sink) -> None:
        """List everything.

        Raises S3NavError, what `fetch` and `sink` raise, and OutOfOrder when there should be order.
        """
        token: str | None = None
        watch = PageWatch()
        while True:
            page = fetch(replace(request, start_after="", token=token))
            if not watch.see(page.keys) and self._has_order:
                raise OutOfOrder
            self._hand_out(page, sink)
            token = page.next_token
            if token is None:
                self._todo = []
                return

    def _hand_out(self, page: KeyPage, sink: Sink) -> None:
        is_last = page.next_token is None
        if self._has_order:
            end = None if is_last else page.keys[-1] if page.keys else self._position
            for span in overlaps(self._todo, KeySpan(after=self._position, upto=end)):
                sink(span, _rows(page, span))
            self._position = end or self._position
            return
        sink(NOTHING, _wanted(page, self._todo))
        if is_last:
            for span in self._todo:
                sink(span, KeyPage())


def overlaps(spans: Sequence[KeySpan], other: KeySpan) -> Iterator[KeySpan]:
    """The intersection of each span with `other`, unless it is empty."""
    for span in spans:
        after = max(span.after, other.after)
        ends = [end for end in (span.upto, other.upto) if end is not None]
        upto = min(ends) if ends else None
        if upto is None or after < upto:
            yield KeySpan(after=after, upto=upto)


def _rows(page: KeyPage, span: KeySpan) -> KeyPage:
    start = bisect.bisect_right(page.keys, span.after)
    stop = len(page.keys) if span.upto is None else bisect.bisect_right(page.keys, span.upto)
    return page if (start, stop) == (0, len(page.keys)) else page.clipped(start, stop)


def _wanted(page: KeyPage, spans: Sequence[KeySpan]) -> KeyPage:
    """The rows of a page without order that lie in one of the spans."""
    if KeySpan() in spans:
        return page
    rows = [
        row
        for row, key in enumerate(page.keys)
        if any(span.after < key and (span.upto is None or key <= span.upto) for span in spans)
    ]
    return KeyPage(
        keys=[page.keys[row] for row in rows],
        sizes=[page.sizes[row] for row in rows],
        modified_s=[page.modified_s[row] for row in rows],
        etags=[page.etags[row] for row in rows],
        classes=[page.classes[row] for row in rows],
        next_token=page.next_token,
    )


class VersionStore(Protocol):
    """The part of `ObjectStore` that a listing of versions needs."""

    def list_page(self, request: ListRequest) -> ListingPage:
        """As in `ObjectStore`."""
        ...

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """As in `ObjectStore`."""
        ...


def version_pages(
    store: VersionStore,
    request: VersionsRequest,
    *,
    retries: RequestRetries,
    is_cancelled: Callable[[], bool],
) -> Iterator[VersionPage]:
    """Yield pages from the markers of `request` on; ends early when cancelled.

    The last page has no `next_key`: without such a page the listing is not complete.
    Raises S3NavError when a page fails after its retries, and when pages repeat.
    """
    watch = PageWatch()
    while not is_cancelled():
        page = fetch_versions(store, request, retries, is_cancelled)
        if page is None:
            return
        rows = list(zip(page.keys, page.version_ids, strict=True))
        watch.see([f"{key}/{version}" for key, version in (*rows[:1], *rows[-1:])])
        yield page
        if page.next_key is None:
            return
        request = replace(request, key_marker=page.next_key, version_marker=page.next_version)


def fetch_versions(
    store: VersionStore,
    request: VersionsRequest,
    retries: RequestRetries,
    is_cancelled: Callable[[], bool],
) -> VersionPage | None:
    """Fetch one page, with retries; None when cancelled. Raises S3NavError."""
    check = cancellation_check(is_cancelled)
    page_request = replace(request, waiting=check)
    try:
        return retries.call(lambda: store.list_versions(page_request), check)
    except RequestCancelled:
        return None
