"""Every version and delete marker below a place, page after page."""

import itertools
import time
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from s3nav.browse.listing.listing_pace import Pace, Timing
from s3nav.model.errors import S3NavError
from s3nav.model.objects import VersionPage, VersionsRequest
from s3nav.model.ports.stores import ListsVersions

_LOOK_EVERY_S = 0.1
_UNTIMED = Timing(0, 0)
"""One request at a time: how long it takes decides nothing."""


def version_pages(
    store: ListsVersions, request: VersionsRequest, *, is_cancelled: Callable[[], bool]
) -> Iterator[VersionPage]:
    """Pages from the markers of `request` on; ends early when cancelled.

    The last page has no `next_key`: without such a page the listing is not complete.
    Raises S3NavError when a page cannot be had, after trying again where that makes sense.
    """
    pace = Pace(workers=1)
    while not is_cancelled():
        page = fetch_versions(store, request, pace, is_cancelled)
        if page is None:
            return
        yield page
        if page.next_key is None:
            return
        request = replace(request, key_marker=page.next_key, version_marker=page.next_version)


class _Stopped(Exception):  # noqa: N818 - not an error
    """Nobody wants the answer any more."""


def fetch_versions(
    store: ListsVersions, request: VersionsRequest, pace: Pace, is_cancelled: Callable[[], bool]
) -> VersionPage | None:
    """One page, asked for again where that makes sense; None when cancelled. S3NavError."""

    def leave_when_cancelled() -> None:
        if is_cancelled():
            raise _Stopped

    asked = replace(request, waiting=leave_when_cancelled)
    for attempt in itertools.count(1):
        try:
            page = store.list_versions(asked)
        except _Stopped:
            return None
        except S3NavError as error:
            delay_s = pace.retry_in_s(error, attempt)
            if delay_s is None:
                raise
            until = time.monotonic() + delay_s
        else:
            pace.answered(_UNTIMED, is_full=False)
            return page
        while time.monotonic() < until:
            if is_cancelled():
                return None
            time.sleep(_LOOK_EVERY_S if until - time.monotonic() > _LOOK_EVERY_S else 0.01)
    raise AssertionError("unreachable")
