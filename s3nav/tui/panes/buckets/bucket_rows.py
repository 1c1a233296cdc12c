"""Buckets as rows. Numbers of a part of a bucket have a ``≥``."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from s3nav.browse import BucketStats
from s3nav.model.errors import S3NavError
from s3nav.model.events import ScanProgress
from s3nav.model.objects import BucketFact
from s3nav.present.buckets import covers, short_age, signed_size
from s3nav.present.formatting import (
    MISSING,
    Cell,
    Column,
    Icons,
    class_split,
    count,
    minute,
    number_of,
    percent,
    progress_bar,
    safe_text,
    size,
)
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

CLASS_CELLS = 6
PROGRESS_CELLS = 7
COLUMNS = (
    ColumnLayout(Column("name", "BUCKET"), width=20, flex=3, most=63, elide="middle"),
    ColumnLayout(Column("region", "REGION"), width=14, drop=4),
    ColumnLayout(Column("objects", "OBJECTS", is_number=True), width=11, flex=1, most=16),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=11, dim_unit=True, flex=1, most=14),
    ColumnLayout(Column("classes", "CLASSES"), width=CLASS_CELLS + 1, drop=5, sortable=False),
    ColumnLayout(Column("month", "$/MONTH", is_number=True), width=11, drop=2, sortable=False),
    ColumnLayout(Column("newest", "NEWEST"), width=10, drop=3),
    ColumnLayout(Column("newest_time", "UTC"), width=5, drop=8, sortable=False),
    ColumnLayout(Column("created", "CREATED"), width=10, drop=7),
    ColumnLayout(Column("grown", "Δ BEFORE", is_number=True), width=10, drop=6),
    ColumnLayout(Column("covers", "COVERS"), width=15, flex=2, most=30),
)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class BucketRow(msgspec.Struct, kw_only=True):
    """A bucket, and what counting has found so far."""

    fact: BucketFact
    is_waiting: bool = False
    progress: ScanProgress | None = None
    """Set while it is being counted."""
    stats: BucketStats | None = None
    """The result of the last count that ended."""

    @property
    def objects(self) -> int | None:
        """None if unknown."""
        return self._number(self.progress.objects if self.progress else None, "objects")

    @property
    def size_bytes(self) -> int | None:
        """None if unknown."""
        return self._number(self.progress.size_bytes if self.progress else None, "size")

    @property
    def is_whole(self) -> bool:
        """True if the numbers are of the whole bucket."""
        return self.progress is None and self.stats is not None and self.stats.complete

    def _number(self, running: int | None, what: str) -> int | None:
        if running is not None:
            return running
        if self.stats is None or (not self.stats.complete and not self.stats.objects):
            return None
        return self.stats.objects if what == "objects" else self.stats.size_bytes


class BucketRows:
    """All buckets the profile may see."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __init__(
        self,
        facts: Sequence[BucketFact],
        icons: Icons,
        *,
        size_style: str,
        now: Callable[[], datetime],
    ) -> None:
        self.rows = [BucketRow(fact=fact) for fact in facts]
        self.by_name = {row.fact.name: row for row in self.rows}
        self.months: dict[str, str] = {}
        """What each counted bucket costs a month, as text."""
        self._icons = icons
        self._size_style = size_style
        self._now = now

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, row: int) -> str:
        """The bucket's name."""
        return self.rows[row].fact.name

    def add(self, fact: BucketFact) -> int:
        """Append a bucket unless it is there; returns its row."""
        if fact.name not in self.by_name:
            self.rows.append(BucketRow(fact=fact))
            self.by_name[fact.name] = self.rows[-1]
        return self.rows.index(self.by_name[fact.name])

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        bucket = self.rows[row]
        if column == "name":
            return safe_text(bucket.fact.name)
        if column == "objects":
            return self._covered(bucket, bucket.objects, count)
        if column == "size":
            return self._covered(bucket, bucket.size_bytes, lambda n: size(n, self._size_style))
        return self._covers(bucket) if column == "covers" else self._fact(bucket, column)

    def _fact(self, bucket: BucketRow, column: str) -> Cell:
        stats = bucket.stats
        if column == "classes":
            by_class = stats.bytes_by_class if stats else {}
            split = class_split(by_class, CLASS_CELLS, ascii_only=self._icons.is_ascii)
            return ((split, "accent"),)
        if column == "grown":
            return self._grown(stats)
        if column == "month":
            month = self.months.get(bucket.fact.name, "")
            return ((month.replace("≥", ">=") if self._icons.is_ascii else month, ""),)
        newest = stats.newest_object_at if stats else None
        shown = {
            "region": safe_text((stats and stats.region) or bucket.fact.region or MISSING),
            "newest": minute(newest)[:10],
            "newest_time": "" if newest is None else minute(newest)[11:],
            "created": minute(bucket.fact.created_at)[:10],
        }
        return ((shown[column], "dim"),)

    def _grown(self, stats: BucketStats | None) -> Cell:
        """By how much it grew since the previous complete scan."""
        grown = stats.grown_bytes if stats else None
        if grown is None:
            return ((MISSING, "dim"),)
        return signed_size(grown, self._size_style)

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource; unknown values sort first."""
        value = _SORT_VALUES[column]
        return [value(row) for row in self.rows]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches names and regions."""
        folded = text.casefold()
        for row in range(start, len(self)):
            fact = self.rows[row].fact
            if folded in fact.name.casefold() or folded in (fact.region or "").casefold():
                yield row

    def _covered(self, bucket: BucketRow, number: int | None, shown: Callable[[int], str]) -> Cell:
        """A number, with ``≥`` if it is of a part of the bucket."""
        if number is None:
            return ((MISSING, "dim"),)
        if bucket.is_whole:
            return shown(number)
        value, _, unit = shown(number).partition(" ")
        more = ">= " if self._icons.is_ascii else "≥ "
        return ((more, "warn"), (value, ""), (f" {unit}" if unit else "", "dim"))

    def _covers(self, bucket: BucketRow) -> Cell:
        stats = bucket.stats
        if bucket.progress is not None:
            return self._running(bucket.progress)
        if bucket.is_waiting:
            return (("waiting", "dim"),)
        if stats is None:
            return (("z counts", "dim"),)
        if stats.problem is not None:
            return self._not_counted(stats, stats.problem)
        if not stats.complete:
            said = (
                "stopped early" if stats.coverage is None else covers(stats.coverage, self._now())
            )
            return ((said, "warn"),)
        when = short_age(stats.scanned_at, self._now())
        return ((f"{self._icons.done} ", "good"), (f"all · {when}", "dim"))

    def _not_counted(self, stats: BucketStats, problem: S3NavError) -> Cell:
        """Access denied is shown as a fact; any other problem as a failure."""
        if stats.is_out_of_reach:
            return ((f"{self._icons.cancelled} {problem.reference}", "dim"),)
        return ((f"{self._icons.failed} {problem.reference}", "bad"),)

    def _running(self, progress: ScanProgress) -> Cell:
        """The progress of a count, estimated from an earlier one or from the keys listed."""
        if progress.share is None:
            return ((f"{self._icons.running} so far…", "accent"),)
        ascii_only = self._icons.is_ascii
        full, rest = progress_bar(progress.share, PROGRESS_CELLS, ascii_only=ascii_only)
        share = percent(progress.share)
        return ((f"{self._icons.running} ~{share:<5}", "accent"), (full, "accent"), (rest, "dim"))


