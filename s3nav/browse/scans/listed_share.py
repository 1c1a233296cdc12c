"""Estimate which share of a place is listed, from the characters that its own keys use.

A gap in the listing is as full as the listed keys around it. How wide it is depends on which
characters keys can have there: `2026/03/` to `2026/06/` are three months, not three of the 96
printable characters. So the first and last keys of listed pages show, for each path segment and
each place in it, which characters occur. The estimate is made in two ways that treat doubtful
characters differently, each over all that is listed around a gap and over what is listed just
before it. If the four results differ, the share is unknown.
"""

import math
import string
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from s3nav.browse.pages import DELIMITER
from s3nav.browse.scans.scan_records import (
    ALMOST,
    PAGES_NEEDED,
    KeyRange,
    PageSample,
    common_length,
    merged,
    missing,
)
from s3nav.model.objects import KeySpan

SPANS_NEEDED = 4
"""Listed spans, gaps between them: with fewer, chance decides."""
PAGES_IN_SPAN = 3
"""On average: with fewer, spans have only the first keys of folders."""
AGREED = 1.4
"""How far the largest of the four results may be above the smallest."""
_GIANT = 2.0
"""A folder that is cut off and has as many times the objects of its neighbours has no known end."""
_ID_LENGTH = 5
"""Letters and digits in a row: shorter ones are words, years and days, but no hashes or numbers."""
_MANY_NAMES = 50
_FEW_KEYS = 16
_BRANCHES = 6
"""Places where keys differ that decide a position; more would not change the estimate."""
_MEASURED = 40
_TOP = "\U0010ffff"
_HEXADECIMAL = frozenset(string.hexdigits)
_At = tuple[int, str]
"""Number of the path segment, and how it begins."""


def share_by_density(listed: Iterable[KeySpan], sample: PageSample) -> float | None:
    """Estimate the listed share of keys; None when the keys listed so far do not show it."""
    spans = merged(listed)
    gaps = missing(spans)
    if not gaps:
        return 1.0
    is_enough = len(spans) >= SPANS_NEEDED and gaps[0].after != ""
    if not is_enough or sample.count < max(PAGES_NEEDED, PAGES_IN_SPAN * len(spans)):
        return None
    keys = _Keys(sample.pages(), spans)
    if any(_ends_in_giant(keys, gap, gaps) for gap in gaps):
        return None
    results: list[float] = []
    for is_wide in (False, True):
        left = _left(keys, _Positions(keys, is_wide=is_wide), spans, gaps)
        if left is None:
            return None
        results += [sample.objects / (sample.objects + objects) for objects in left]
    if max(results) > min(results) * AGREED:
        return None
    return min(ALMOST, math.exp(sum(map(math.log, results)) / len(results)))


class _Keys:
    """What the sampled keys show: where objects are, and what names consist of."""

    def __init__(self, pages: Sequence[KeyRange], spans: Sequence[KeySpan]) -> None:
        self._lasts = [page.last for page in pages]
        self._sums = [0]
        for page in pages:
            self._sums.append(self._sums[-1] + page.objects)
        found = {key for page in pages for key in (page.first, page.last)}
        ends = {end for span in spans for end in (span.after, span.upto) if end}
        # An end that is a folder was listed as one; others were guessed.
        self.sorted = sorted(found | {end for end in ends if end.endswith(DELIMITER)})
        self.names: dict[int, set[str]] = {}
        self.after: dict[_At, set[str]] = {}
        self.seen: Counter[_At] = Counter()
        self.at_offset: dict[tuple[int, int], set[str]] = {}
        self.id_offsets: set[tuple[int, int]] = set()
        for key in self.sorted:
            for number, name in enumerate(key.split(DELIMITER)):
                self._learn(number, name, is_last=number == key.count(DELIMITER))
        self.numbered = _calendar(
            {
                number: numbers
                for number, names in self.names.items()
                if (numbers := _numbered(names)) is not None
            }
        )

    def _learn(self, number: int, name: str, *, is_last: bool) -> None:
        if name:
            self.names.setdefault(number, set()).add(name)
        ids = _id_offsets(name[:_MEASURED])
        for offset, character in enumerate(name[:_MEASURED] + ("" if is_last else DELIMITER)):
            at = (number, name[:offset])
            self.after.setdefault(at, set()).add(character)
            self.seen[at] += 1
            self.at_offset.setdefault((number, offset), set()).add(character)
            if offset in ids:
                self.id_offsets.add((number, offset))

    def is_id(self, number: int, offset: int) -> bool:
        """Whether the character there may be any of its kind, as in hashes."""
        if (number, offset) in self.id_offsets:
            return True
        names = self.names.get(number, set())
        if all(len(name) <= 2 and name.isdigit() for name in names):
            return False
        return len(names) >= _MANY_NAMES or _are_hexadecimal(names)

    def below(self, prefix: str) -> list[str]:
        """The sampled keys with a prefix."""
        stop = bisect_left(self.sorted, prefix + _TOP) if prefix else len(self.sorted)
        return self.sorted[bisect_left(self.sorted, prefix) : stop]

    def objects(self, after: str, upto: str | None) -> int:
        """The objects listed after a key, up to and including another."""
        start = bisect_right(self._lasts, after) if after else 0
        stop = len(self._lasts) if upto is None else bisect_right(self._lasts, upto)
        return max(0, self._sums[stop] - self._sums[start])


