"""How much of a place a count covers: which spans of its keys are listed, and which are not."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from s3nav.model.objects import KeySpan

WHOLE = (KeySpan(after="", upto=None),)
_DIGITS = 6
"""Characters that decide a key's position; more would not move the estimate."""
ALMOST = 0.99
"""An estimate never says more while something is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What an aggregate speaks of. Every number made from a scan is shown with it."""

    complete: bool
    """True only when every key of the place was listed."""
    share: float | None
    """0 to 1, an estimate unless complete; None when nobody can tell."""
    as_of: datetime
    """When the oldest part of it was listed. Aware, UTC."""
    denied: tuple[str, ...] = ()
    """Prefixes that may not be listed: what is in them is not counted."""


def merged(spans: Iterable[KeySpan]) -> list[KeySpan]:
    """The same keys in as few spans as possible, in order; spans may touch and overlap."""
    found: list[KeySpan] = []
    for span in sorted(spans, key=lambda span: span.after):
        if span.upto is not None and span.upto <= span.after:
            continue  # it proves nothing
        last = found[-1] if found else None
        if last is None or (last.upto is not None and span.after > last.upto):
            found.append(span)
        elif last.upto is not None and (span.upto is None or span.upto > last.upto):
            found[-1] = KeySpan(after=last.after, upto=span.upto)
    return found


def missing(listed: Iterable[KeySpan]) -> list[KeySpan]:
    """What is left to list, in order; empty when all is."""
    gaps: list[KeySpan] = []
    after: str | None = ""
    for span in merged(listed):
        if after is not None and span.after > after:
            gaps.append(KeySpan(after=after, upto=span.after))
        after = span.upto
        if after is None:
            return gaps
    gaps.append(KeySpan(after=after or "", upto=None))
    return gaps


def span_words(span: KeySpan) -> str:
    """The prefix that a span lies in, or its two ends when it lies in none."""
    if span.upto is not None:
        shared = span.after[: _common(span.after, span.upto)]
        if "/" in shared:
            return shared[: shared.rfind("/") + 1]
    return f"{span.after} … {span.upto or ''}".strip() if span != WHOLE[0] else ""


def share_by_positions(listed: Iterable[KeySpan]) -> float | None:
    """Estimate the share of keys from where the listed spans lie among all possible keys.

    Keys are taken as evenly spread over the characters that are seen in them. None when only the
    beginning is listed, for nothing tells how far it is to the end.
    """
    spans = merged(listed)
    if not spans or (len(spans) == 1 and spans[0].upto is not None and not spans[0].after):
        return None
    if not missing(spans):
        return 1.0
    edges = [edge for span in spans for edge in (span.after, span.upto) if edge]
    if len(edges) < 2:
        return None
    ruler = _Ruler(edges)
    low, high = ruler.position(min(edges)), ruler.position(max(edges))
    covered = sum(
        (high if span.upto is None else ruler.position(span.upto))
        - (low if not span.after else ruler.position(span.after))
        for span in spans
    )
    if spans[-1].upto is not None:
        high = 1.0  # the end is open
    return None if high <= low else min(ALMOST, max(0.0, covered / (high - low)))


def share_by_reference(
    listed: Iterable[KeySpan], reference: Sequence[tuple[str, int]]
) -> float | None:
    """Estimate the share of keys from an earlier complete scan of the same place.

    `reference` has the last key of each of its pages, in order, and the keys in it. None when it
    has no key.
    """
    ends = [end for end, _ in reference]
    sums = [0]
    for _, objects in reference:
        sums.append(sums[-1] + objects)
    if not sums[-1]:
        return None
    spans = merged(listed)
    if not missing(spans):
        return 1.0
    covered = 0
    for span in spans:
        first = bisect_right(ends, span.after) if span.after else 0
        last = len(ends) if span.upto is None else bisect_left(ends, span.upto)
        covered += max(0, sums[last] - sums[first])
    return min(ALMOST, covered / sums[-1])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


class _Ruler:
    """Positions of keys between 0 and 1, by the characters seen behind what all have in common."""

    def __init__(self, edges: Sequence[str]) -> None:
        self._skipped = _common(min(edges), max(edges))
        self._signs = sorted({sign for edge in edges for sign in edge[self._skipped :][:_DIGITS]})

    def position(self, key: str) -> float:
        place, position = 1.0, 0.0
        for sign in key[self._skipped :][:_DIGITS]:
            place /= len(self._signs) + 1
            position += place * (1 + bisect_left(self._signs, sign))
        return position
