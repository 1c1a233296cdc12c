"""Find what changed between two scans of a place, by merging their objects in key order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from s3nav.browse.pages import DELIMITER, PrefixTotal, StoredPage
from s3nav.browse.scans.scan_records import ClassTotal, ScanRecord
from s3nav.model.objects import KeySpan

_Version = tuple[int, int, str]
"""Bytes, seconds of the last change, storage class."""


class Change(msgspec.Struct, kw_only=True):
    """New, removed and changed objects below one prefix."""

    new_objects: int = 0
    new_bytes: int = 0
    removed_objects: int = 0
    removed_bytes: int = 0
    changed_objects: int = 0
    """Objects with another size or modification time."""
    changed_bytes: int = 0
    """Growth of changed objects; negative if they shrank."""
    is_net: bool = False
    """Only the growth is known, from totals: an object may have come for each that has gone."""

    @classmethod
    def net(cls, objects: int, size_bytes: int) -> "Change":
        """A growth of which only the sums are known."""
        return cls(
            new_objects=max(0, objects),
            removed_objects=max(0, -objects),
            changed_bytes=size_bytes,
            is_net=True,
        )

    @property
    def grown_objects(self) -> int:
        """Net growth in objects; negative for fewer."""
        return self.new_objects - self.removed_objects

    @property
    def grown_bytes(self) -> int:
        """Net growth in bytes; negative for less."""
        return self.new_bytes - self.removed_bytes + self.changed_bytes

    def add(self, before: _Version | None, after: _Version | None) -> None:
        """Count one object that differs."""
        if before is None and after is not None:
            self.new_objects += 1
            self.new_bytes += after[0]
        elif after is None and before is not None:
            self.removed_objects += 1
            self.removed_bytes += before[0]
        elif before is not None and after is not None and before[:2] != after[:2]:
            self.changed_objects += 1
            self.changed_bytes += after[0] - before[0]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two scans compared, over the keys that both have listed."""

    before: ScanRecord
    after: ScanRecord
    whole: Change = msgspec.field(default_factory=Change)
    by_prefix: Mapping[str, Change] = msgspec.field(default_factory=dict)
    """Prefixes with changes; the empty one has the objects above that depth."""
    classes_moved: Mapping[tuple[str, str], ClassTotal] = msgspec.field(default_factory=dict)
    """Old and new storage class, and what moved between them."""

    by_object: bool = True
    """False: the objects of one scan are not kept, so the totals of prefixes were compared."""

    @property
    def is_complete(self) -> bool:
        """False when a part of the place was not compared."""
        return self.before.is_complete and self.after.is_complete


class Compared:
    """Counts differences as they are found."""

    def __init__(self, root: str, depth: int) -> None:
        self.whole = Change()
        self.by_prefix: dict[str, Change] = {}
        self.moved: dict[tuple[str, str], list[int]] = {}
        self._root = root
        self._depth = depth

    def take(self, before: StoredPage, after: StoredPage) -> None:
        """Compare the rows of both scans in one range of keys."""
        if _same(before, after):
            return
        old, new = _versions(before), _versions(after)
        for key in old.keys() - new.keys():
            self._add(key, old[key], None)
        for key, version in new.items() - old.items():
            self._add(key, old.get(key), version)

    def _add(self, key: str, before: _Version | None, after: _Version | None) -> None:
        self.whole.add(before, after)
        prefix = prefix_at(key, self._root, self._depth)
        change = self.by_prefix.get(prefix)
        if change is None:
            change = self.by_prefix[prefix] = Change()
        change.add(before, after)
        if before is not None and after is not None and before[2] != after[2]:
            moved = self.moved.setdefault((before[2], after[2]), [0, 0])
            moved[0] += 1
            moved[1] += after[0]


def compare(
    before: tuple[ScanRecord, Sequence[KeySpan], Iterator[StoredPage]],
    after: tuple[ScanRecord, Sequence[KeySpan], Iterator[StoredPage]],
    *,
    root: str,
    depth: int,
) -> Comparison:
    """Compare two scans, each given with its listed spans and its pages in order.

    Changes are summed by prefixes `depth` levels below `root`.
    """
    both = list(overlap(before[1], after[1]))
    found = Compared(root, depth)
    left, right = _Stretches(before[2], both), _Stretches(after[2], both)
    while not (left.is_empty and right.is_empty):
        upto = min(end for end in (left.end, right.end) if end is not None)
        found.take(left.take(upto), right.take(upto))
    return Comparison(
        before=before[0],
        after=after[0],
        whole=found.whole,
        by_prefix=found.by_prefix,
        classes_moved={
            names: ClassTotal(objects=objects, size_bytes=size_bytes)
            for names, (objects, size_bytes) in sorted(found.moved.items())
        },
    )


Totals = tuple[Callable[[str], PrefixTotal | None], Callable[[str], list[PrefixTotal]]]
"""The total of a prefix in one scan, and those of the prefixes directly below one."""


