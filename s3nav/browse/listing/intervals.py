"""An interval of keys that one thread lists, how to split it, and how to prove that all join.

An interval ends when it has read a key behind its end, and the interval behind it begins with the
first key that the endpoint lists there. In a listing in byte order these are one key. If the order
is another one, keys can lie between the two, although every page is in order: a directory walk
lists `obj/1` before `obj+/1`, so the interval up to `obj+/` ends at `obj/1`, and the one behind it
begins at `obj+/1`. So both sides of each end are compared. If they are equal everywhere, the
pages of all intervals are one ordered listing, and no key is missing.
"""

import bisect
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from s3nav.browse.listing.key_space import DELIMITER, after_all, common_folder, middle, remaining
from s3nav.browse.pages import whole
from s3nav.model.objects import KeyPage, KeySpan, ListingPage

WORTH_PAGES = 3.0
"""Smallest estimate that is split: a split costs half a request."""
UNKNOWN_PAGES = 64.0
"""Estimate for an interval of unknown size."""
FLAT_PAGES = 30.0
"""If a thousand folders hold fewer pages than this, finding more folders is not worth it."""
_SAMPLES = 16
_TRIES = 3
"""Comparisons before two sides differ for another reason than a change of the bucket meanwhile."""
_SEAM_PAGES = 4
"""Pages read from the left to find a key behind a seam."""


class Family(msgspec.Struct):
    """The folders found by one lookup, and the average size of those listed so far."""

    pages: float = 0.0
    passed: int = 0
    members: int = 0
    """Intervals being listed inside these folders."""

    @property
    def mean_pages(self) -> float:
        """Estimated pages in one folder."""
        return self.pages / max(1, self.passed + self.members)


