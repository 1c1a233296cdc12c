"""A scan as a record, and how much of its place it covers: listed spans, gaps, estimated share."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from s3nav.browse.pages import (
    BandTotal,
    ObjectTotal,
)
from s3nav.model.objects import KeySpan
from s3nav.model.places import AWS, S3Connection, S3Uri

WHOLE = (KeySpan(after="", upto=None),)
ALMOST = 0.99
"""Upper bound of an estimate while something is missing."""
PAGES_KEPT = 256
"""Pages that an estimate reads; of more, every other one is kept with the objects of both."""
PAGES_NEEDED = 100
"""For an estimate by the alphabet of the keys."""
_AGAIN = 1.03


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a number covers. Every number from a scan is shown with its coverage."""

    complete: bool
    """True only when every key of the place was listed."""
    share: float | None
    """0 to 1, estimated unless complete; None without an estimate."""
    as_of: datetime
    """When the oldest part of it was listed. Aware, UTC."""
    denied: tuple[str, ...] = ()
    """Prefixes that the credentials may not list; their content is not counted."""


class ScanState(StrEnum):
    """The state of a scan. One that is not COMPLETE has a reason and a partial coverage."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    """It ended early: interrupted, denied, or S3 did not respond."""
    CANCELLED = "cancelled"
    """The user stopped it."""


class ClassTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The objects in one storage class."""

    objects: int
    size_bytes: int


class ScanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One count of a place, finished or not."""

    scan_id: str
    place: S3Uri
    region: str | None = None
    state: ScanState
    started_at: datetime
    ended_at: datetime | None = None
    duration_s: float = 0.0
    """Of all its runs."""
    requests: int = 0
    """Of all its runs."""
    objects: int = 0
    size_bytes: int = 0
    newest_at: datetime | None = None
    oldest_at: datetime | None = None
    by_class: Mapping[str, ClassTotal] = msgspec.field(default_factory=dict)
    by_size: tuple[BandTotal, ...] = ()
    by_age: tuple[BandTotal, ...] = ()
    largest: tuple[ObjectTotal, ...] = ()
    coverage: Coverage
    reason: str = ""
    """Why it is not complete; empty when it is."""
    has_objects: bool = True
    """False when only its totals are stored: it cannot be searched or compared by object."""
    may_resume: bool = False
    """The next count of the place may resume this scan."""
    inventory: str = ""
    """The inventory manifest it was made from, as of `started_at`; empty if it was listed."""
    s3: str = AWS
    """The name of its S3; see `S3Connection.s3`."""
    connection: S3Connection | None = None
    """None: an earlier release counted AWS, or an endpoint of the environment or of a profile."""

    @property
    def is_complete(self) -> bool:
        """True when every key of the place was listed."""
        return self.state is ScanState.COMPLETE


class EndedScan(msgspec.Struct, frozen=True, kw_only=True):
    """How a run of a scan ended, without its totals."""

    state: ScanState
    region: str = ""
    ended_s: float
    """Seconds since 1970."""
    duration_s: float
    """Of this run and those before it."""
    requests: int
    share: float | None = None
    reason: str = ""
    denied: tuple[str, ...] = ()
    may_resume: bool = False
    """The next count of the place may resume this scan."""


def merged(spans: Iterable[KeySpan]) -> list[KeySpan]:
    """The same keys in as few spans as possible, in order; spans may touch and overlap."""
    found: list[KeySpan] = []
    for span in sorted(spans, key=lambda span: span.after):
        if span.upto is not None and span.upto <= span.after:
            continue  # an empty span covers nothing
        last = found[-1] if found else None
        if last is None or (last.upto is not None and span.after > last.upto):
            found.append(span)
        elif last.upto is not None and (span.upto is None or span.upto > last.upto):
            found[-1] = KeySpan(after=last.after, upto=span.upto)
    return found


def missing(listed: Iterable[KeySpan]) -> list[KeySpan]:
    """The gaps, in order; empty when everything is listed."""
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
        shared = span.after[: common_length(span.after, span.upto)]
        if "/" in shared:
            return shared[: shared.rfind("/") + 1]
    return f"{span.after} … {span.upto or ''}".strip() if span != WHOLE[0] else ""


class KeyRange(msgspec.Struct, frozen=True):
    """A listed page: its first and last key, and the objects in it."""

    first: str
    last: str
    objects: int


class PageSample:
    """The pages of a listing, thinned out."""

    def __init__(self) -> None:
        self.count = 0
        self.objects = 0
        self._pages: list[KeyRange] = []

    def add(self, keys: Sequence[str]) -> None:
        """Add a page that is not empty."""
        self.count += 1
        self.objects += len(keys)
        self._pages.append(KeyRange(keys[0], keys[-1], len(keys)))
        if len(self._pages) >= 2 * PAGES_KEPT:
            pages = self.pages()
            self._pages = [
                KeyRange(one.first, one.last, one.objects + other.objects)
                for one, other in zip(pages[::2], pages[1::2], strict=True)
            ]

    def pages(self) -> list[KeyRange]:
        """Those kept, in order."""
        return sorted(self._pages, key=lambda page: page.first)


class ShareEstimate:
    """The estimate of a running scan, made again when it has three percent more pages."""

    def __init__(self, estimate: Callable[[Sequence[KeySpan], PageSample], float | None]) -> None:
        self._estimate = estimate
        self._pages = -1.0
        self._share: float | None = None

    def of(self, spans: Sequence[KeySpan], sample: PageSample) -> float | None:
        """The listed share; None when unknown."""
        if not missing(spans):
            return 1.0
        if sample.count < PAGES_NEEDED:
            return None
        if not self._pages <= sample.count <= self._pages * _AGAIN:
            self._share, self._pages = self._estimate(spans, sample), sample.count
        return self._share


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


def common_length(one: str, other: str) -> int:
    """The length of the common prefix."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
