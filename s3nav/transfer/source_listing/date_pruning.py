"""Leave whole directories unlisted whose name says that their day is not wanted.

A directory is left out only when its own name holds a whole date (`dates` tells why everything
below it then has that date). The directories are found by listings with a delimiter, a bounded
number of them; what they do not reach is listed in full.
"""

from collections.abc import Iterator

import msgspec

from s3nav.model.objects import ListingPage
from s3nav.transfer.selection import DayFilter
from s3nav.transfer.source_listing.object_lister import (
    LAST_CHARACTER,
    Lister,
    Span,
    can_start_anywhere,
    in_bytes,
)

PROBES = 100
"""Most requests spent on finding directories."""
WIDTH = 100
"""Directories of a level that are looked into, when their names hold no date."""
DEPTH = 8


class _Budget(msgspec.Struct):
    probes: int = PROBES


class _Entry(msgspec.Struct, frozen=True):
    """What a level holds: a directory left out, or something to be listed."""

    prefix: str
    is_wanted: bool


def wanted_spans(lister: Lister, bucket: str, prefix: str, days: DayFilter) -> list[Span] | None:
    """The spans of keys worth listing below a prefix; None when that is everything."""
    if not can_start_anywhere(bucket):
        return None
    spans: list[Span] = []
    after, is_open, is_pruned = "", False, False
    for entry in _entries(lister, bucket, prefix, days, _Budget(), DEPTH):
        if entry.is_wanted:
            is_open = True
            continue
        if is_open:
            spans.append(Span(after=after, before=entry.prefix))
        # Behind nearly all that lies below; what comes later is listed, and left out then.
        after, is_open, is_pruned = entry.prefix + LAST_CHARACTER, False, True
    if is_open:
        spans.append(Span(after=after))
    return spans if is_pruned else None


def _entries(
    lister: Lister, bucket: str, prefix: str, days: DayFilter, budget: _Budget, depth: int
) -> Iterator[_Entry]:
    """What lies below a prefix, in byte order, directories without a date looked into."""
    token: str | None = None
    while budget.probes > 0:
        budget.probes -= 1
        page = lister.page(bucket, prefix, token=token, delimiter="/")
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
    return sorted([*(fact.key for fact in page.objects), *page.prefixes], key=in_bytes)