class Interval(msgspec.Struct, eq=False):
    """Keys after `position`, up to and including `upto`. Guarded by the scheduler's lock."""

    position: str
    upto: str | None
    page_keys: int
    """Keys in a full page."""
    scope: str
    """Prefix of the next keys, as far as known; only estimates depend on it."""
    floor: str = ""
    """The prefix of the listing: lookups stay below it."""
    cuts: deque[str] = msgspec.field(default_factory=deque)
    """Folders ahead that contain keys: the split points."""
    tail_scope: str = ""
    """Prefix of the keys behind the last cut if that is not a known folder."""
    family: Family = msgspec.field(default_factory=Family)
    is_flat: bool = False
    """The scope has no folders to split at."""
    is_explored_now: bool = False
    is_first: bool = False
    """Nothing is known about its content yet."""
    token: str | None = None
    """Continuation token after an empty page that was not the last."""
    pages: float = 0.0
    """Pages listed in this scope."""
    start: str = ""
    """The key at which `pages` began to count."""
    sample: Sequence[str] = ()
    last_page_keys: Sequence[str] = ()
    misses: int = 0
    """How often a split-off rear part proved empty."""
    estimate: float = 0.0
    parent: "Interval | None" = None
    """The interval from which this was split by a guess; None once the guess was scored."""
    bound_tried: bool = False
    empty_pages: int = 0
    """In a row, the last ones."""
    seam: str = ""
    """Where it was split off, until its first page is compared with what was read before."""

    @property
    def span(self) -> KeySpan:
        """The keys that are not listed yet."""
        return KeySpan(after=self.position, upto=self.upto)

    def advance(self, keys: Sequence[str]) -> None:
        """Move on behind `keys`, which were just listed and are not empty."""
        self.family.pages += len(keys) / self.page_keys
        self.position = keys[-1]
        self.pages += len(keys) / self.page_keys
        self.last_page_keys = keys
        self.sample = keys[:: max(1, len(keys) // _SAMPLES)]
        passed = False
        while self.cuts and self.cuts[0] <= self.position:
            self.scope = self.cuts.popleft()
            self.family.passed += 1
            passed = True
        if passed:
            if not self.cuts and self.tail_scope:
                self.scope, self.tail_scope = self.tail_scope, ""
            self._enter()
        if not self.position.startswith(self.scope):
            wider = common_folder(self.position, self.scope)
            self.scope = wider if wider.startswith(self.floor) else self.floor
            self._enter()
        if self.is_flat:
            self._measure()

    def skip_to(self, cut: str) -> None:
        """Skip all keys up to and including `cut`, the next folder."""
        self.position, self.scope, self.seam = cut, cut, ""
        if not self.cuts and self.tail_scope:
            self.scope, self.tail_scope = self.tail_scope, ""
        self._enter()

    def weight(self) -> float:
        """Estimated pages that are left."""
        ahead = len(self.cuts) * self.family.mean_pages
        if self.is_first:
            return UNKNOWN_PAGES
        if self.is_flat:
            return ahead + self.estimate
        if self.pages == 0:
            return ahead
        if self.family.passed == 0:
            return ahead + UNKNOWN_PAGES
        return ahead + max(self.pages, self.family.mean_pages - self.pages)

    def split_at_cut(self) -> "Interval | None":
        """Split off the rear half of the known folders."""
        middle_at = len(self.cuts) // 2
        cuts = list(self.cuts)
        cut = cuts[middle_at]
        rear = Interval(
            position=cut,
            upto=self.upto,
            page_keys=self.page_keys,
            scope=cut,
            floor=self.floor,
            cuts=deque(cuts[middle_at + 1 :]),
            tail_scope=self.tail_scope,
            family=self.family,
            start=cut,
            seam=cut,
        )
        if middle_at == len(cuts) - 1 and self.tail_scope:
            rear.scope, rear.tail_scope = self.tail_scope, ""
        self.upto, self.cuts, self.tail_scope = cut, deque(cuts[:middle_at]), ""
        return rear

    def split_at_guess(self) -> "Interval | None":
        """Split off the part behind a key guessed from keys seen; None without a guess."""
        cut = self._bound() or middle(
            self.position,
            self.upto,
            scope=self.scope,
            sample=self.sample,
            lowest=self.misses > 0,
        )
        if cut is None or cut <= self.position or (self.upto is not None and cut >= self.upto):
            return None
        rear = Interval(
            position=cut,
            upto=self.upto,
            page_keys=self.page_keys,
            scope=self.scope,
            floor=self.floor,
            family=self.family,
            is_flat=True,
            start=cut,
            sample=self.sample,
            estimate=self.estimate / 2,
            parent=self,
            bound_tried=True,
            seam=cut,
        )
        self.upto = cut
        self._measure()
        return rear

    def learn(self, page: ListingPage, folder: str) -> None:
        """Use the result of a lookup in `folder`, which contained `position` at that time."""
        self.is_explored_now = self.is_first = False
        if self.cuts or not self.position.startswith(folder):
            return
        children = [
            name
            for name in page.prefixes
            if name > self.position and (self.upto is None or name < self.upto)
        ]
        inside, found, _ = self.position[len(folder) :].partition(DELIMITER)
        own = folder + inside + DELIMITER if found else folder
        if not children and found and page.next_token is None:
            self.scope = own  # the only folder: look for split points inside it
            return
        family = self._family_of(folder, own)
        if page.next_token is not None and len(page.prefixes) * family.mean_pages < FLAT_PAGES:
            children = []
        self.scope = own if children else folder
        self.is_flat = not children or not found
        self.family = family
        self.cuts = deque(children)
        if children and page.next_token is not None and (end := after_all(children[-1])):
            self.cuts.append(end)
            self.tail_scope = folder
        self._measure()

    def _family_of(self, folder: str, own: str) -> Family:
        """Estimate the size of folders from the last page."""
        depth = len(folder)
        names = {
            key[depth:].partition(DELIMITER)[0]
            for key in self.last_page_keys
            if key.startswith(folder)
        }
        if own == folder or len(names) <= 1:
            return Family(pages=self.pages, members=1)
        pages = len(self.last_page_keys) / self.page_keys
        return Family(pages=pages, passed=len(names) - 1, members=1)

    def _enter(self) -> None:
        self.pages = 0.0
        self.start = self.position
        self.is_flat = self.bound_tried = False
        self.misses = 0

    def _bound(self) -> str | None:
        """The end of all names that begin like those seen, tried once as a split point."""
        if self.bound_tried:
            return None
        self.bound_tried = True
        if self.upto is not None and self.upto.startswith(self.scope) and self.upto != self.scope:
            return None
        start = self.sample[0] if self.sample else ""
        shared = 0
        for shared, (one, other) in enumerate(zip(start, self.position, strict=False)):  # noqa: B007
            if one != other:
                break
        named = start[:shared].rstrip("0123456789abcdefABCDEF")
        return after_all(named) if len(named) > len(self.scope) else None

    def _measure(self) -> None:
        times = remaining(
            self.start,
            self.position,
            self.cuts[0] if self.cuts else self.upto,
            scope=self.scope,
            sample=self.sample,
        )
        self.estimate = self.pages if times is None else self.pages * min(times, 1e6)


def interval_of(span: KeySpan, prefix: str, page_keys: int) -> Interval:
    """An interval for a span of keys below `prefix`, about which nothing is known."""
    scope = prefix
    if span.upto is not None:
        shared = common_folder(span.after, span.upto)
        scope = shared if shared.startswith(prefix) else prefix
    return Interval(
        position=span.after,
        upto=span.upto,
        page_keys=page_keys,
        scope=scope,
        floor=prefix,
        start=span.after,
        is_first=True,
    )


def clip(page: KeyPage, upto: str | None) -> tuple[KeyPage, bool]:
    """The rows up to and including `upto`, and whether the interval ends with them."""
    keys = page.keys
    if upto is None or not keys or keys[-1] < upto:
        return page, page.next_token is None
    stop = bisect.bisect_right(keys, upto)
    return (page if stop == len(keys) else whole(page).clipped(0, stop)), True


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
        self._given_up: set[str] = set()
        """Ends behind which nothing can be read."""
        self._left: dict[str, Seam] = {}
        self._right: dict[str, str | None] = {}
        self._open: dict[str, KeySpan] = {}
        """What lies between the last key before an end and the end, until both sides join."""
        self.closed: list[KeySpan] = []
        """Those whose sides have joined, to be handed out."""

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
            if end in self._given_up:
                return found
            if end not in self._cuts or (seen is None and page.next_token is not None):
                return [*found, seam]
            self._left[end] = seam
            found += self._joined(end)
        return found

    def end_of(self, interval: Interval) -> str | None:
        """Up to where a finished interval is listed: a resumed listing reads on behind a key."""
        end = interval.upto
        if end not in self._left or end == interval.position:
            return end
        self._open[end] = KeySpan(after=interval.position, upto=end)
        return interval.position

    def give_up(self, interval: Interval) -> str:
        """The interval cannot be read: its end before is not compared. Where its gap begins."""
        self._given_up.add(interval.seam)
        self._left.pop(interval.seam, None)
        gap = self._open.pop(interval.seam, None)
        return interval.position if gap is None else gap.after

    def take_open(self) -> list[KeySpan]:
        """Remove and return what lies before ends that are not joined."""
        found = list(self._open.values())
        self._open.clear()
        return found

    def _joined(self, cut: str) -> Sequence[Seam]:
        if cut not in self._left or cut not in self._right:
            return ()
        self._cuts.discard(cut)
        if cut in self._open:
            self.closed.append(self._open.pop(cut))
        left, right = self._left.pop(cut), self._right.pop(cut)
        return () if left.seen == right else (left,)


def _is(page: KeyPage, end: str) -> bool:
    return bool(page.keys) and page.keys[-1] == end


def joins(seam: Seam, read: Callable[[str], KeyPage]) -> bool:
    """Whether both sides of a seam lead to one key; `read` requests a page behind a key."""
    for _ in range(_TRIES):
        right = _first(read, seam.at, seam.at)
        if seam.seen is not None and right == seam.seen:
            return True
        if right == _first(read, seam.before, seam.at):
            return True
    return False


def _first(read: Callable[[str], KeyPage], after: str, behind: str) -> str | None:
    """The first key greater than `behind` in a listing that starts after `after`."""
    for _ in range(_SEAM_PAGES):
        page = read(after)
        found = next((key for key in page.keys if key > behind), None)
        if found is not None or page.next_token is None or not page.keys:
            return found
        after = page.keys[-1]
    return None