def compare_totals(
    before: tuple[ScanRecord, Totals],
    after: tuple[ScanRecord, Totals],
    *,
    root: str,
    depth: int,
) -> Comparison:
    """Compare the totals of two complete scans; a folded prefix is compared as a whole."""
    (total_before, below_before), (total_after, below_after) = before[1], after[1]
    found: dict[str, Change] = {}
    waiting: list[tuple[str, int, PrefixTotal | None, PrefixTotal | None]] = [
        (root, 0, total_before(root), total_after(root))
    ]
    whole = _net(*waiting[0][2:])
    while waiting:
        prefix, level, old, new = waiting.pop()
        change = _net(old, new)
        is_folded = any(each is not None and each.is_folded for each in (old, new))
        if level < depth and not is_folded:
            left = {each.prefix: each for each in below_before(prefix)}
            right = {each.prefix: each for each in below_after(prefix)}
            for child in left.keys() | right.keys():
                pair = (left.get(child), right.get(child))
                waiting.append((child, level + 1, *pair))
                part = _net(*pair)
                objects = change.grown_objects - part.grown_objects
                change = Change.net(objects, change.grown_bytes - part.grown_bytes)
        if change.grown_objects or change.grown_bytes:
            found[prefix] = change
    return Comparison(
        before=before[0], after=after[0], whole=whole, by_prefix=found, by_object=False
    )


def _net(before: PrefixTotal | None, after: PrefixTotal | None) -> Change:
    sums = [(each.objects, each.size_bytes) if each else (0, 0) for each in (before, after)]
    return Change.net(sums[1][0] - sums[0][0], sums[1][1] - sums[0][1])


def below(pages: Iterator[StoredPage], prefix: str) -> Iterator[StoredPage]:
    """Pages in order, with only the rows whose keys begin with a prefix."""
    for page in pages:
        start = bisect_left(page.keys, prefix)
        stop = start
        if start < len(page.keys) and page.keys[-1].startswith(prefix):
            stop = len(page.keys)
        else:
            while stop < len(page.keys) and page.keys[stop].startswith(prefix):
                stop += 1
        if start < stop:
            yield page if stop - start == len(page.keys) else page.part(start, stop)


def overlap(one: Sequence[KeySpan], other: Sequence[KeySpan]) -> Iterator[KeySpan]:
    """The intersection of two lists of spans, each in order and without adjacent spans."""
    i = j = 0
    while i < len(one) and j < len(other):
        after = max(one[i].after, other[j].after)
        ends = [span.upto for span in (one[i], other[j]) if span.upto is not None]
        upto = min(ends, default=None)
        if upto is None or after < upto:
            yield KeySpan(after=after, upto=upto)
        if upto is None:
            return
        i += one[i].upto == upto
        j += other[j].upto == upto


def prefix_at(key: str, root: str, depth: int) -> str:
    """The prefix of a key `depth` levels below `root`, or its deepest one."""
    at = len(root)
    for _ in range(depth):
        behind = key.find(DELIMITER, at) + 1
        if behind == 0:
            break
        at = behind
    return key[:at]


class _Stretches:
    """Reads pages in order, up to a given key at a time; rows outside the spans are left out."""

    def __init__(self, pages: Iterator[StoredPage], spans: Sequence[KeySpan]) -> None:
        self._pages = pages
        self._spans = spans
        self._page = _NOTHING
        self._start = 0
        self._next()

    @property
    def is_empty(self) -> bool:
        """True when nothing is left."""
        return self.end is None

    @property
    def end(self) -> str | None:
        """The last key loaded; None when nothing is left."""
        return self._page.keys[-1] if self._page.keys else None

    def take(self, upto: str) -> StoredPage:
        """Take the loaded rows up to and including a key."""
        stop = bisect_right(self._page.keys, upto, self._start)
        taken = self._page.part(self._start, stop)
        self._start = stop
        if stop == len(self._page.keys):
            self._next()
        return taken

    def _next(self) -> None:
        self._start = 0
        for page in self._pages:
            self._page = within(page, self._spans)
            if self._page.keys:
                return
        self._page = _NOTHING


def within(page: StoredPage, spans: Sequence[KeySpan]) -> StoredPage:
    """The rows of a page that lie in one of the spans."""
    rows: list[range] = []
    for span in spans:
        if span.upto is not None and span.upto < page.keys[0]:
            continue
        if span.after >= page.keys[-1]:
            break
        start = bisect_right(page.keys, span.after) if span.after else 0
        stop = len(page.keys) if span.upto is None else bisect_right(page.keys, span.upto)
        rows.append(range(start, stop))
    if len(rows) == 1 and len(rows[0]) == len(page.keys):
        return page
    numbers = [row for part in rows for row in part]
    return StoredPage(
        keys=[page.keys[row] for row in numbers],
        sizes=[page.sizes[row] for row in numbers],
        modified_s=[page.modified_s[row] for row in numbers],
        classes=[page.classes[row] for row in numbers],
    )


def _same(before: StoredPage, after: StoredPage) -> bool:
    return (
        before.keys == after.keys
        and list(before.sizes) == list(after.sizes)
        and list(before.modified_s) == list(after.modified_s)
        and before.classes == after.classes
    )


def _versions(page: StoredPage) -> dict[str, _Version]:
    rows = zip(page.sizes, page.modified_s, page.classes, strict=True)
    return dict(zip(page.keys, rows, strict=True))


_NOTHING = StoredPage(keys=[], sizes=[], modified_s=[], classes=[])
