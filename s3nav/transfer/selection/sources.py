"""Prepare the sources of a selection for listing; refuse sources that overlap."""

import fnmatch
import re
from collections.abc import Callable

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.places import key_bytes
from s3nav.transfer.selection.filters import check_glob
from s3nav.transfer.selection.selection import Source

Matcher = Callable[[str], bool]
WILDCARD = re.compile(r"[*?\[]")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """One source, ready to be listed."""

    source: Source
    head: str
    """Every key of the source begins with this."""
    matches: Matcher
    is_exact: bool
    """The source is the one key `head`."""
    covers_head: bool
    """The source is every key that begins with `head`."""

    @property
    def bucket(self) -> str:
        """The bucket to list."""
        return self.source.place.bucket

    @property
    def is_glob(self) -> bool:
        """Whether the key is a glob."""
        return not self.source.literal and WILDCARD.search(self.source.place.key) is not None

    def meets(self, other: "Search") -> bool:
        """Whether both could choose the same key."""
        return self.bucket == other.bucket and (
            self.head.startswith(other.head) or other.head.startswith(self.head)
        )


def searches_of(sources: tuple[Source, ...]) -> list[Search]:
    """The searches of some sources, without exact keys that another source covers.

    Raises UsageError when prefixes overlap.
    """
    searches = [_search(source) for source in dict.fromkeys(sources)]
    for index, outer in enumerate(searches):
        for inner in searches[index + 1 :]:
            _refuse_overlap(outer, inner)
            _refuse_overlap(inner, outer)
    wide = [s for s in searches if not s.is_exact]
    exact = [
        s
        for s in searches
        if s.is_exact and not any(o.bucket == s.bucket and o.matches(s.head) for o in wide)
    ]
    # Exact keys in byte order, so that the namer sees `a` before `a/b`.
    return wide + sorted(exact, key=lambda s: (s.bucket, key_bytes(s.head)))


def _refuse_overlap(outer: Search, inner: Search) -> None:
    if outer.bucket != inner.bucket or outer.is_exact or inner.is_exact:
        return
    if outer.covers_head:
        overlaps = inner.head.startswith(outer.head)
    elif outer.is_glob:
        return
    else:
        overlaps = inner.head == outer.head or inner.head.startswith(outer.head + "/")
    if overlaps:
        raise UsageError(
            f"{inner.source.place} lies within {outer.source.place}",
            remedy="name one of them: each object is downloaded once",
            slug="overlapping-sources",
        )


def _search(source: Source) -> Search:
    key = source.place.key
    if source.literal and key:
        return Search(source=source, head=key, matches=key.__eq__, is_exact=True, covers_head=False)
    wildcard = WILDCARD.search(key)
    if wildcard:
        check_glob(key)
        pattern = re.compile(fnmatch.translate(key), re.DOTALL)
        return Search(
            source=source,
            head=key[: wildcard.start()],
            matches=lambda name: pattern.match(name) is not None,
            is_exact=False,
            covers_head=False,
        )
    if not key or key.endswith("/"):
        return Search(
            source=source,
            head=key,
            matches=lambda name: name.startswith(key),
            is_exact=False,
            covers_head=True,
        )
    below = key + "/"
    return Search(
        source=source,
        head=key,
        matches=lambda name: name == key or name.startswith(below),
        is_exact=False,
        covers_head=False,
    )