def _id_offsets(name: str) -> set[int]:
    """Where a name has long runs of letters and digits, with a digit among them."""
    found: set[int] = set()
    start = 0
    for stop in range(len(name) + 1):
        if stop < len(name) and name[stop].isascii() and name[stop].isalnum():
            continue
        run = name[start:stop]
        if len(run) >= _ID_LENGTH and any(map(str.isdigit, run)):
            found.update(range(start, stop))
        start = stop + 1
    return found


def _are_hexadecimal(names: Iterable[str]) -> bool:
    characters = set().union(*names)
    return (
        characters <= _HEXADECIMAL
        and any(map(str.isdigit, characters))
        and any(map(str.isalpha, characters))
    )


class _Numbers(msgspec.Struct, frozen=True):
    """Names like `month=07`: a common beginning and a number of few digits."""

    offset: int
    digits: int
    lowest: int
    highest: int
    possible: int = -1
    """The highest there may be, as far as known."""

    def size(self, *, is_wide: bool) -> int:
        """How many numbers there are."""
        return max(self.highest, self.possible if is_wide else -1) - self.lowest + 1


def _numbered(names: Iterable[str]) -> _Numbers | None:
    ordered = sorted(names)
    offset = common_length(ordered[0], ordered[-1])
    while offset and ordered[0][offset - 1].isdigit():
        offset -= 1
    ends = [name[offset:] for name in ordered]
    digits = len(ends[0])
    if not 0 < digits < _ID_LENGTH or not all(
        len(end) == digits and end.isascii() and end.isdigit() for end in ends
    ):
        return None
    return _Numbers(offset, digits, int(ends[0]), int(ends[-1]))


def _calendar(numbered: dict[int, _Numbers]) -> dict[int, _Numbers]:
    """Add what is known of months, days and hours: of a month, the first days alone may be listed.

    A later month may not have come yet, so that it is only possible.
    """
    found = dict(numbered)
    for number, years in numbered.items():
        if years.digits != 4 or years.lowest < 1900 or years.highest > 2200:
            continue
        for behind, (lowest, highest) in enumerate(((1, 12), (1, 31), (0, 23)), start=1):
            part = numbered.get(number + behind)
            if part is None or part.digits != 2 or part.lowest < lowest or part.highest > highest:
                break
            most = part.highest if behind == 1 else highest
            found[number + behind] = _Numbers(part.offset, 2, lowest, most, possible=highest)
    return found


class _Alphabet:
    """The characters that keys may have at one place, in order."""

    def __init__(self, found: Iterable[str], *, is_id: bool, is_wide: bool) -> None:
        characters = set(found)
        self._ascii = _completed(set(filter(str.isascii, characters)), is_id=is_id, is_wide=is_wide)
        others = sorted(ord(each) for each in characters if not each.isascii())
        self._others: Sequence[int] = others
        if len(others) > 1 and (is_id or is_wide or len(others) >= 8):
            beyond = 0 if is_id else (others[-1] - others[0]) // 2
            self._others = range(others[0], others[-1] + 1 + (beyond if is_wide else 0))
        self.size = len(self._ascii) + len(self._others)

    def rank(self, character: str) -> tuple[int, bool]:
        """How many come before it, and whether it is one of them."""
        if character.isascii():
            at = bisect_left(self._ascii, character)
            return at, self._ascii[at : at + 1] == [character]
        code = ord(character)
        at = bisect_left(self._others, code)
        is_one = at < len(self._others) and self._others[at] == code
        return len(self._ascii) + at, is_one


def _completed(found: set[str], *, is_id: bool, is_wide: bool) -> list[str]:
    """The characters found and those that are likely beside them."""
    digits = found & set(string.digits)
    letters = found & set(string.ascii_letters)
    completed = set(found)
    if digits and is_id and (letters or (is_wide and len(digits) > 1)):
        completed.update(string.digits)
    elif digits:
        completed.update(d for d in string.digits if min(digits) <= d <= max(digits))
    is_hexadecimal = bool(digits) and letters <= _HEXADECIMAL
    for kind in (string.ascii_lowercase, string.ascii_uppercase):
        seen = letters & set(kind)
        if seen and ((is_id and len(found) > 1) or (is_wide and len(seen) > 1)):
            completed.update(kind[:6] if is_hexadecimal else kind)
    return sorted(completed)