_SORT_VALUES: dict[str, Callable[[BucketRow], SortValue]] = {
    "name": lambda row: row.fact.name,
    "region": lambda row: row.fact.region or "",
    "objects": lambda row: -1 if row.objects is None else row.objects,
    "size": lambda row: -1 if row.size_bytes is None else row.size_bytes,
    "newest": lambda row: _when(row.stats.newest_object_at if row.stats else None),
    "grown": lambda row: (row.stats.grown_bytes if row.stats else None) or 0,
    "created": lambda row: _when(row.fact.created_at),
    "covers": lambda row: 2 if row.is_whole else 1 if row.stats else 0,
}


def _when(moment: datetime | None) -> float:
    return 0.0 if moment is None else (moment - _EARLIEST).total_seconds()


def sum_in_words(rows: Sequence[BucketRow], *, size_style: str) -> str:
    """Describe buckets together: ``2 buckets · at least 3 objects · 5 B``."""
    buckets = number_of(len(rows), "bucket")
    objects = sum(row.objects or 0 for row in rows)
    if not any(row.objects is not None for row in rows):
        return f"{buckets}, not counted yet"
    known = (
        f"{number_of(objects, 'object')} · {size(sum(r.size_bytes or 0 for r in rows), size_style)}"
    )
    is_all = all(row.is_whole for row in rows)
    return f"{buckets} · {known}" if is_all else f"{buckets} · at least {known}"
