"""List versions and delete markers page after page."""

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec.structs import replace

from s3nav.model.objects import ListingPage, ListRequest, VersionPage, VersionsRequest
from s3nav.retries import RequestCancelled, RequestRetries, cancellation_check


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
    Raises S3NavError when a page fails after its retries.
    """
    while not is_cancelled():
        page = fetch_versions(store, request, retries, is_cancelled)
        if page is None:
            return
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