class _Positions:
    """Where keys lie between the first and the last that may begin with a prefix."""

    def __init__(self, keys: _Keys, *, is_wide: bool) -> None:
        self._keys = keys
        self._is_wide = is_wide
        """Words may consist of any letters, and numbers may be larger than those seen."""
        self._known: dict[str, _Alphabet] = {}

    def of(self, prefix: str, key: str | None) -> float:
        """0 to 1; 1 for None, which is behind all keys."""
        if key is None:
            return 1.0
        if not key.startswith(prefix):
            return 0.0 if key < prefix else 1.0
        position, step, branches, at = 0.0, 1.0, 0, len(prefix)
        while at < len(key) and branches < _BRANCHES:
            rank, size, length = self._look_up(key, at)
            if not size:
                break
            position += step * min(abs(rank), size) / size
            step /= size
            if rank < 0 or rank >= size or not length:
                break
            branches += size > 1
            at += length
        return position

    def _look_up(self, key: str, at: int) -> tuple[int, int, int]:
        """Rank and number of choices, and the characters that they take; 0 if it is none."""
        start = key.rfind(DELIMITER, 0, at) + 1
        numbers = self._keys.numbered.get(key.count(DELIMITER, 0, at))
        if numbers is not None and at == start + numbers.offset:
            typed = key[at : at + numbers.digits]
            if len(typed) == numbers.digits and typed.isascii() and typed.isdigit():
                size = numbers.size(is_wide=self._is_wide)
                rank = int(typed) - numbers.lowest
                return max(0, rank), size, numbers.digits if 0 <= rank < size else 0
        alphabet = self._alphabet(key[:at], start)
        rank, is_one = alphabet.rank(key[at])
        return rank, alphabet.size, int(is_one)

    def _alphabet(self, before: str, start: int) -> _Alphabet:
        found = self._known.get(before)
        if found is None:
            keys = self._keys
            here = (number := before.count(DELIMITER), before[start:])
            offset = (number, len(before) - start)
            characters = {key[len(before)] for key in keys.below(before) if len(key) > len(before)}
            characters |= keys.after.get(here, set())
            is_id = keys.is_id(*offset)
            if is_id and keys.seen[here] < _FEW_KEYS:
                characters |= keys.at_offset.get(offset, set())
            found = _Alphabet(characters, is_id=is_id, is_wide=self._is_wide)
            self._known[before] = found
        return found


def _left(
    keys: _Keys, positions: _Positions, spans: Sequence[KeySpan], gaps: Sequence[KeySpan]
) -> tuple[float, float] | None:
    """The objects in all gaps: as dense as all around each, and as what is just before each."""
    around = before = 0.0
    known: dict[str, tuple[int, float]] = {}
    by_end = {span.upto: span for span in spans}
    for gap in gaps:
        prefix = "" if gap.upto is None else gap.after[: common_length(gap.after, gap.upto)]
        while True:
            if prefix not in known:
                known[prefix] = _listed_below(keys, positions, spans, prefix)
            objects, width = known[prefix]
            if objects and width > 0:
                break
            if not prefix:
                return None
            prefix = prefix[:-1]
        end = positions.of(prefix, gap.after)
        gap_width = max(0.0, positions.of(prefix, gap.upto) - end)
        around += objects * gap_width / width
        start = max(by_end[gap.after].after, prefix)
        near, near_width = keys.objects(start, gap.after), end - positions.of(prefix, start)
        is_enough = near and near_width > 0
        before += gap_width * (near / near_width if is_enough else objects / width)
    return around, before


def _listed_below(
    keys: _Keys, positions: _Positions, spans: Sequence[KeySpan], prefix: str
) -> tuple[int, float]:
    """The listed objects with a prefix, and how much of its width they take."""
    end = prefix + _TOP if prefix else None
    objects, width = 0, 0.0
    for span in spans:
        if (span.upto is not None and span.upto <= prefix) or (end and span.after >= end):
            continue
        upto = span.upto
        if end is not None and (upto is None or upto > end):
            upto = end
        objects += keys.objects(max(span.after, prefix), upto)
        ends = (positions.of(prefix, span.after), positions.of(prefix, span.upto))
        width += max(0.0, ends[1] - ends[0])
    return objects, width


def _ends_in_giant(keys: _Keys, gap: KeySpan, gaps: Sequence[KeySpan]) -> bool:
    """Whether a gap begins in a folder that is far larger than listed ones beside it.

    Where such a folder ends cannot be told, unless something behind the gap is listed in it.
    """
    at = gap.after.find(DELIMITER)
    while at >= 0:
        folder = gap.after[: at + 1]
        has_end = gap.upto is not None and keys.below(folder)[-1:] > [gap.upto]
        sizes = [] if has_end else _sizes_beside(keys, folder, gaps)
        if sizes and keys.objects(folder, gap.after) > _GIANT * sum(sizes) / len(sizes):
            return True
        at = gap.after.find(DELIMITER, at + 1)
    return False


def _sizes_beside(keys: _Keys, folder: str, gaps: Sequence[KeySpan]) -> list[int]:
    """The objects in each folder beside one, of those that are listed to their end."""
    above = folder[: folder.rfind(DELIMITER, 0, -1) + 1]
    names = {
        name
        for key in keys.below(above)
        for name, delimiter, _ in [key[len(above) :].partition(DELIMITER)]
        if delimiter
    }
    sizes = []
    for name in names:
        begin, end = f"{above}{name}{DELIMITER}", f"{above}{name}{DELIMITER}{_TOP}"
        if not any(gap.after < end and (gap.upto is None or gap.upto > begin) for gap in gaps):
            sizes.append(keys.objects(begin, end))
    return sizes
