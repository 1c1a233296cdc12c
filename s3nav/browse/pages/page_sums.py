"""Sum up one page by prefix, class, size and age, and digest it for a scan.

Keys are sorted, so the keys of one directory form a run whose end is found by binary search, and
the columns of a run are summed by C code. The work grows with prefixes, not with keys.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, compress, groupby, pairwise, repeat
from operator import eq

import msgspec

from s3nav.browse.pages.page_codec import StoredPage, pack, unpack
from s3nav.model.objects import KeyPage
from s3nav.model.places import is_ordered
from s3nav.model.text.quantities import GIB, KIB, MIB

DELIMITER = "/"
UNKNOWN = -1
"""In place of an unknown time."""
MAX_DEPTH = 100
"""Levels below the root that have totals of their own; a key of S3 can have a thousand."""
LARGEST_KEPT = 100
"""How many of the largest objects are kept by name."""

SIZE_EDGES = (1, KIB, 16 * KIB, 128 * KIB, MIB, 8 * MIB, 64 * MIB, 512 * MIB, 4 * GIB)
"""Bytes at which size bands begin; empty objects are below the first.

128 KiB is the minimum billed size of the infrequent access classes (S3 pricing page).
"""
DAY_S = 86_400
AGE_EDGES = tuple(days * DAY_S for days in (1, 7, 30, 90, 180, 365, 730))
"""Seconds at which age bands begin."""

_BEHIND = chr(ord(DELIMITER) + 1)
_ONLY = [bytes(number == one for number in range(256)) for one in range(16)]
"""For each number a translation table that maps it to one and all others to zero."""

OBJECTS, BYTES, NEWEST, OLDEST = range(4)
Sums = list[int]
"""Objects, bytes, newest and oldest change (seconds since 1970, UNKNOWN when none is known)."""
Band = list[int]
"""Objects and bytes."""


class PageSums(msgspec.Struct, frozen=True, kw_only=True):
    """All sums of one page."""

    prefixes: list[tuple[str, Sums]]
    """All prefixes with objects below, the root first; sums include everything below."""
    by_class: dict[str, Band]
    size_bands: list[Band]
    age_bands: list[Band]
    largest: list[tuple[int, str]]
    """Bytes and key, in any order."""


def sum_page(
    page: StoredPage,
    *,
    root: str,
    now_s: int,
    floor_bytes: int = -1,
    folded: frozenset[str] = frozenset(),
) -> PageSums:
    """Sum a page whose keys lie below `root`, in byte order.

    `root` is empty or ends with the delimiter; ages are those at `now_s`; objects that are not
    larger than `floor_bytes` are not among the largest; objects below a `folded` prefix are
    counted as directly in it.
    """
    return PageSums(
        prefixes=_prefix_sums(page, root, folded),
        by_class=_class_sums(page.sizes, page.classes),
        size_bands=_size_bands(page.sizes),
        age_bands=_age_bands(page.sizes, page.modified_s, now_s),
        largest=_largest(page.keys, page.sizes, floor_bytes),
    )


def nothing() -> Sums:
    """The sums of no object."""
    return [0, 0, UNKNOWN, UNKNOWN]


def add(total: Sums, part: Sums) -> None:
    """Add a part to a total, in place."""
    total[OBJECTS] += part[OBJECTS]
    total[BYTES] += part[BYTES]
    total[NEWEST] = max(total[NEWEST], part[NEWEST])
    oldest = part[OLDEST]
    if oldest >= 0 and (oldest < total[OLDEST] or total[OLDEST] < 0):
        total[OLDEST] = oldest


def add_bands(total: list[Band], part: list[Band]) -> None:
    """Add bands to bands, in place."""
    for mine, more in zip(total, part, strict=True):
        mine[0] += more[0]
        mine[1] += more[1]


def _prefix_sums(page: StoredPage, root: str, folded: frozenset[str]) -> list[tuple[str, Sums]]:
    """Add each run of keys to its directory and to all directories above it."""
    path, open_sums = [root], [nothing()]
    closed: list[tuple[str, Sums]] = []
    for directory, start, stop in _runs(page.keys, folded):
        while not directory.startswith(path[-1]):
            _close(path, open_sums, closed)
        at = len(path[-1])
        while at < len(directory) and len(path) <= MAX_DEPTH and path[-1] not in folded:
            at = directory.find(DELIMITER, at) + 1
            path.append(directory[:at])
            open_sums.append(nothing())
        add(open_sums[-1], _run_sums(page, start, stop))
    while len(path) > 1:
        _close(path, open_sums, closed)
    closed.append((root, open_sums[0]))
    closed.reverse()
    return closed


def _runs(keys: Sequence[str], folded: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    """Directories, each with the start and end row of a run of its keys.

    Keys below a folded directory count as its own. In a directory without subdirectories, where
    most keys are, the end is found by binary search.
    """
    start = 0
    while start < len(keys):
        directory = _directory(keys[start], folded)
        # "0" follows "/", so this text is greater than all keys in the directory.
        stop = bisect_left(keys, directory[:-1] + _BEHIND, start) if directory else len(keys)
        depth = directory.count(DELIMITER)
        if directory in folded or (
            "".join(keys[start:stop]).count(DELIMITER) == depth * (stop - start)
        ):
            yield directory, start, stop
        else:
            directories = [key[: key.rfind(DELIMITER) + 1] for key in keys[start:stop]]
            behind = start
            for name, run in groupby(directories):
                first, behind = behind, behind + sum(map(len, zip(run, strict=False)))
                yield name, first, behind
        start = stop


def _directory(key: str, folded: frozenset[str]) -> str:
    """The directory of a key, or the outermost folded one above it."""
    directory = key[: key.rfind(DELIMITER) + 1]
    if folded:
        at = 0
        while (at := directory.find(DELIMITER, at) + 1) > 0:
            if directory[:at] in folded:
                return directory[:at]
    return directory


def _close(path: list[str], open_sums: list[Sums], closed: list[tuple[str, Sums]]) -> None:
    sums = open_sums.pop()
    closed.append((path.pop(), sums))
    add(open_sums[-1], sums)


def _run_sums(page: StoredPage, start: int, stop: int) -> Sums:
    sizes, modified_s = page.sizes, page.modified_s
    if stop - start == 1:
        when = modified_s[start]
        return [1, sizes[start], when, when]
    times = modified_s[start:stop]
    oldest = min(times)
    if oldest < 0:
        oldest = min((when for when in times if when >= 0), default=UNKNOWN)
    return [stop - start, sum(sizes[start:stop]), max(times), oldest]


def _class_sums(sizes: Sequence[int], classes: Sequence[str]) -> dict[str, Band]:
    """Objects and bytes by storage class.

    Class names become the bytes of one string: C code then counts them, and `translate` makes the
    mask that picks the sizes. Comparing a thousand texts for every class would take longer.
    """
    names = sorted(set(classes))
    if len(names) == 1 or len(names) > len(_ONLY):
        return {name: _of_class(name, sizes, classes) for name in names}
    by_name = {name: number for number, name in enumerate(names)}
    numbers = bytes(map(by_name.__getitem__, classes))
    return {
        name: [numbers.count(number), sum(compress(sizes, numbers.translate(_ONLY[number])))]
        for name, number in by_name.items()
    }


def _of_class(name: str, sizes: Sequence[int], classes: Sequence[str]) -> Band:
    of_class = list(compress(sizes, map(eq, classes, repeat(name))))
    return [len(of_class), sum(of_class)]


def _size_bands(sizes: Sequence[int]) -> list[Band]:
    """Sort the sizes: each band is then a slice, which is faster than a test for each size."""
    ordered = sorted(sizes)
    below = [0, *accumulate(ordered)]
    edges = [0, *(bisect_left(ordered, edge) for edge in SIZE_EDGES), len(ordered)]
    return [[stop - start, below[stop] - below[start]] for start, stop in pairwise(edges)]


def _age_bands(sizes: Sequence[int], modified_s: Sequence[int], now_s: int) -> list[Band]:
    """Bands by age; objects of unknown time are in none."""
    if modified_s and min(modified_s) < 0:
        known = [when >= 0 for when in modified_s]
        sizes, modified_s = list(compress(sizes, known)), list(compress(modified_s, known))
    # A band of ages is a band of times, the other way round: at least as new, less what is newer.
    newest, oldest = max(modified_s, default=0), min(modified_s, default=0)
    newer, bands = [0, 0], []
    for edge in AGE_EDGES:
        since = now_s - edge + 1
        if newest < since:
            now_and_newer = [0, 0]
        elif oldest >= since:
            now_and_newer = [len(sizes), sum(sizes)]
        else:
            picked = list(map(since.__le__, modified_s))
            now_and_newer = [picked.count(True), sum(compress(sizes, picked))]
        bands.append([now_and_newer[0] - newer[0], now_and_newer[1] - newer[1]])
        newer = now_and_newer
    return [*bands, [len(sizes) - newer[0], sum(sizes) - newer[1]]]


def _largest(keys: Sequence[str], sizes: Sequence[int], floor_bytes: int) -> list[tuple[int, str]]:
    if max(sizes, default=-1) <= floor_bytes:
        return []
    candidates = compress(zip(sizes, keys, strict=True), [size > floor_bytes for size in sizes])
    return sorted(candidates, reverse=True)[:LARGEST_KEPT]


class PageDigest(msgspec.Struct, frozen=True, kw_only=True):
    """A page in the form that a scan stores."""

    blob: bytes
    sums: PageSums


class Digesting(msgspec.Struct, frozen=True, kw_only=True):
    """Digests the pages of one scan. It is pickled and sent to list workers with requests."""

    root: str
    now_s: int
    floor_bytes: int
    folded: frozenset[str]

    def __call__(self, page: KeyPage) -> PageDigest | None:
        """The digest of a page; None when it is empty or not in order."""
        if not page.keys or not is_ordered(page.keys, ""):
            return None
        return self.of(StoredPage.of(page))

    def of(self, page: StoredPage) -> PageDigest:
        """The digest of ordered columns."""
        return PageDigest(blob=pack(page), sums=self.sums(page))

    def sums(self, page: StoredPage) -> PageSums:
        """The sums of ordered columns."""
        return sum_page(
            page,
            root=self.root,
            now_s=self.now_s,
            floor_bytes=self.floor_bytes,
            folded=self.folded,
        )


def whole(page: KeyPage) -> KeyPage:
    """A page with all stored columns; they are unpacked from the digest if only keys were sent."""
    if not isinstance(page.digest, PageDigest) or len(page.sizes) == len(page.keys):
        return page
    kept = unpack(page.digest.blob)
    return KeyPage(
        keys=kept.keys,
        sizes=kept.sizes,
        modified_s=kept.modified_s,
        etags=[""] * len(kept.keys),
        classes=kept.classes,
        next_token=page.next_token,
    )
