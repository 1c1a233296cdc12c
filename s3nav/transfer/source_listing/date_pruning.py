"""Skip directories whose name has a date outside the requested days.

A directory is skipped only when its name has a whole date; `key_dates` explains why everything
below it has the same date. Listings with a delimiter find the directories. Their number is bounded;
what they do not reach is listed in full.
"""

from collections.abc import Iterator

import msgspec

from s3nav.model.objects import ListingPage
from s3nav.model.places import OutOfOrder, PageWatch, key_bytes
from s3nav.transfer.selection import DayFilter
from s3nav.transfer.source_listing.object_lister import (
    LAST_CHARACTER,
    Lister,
    Span,
    can_start_anywhere,
)

REQUESTS = 100
"""Maximum requests to find directories."""
WIDTH = 100
"""A level with more directories without a date is listed in full."""
DEPTH = 8
"""Maximum levels of directories."""


class _Budget(msgspec.Struct):
    requests: int = REQUESTS


class _Entry(msgspec.Struct, frozen=True):
    """An entry of a level: a directory to skip, or something to list."""

    prefix: str
    is_wanted: bool


def wanted_spans(lister: Lister, bucket: str, prefix: str, days: DayFilter) -> list[Span] | None:
    """The spans of keys to list below a prefix; None for everything, also without byte order."""
    if not can_start_anywhere(bucket):
        return None
    spans: list[Span] = []
    after, first, is_pruned = "", "", False
    try:
        for entry in _entries(lister, bucket, prefix, days, _Budget(), DEPTH):
            if entry.is_wanted:
                first = first or entry.prefix
                continue
            if first:
                spans.append(Span(after=after, before=entry.prefix, first=first))
            # Almost every key below sorts before this; the rest is listed and filtered out.
            after, first, is_pruned = entry.prefix + LAST_CHARACTER, "", True
    except OutOfOrder:
        return None
    if first:
        spans.append(Span(after=after, first=first))
    return spans if is_pruned else None


def _entries(
    lister: Lister, bucket: str, prefix: str, days: DayFilter, budget: _Budget, depth: int
) -> Iterator[_Entry]:
    """The entries below a prefix, in byte order, with those of directories without a date."""
    token: str | None = None
    watch = PageWatch()
    while budget.requests > 0:
        budget.requests -= 1
        page = lister.page(bucket, prefix, token=token, delimiter="/")
        if not watch.see([fact.key for fact in page.objects], page.prefixes):
            raise OutOfOrder  # so neither are the keys below
        names = {fact.key for fact in page.objects}
        undated = sum(days.wants(found) is None for found in page.prefixes)
        for name in _in_order(page):
            answer = None if name in names else days.wants(name)
            if name in names or answer is not None or depth == 1 or undated > WIDTH:
                yield _Entry(name, answer is not False)
            else:
                yield from _entries(lister, bucket, name, days, budget, depth - 1)
        token = page.next_token
        if token is None:
            return
    yield _Entry(prefix, True)


def _in_order(page: ListingPage) -> list[str]:
    return sorted([*(fact.key for fact in page.objects), *page.prefixes], key=key_bytes)
