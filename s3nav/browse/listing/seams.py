"""Prove that the intervals of a listing join without a gap.

An interval ends when it has read a key behind its end, and the interval behind it begins with the
first key that the endpoint lists there. In a listing in byte order these are one key. If the order
is another one, an interval can end before its keys were listed, although every page it read is in
order: a directory walk lists `obj/1` before `obj+/1`, so what lies behind `obj+/` is reached twice.
So both sides of each end are compared. If they are equal everywhere, the pages of all intervals are
one ordered listing, and no key is missing.
"""

from collections.abc import Callable, Sequence

import msgspec

from s3nav.browse.listing.intervals import Interval
from s3nav.model.objects import KeyPage

TRIES = 3
"""Comparisons before two sides differ for another reason than a change of the bucket meanwhile."""
_PAGES = 4
"""Pages read from the left to find a key behind a seam."""


class OutOfOrder(Exception):  # noqa: N818 - not an error: the listing is made another way
    """The endpoint does not list in byte order."""


class Seam(msgspec.Struct, frozen=True, kw_only=True):
    """The end of an interval whose sides are not known to join."""

    at: str
    before: str
    """Reading behind this key leads across the seam."""
    seen: str | None = None
    """The key that the interval before it read behind the seam; None when it read none."""


class Seams:
    """The ends of intervals so far. Guarded by the scheduler's lock."""

    def __init__(self) -> None:
        self._cuts: set[str] = set()
        """Ends between two intervals of this listing, not compared yet."""
        self._left: dict[str, Seam] = {}
        self._right: dict[str, str | None] = {}

    def add(self, cut: str) -> None:
        """An interval was split here."""
        self._cuts.add(cut)

    def compare(self, interval: Interval, page: KeyPage, kept: int) -> list[Seam]:
        """Note both ends of an interval that a page shows; returns ends that do not join.

        `kept` rows of the page belong to the interval; call it before the interval advances.
        """
        found: list[Seam] = []
        begin = interval.seam
        if begin and (page.keys or page.next_token is None):
            interval.seam = ""
            self._right[begin] = page.keys[0] if page.keys else None
            found += self._joined(begin)
        end = interval.upto
        if end is not None and (kept < len(page.keys) or page.next_token is None or _is(page, end)):
            seen = page.keys[kept] if kept < len(page.keys) else None
            seam = Seam(at=end, before=interval.position, seen=seen)
            if end not in self._cuts or (seen is None and page.next_token is not None):
                return [*found, seam]
            self._left[end] = seam
            found += self._joined(end)
        return found

    def _joined(self, cut: str) -> Sequence[Seam]:
        if cut not in self._left or cut not in self._right:
            return ()
        self._cuts.discard(cut)
        left, right = self._left.pop(cut), self._right.pop(cut)
        return () if left.seen == right else (left,)


def _is(page: KeyPage, end: str) -> bool:
    return bool(page.keys) and page.keys[-1] == end


def joins(seam: Seam, read: Callable[[str], KeyPage]) -> bool:
    """Whether both sides of a seam lead to one key; `read` requests a page behind a key."""
    for _ in range(TRIES):
        right = _first(read, seam.at, seam.at)
        if seam.seen is not None and right == seam.seen:
            return True
        if right == _first(read, seam.before, seam.at):
            return True
    return False


def _first(read: Callable[[str], KeyPage], after: str, behind: str) -> str | None:
    """The first key greater than `behind` in a listing that starts after `after`."""
    for _ in range(_PAGES):
        page = read(after)
        found = next((key for key in page.keys if key > behind), None)
        if found is not None or page.next_token is None or not page.keys:
            return found
        after = page.keys[-1]
    return None
