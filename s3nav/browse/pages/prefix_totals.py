"""Total up a scan by prefix at every depth, page by page, in bounded memory."""

import heapq
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from s3nav.browse.pages.page_sums import (
    AGE_EDGES,
    BYTES,
    DELIMITER,
    LARGEST_KEPT,
    NEWEST,
    OBJECTS,
    OLDEST,
    SIZE_EDGES,
    Band,
    PageSums,
    Sums,
    add,
    add_bands,
    nothing,
)

PREFIXES_KEPT = 50_000
"""Prefixes kept, about 20 MB; above that, the fullest levels are folded into their parents."""


class PrefixTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The total of a prefix, at any depth."""

    prefix: str
    """The full prefix with its final delimiter; empty for a bucket."""
    objects: int
    size_bytes: int
    newest_at: datetime | None
    oldest_at: datetime | None
    is_folded: bool = False
    """It had too many prefixes to keep: they are only in its total."""


class ObjectTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One of the largest objects."""

    key: str
    size_bytes: int


class BandTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Objects whose size or age lies in one band."""

    start: int
    """Bytes or seconds, included."""
    stop: int | None
    """Not included; None for no end."""
    objects: int
    size_bytes: int


class Totals:
    """The totals of a scan. Thread safe."""

    def __init__(
        self,
        root: str,
        *,
        prefixes_kept: int = PREFIXES_KEPT,
    ) -> None:
        self.root = root
        """Empty or with the delimiter at its end."""
        self._lock = threading.Lock()
        self._prefixes_kept = prefixes_kept
        self._sums: dict[str, Sums] = {root: nothing()}
        self._children: dict[str, list[str]] = {}
        self._folded: set[str] = set()
        self.folded: frozenset[str] = frozenset()
        """Prefixes whose subdirectories are no longer kept."""
        self._by_class: dict[str, Band] = {}
        self._size_bands: list[Band] = [[0, 0] for _ in range(len(SIZE_EDGES) + 1)]
        self._age_bands: list[Band] = [[0, 0] for _ in range(len(AGE_EDGES) + 1)]
        self._largest: list[tuple[int, str]] = []
        self.floor_bytes = -1
        """The size above which an object is among the largest."""

    def add(self, part: PageSums) -> None:
        """Add the sums of a page."""
        with self._lock:
            self._add_prefixes(part.prefixes)
            for name, band in part.by_class.items():
                total = self._by_class.setdefault(name, [0, 0])
                total[0] += band[0]
                total[1] += band[1]
            add_bands(self._size_bands, part.size_bands)
            add_bands(self._age_bands, part.age_bands)
            if part.largest:
                self._largest = heapq.nlargest(LARGEST_KEPT, [*self._largest, *part.largest])
                if len(self._largest) == LARGEST_KEPT:
                    self.floor_bytes = self._largest[-1][0]

    @property
    def whole(self) -> PrefixTotal:
        """Everything that was added."""
        with self._lock:
            return self._total(self.root)

    def total(self, prefix: str) -> PrefixTotal | None:
        """The total of a prefix; None when it is empty or was folded."""
        with self._lock:
            return self._total(prefix) if prefix in self._sums else None

    def children(self, prefix: str) -> list[PrefixTotal]:
        """Totals of the prefixes directly below one, in any order, without its own objects."""
        with self._lock:
            return [self._total(child) for child in self._children.get(prefix, ())]

    def every(self) -> Iterator[PrefixTotal]:
        """Totals of all kept prefixes; call it after the last `add`."""
        return map(self._total, list(self._sums))

    @property
    def by_class(self) -> dict[str, tuple[int, int]]:
        """Storage class to objects and bytes."""
        with self._lock:
            return {name: (band[0], band[1]) for name, band in sorted(self._by_class.items())}

    @property
    def by_size(self) -> tuple[BandTotal, ...]:
        """Objects by size, the smallest first."""
        with self._lock:
            return bands_of((0, *SIZE_EDGES), self._size_bands)

    @property
    def by_age(self) -> tuple[BandTotal, ...]:
        """Objects by age, the youngest first; those of unknown age are missing."""
        with self._lock:
            return bands_of((0, *AGE_EDGES), self._age_bands)

    @property
    def largest(self) -> tuple[ObjectTotal, ...]:
        """The largest objects, the largest first."""
        with self._lock:
            return tuple(ObjectTotal(key=key, size_bytes=size) for size, key in self._largest)

    def _add_prefixes(self, prefixes: Sequence[tuple[str, Sums]]) -> None:
        """Add sums; the root comes first, and each prefix after its parent."""
        known = self._sums
        for prefix, part in prefixes:
            mine = known.get(prefix)
            if mine is None:
                mine = self._open(prefix)
            if mine is not None:
                add(mine, part)
        if len(known) > self._prefixes_kept:
            self._fold()

    def _open(self, prefix: str) -> Sums | None:
        """The sums of a prefix, new if need be; None below a folded one."""
        above = prefix[: prefix.rfind(DELIMITER, 0, -1) + 1]
        if above in self._folded or above not in self._sums:
            return None
        sums = self._sums[prefix] = nothing()
        self._children.setdefault(above, []).append(prefix)
        return sums

    def _fold(self) -> None:
        """Drop the prefixes of the fullest levels until half of the limit is free.

        Their sums are in their parents already. A dropped prefix is never started again, because
        its total would be incomplete. A level is dropped as a whole: the largest prefixes so far
        need not be the largest in the end.
        """
        fullest = sorted(self._children, key=lambda p: (-len(self._children[p]), -p.count("/")))
        for prefix in fullest:
            if len(self._sums) <= self._prefixes_kept // 2:
                break
            children = self._children.pop(prefix, None)
            if children is None:
                continue
            self._folded.add(prefix)
            self._forget(children)
        self.folded = frozenset(self._folded)

    def _forget(self, prefixes: Iterable[str]) -> None:
        waiting = list(prefixes)
        while waiting:
            prefix = waiting.pop()
            del self._sums[prefix]
            self._folded.discard(prefix)
            waiting += self._children.pop(prefix, ())

    def _total(self, prefix: str) -> PrefixTotal:
        return prefix_total(prefix, self._sums[prefix], is_folded=prefix in self._folded)


def prefix_total(prefix: str, sums: Sequence[int], *, is_folded: bool) -> PrefixTotal:
    """The total of a prefix from its sums."""
    return PrefixTotal(
        prefix=prefix,
        objects=sums[OBJECTS],
        size_bytes=sums[BYTES],
        newest_at=time_of(sums[NEWEST]),
        oldest_at=time_of(sums[OLDEST]),
        is_folded=is_folded,
    )


def time_of(seconds: int) -> datetime | None:
    """A time, aware, UTC; None when unknown."""
    return datetime.fromtimestamp(seconds, UTC) if seconds >= 0 else None


def bands_of(starts: Sequence[int], bands: Sequence[Sequence[int]]) -> tuple[BandTotal, ...]:
    """Bands with their edges."""
    stops: list[int | None] = [*starts[1:], None]
    return tuple(
        BandTotal(start=start, stop=stop, objects=band[0], size_bytes=band[1])
        for start, stop, band in zip(starts, stops, bands, strict=True)
    )


def root_of(key: str) -> str:
    """The directory in which all keys that begin with `key` lie."""
    return key[: key.rfind(DELIMITER) + 1]


Classes = Mapping[str, tuple[int, int]]
"""Storage class to objects and bytes."""
