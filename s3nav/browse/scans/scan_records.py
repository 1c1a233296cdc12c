"""Convert rows of the scan database to facts, and back."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from s3nav.browse.pages import (
    AGE_EDGES,
    SIZE_EDGES,
    BandTotal,
    ObjectTotal,
    PrefixTotal,
    Totals,
    bands_of,
    moment,
    prefix_total,
    root_of,
)
from s3nav.browse.scans.coverage import Coverage
from s3nav.browse.scans.scan_facts import ClassTotal, ScanRecord, ScanState
from s3nav.model.errors import LocalDiskError
from s3nav.model.places import S3Uri
from s3nav.persistence import Cell, Row


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


class _Facts(msgspec.Struct, frozen=True, array_like=True):
    """Facts that no SQL reads, as one blob; keys as bytes, because not every key is text."""

    by_class: dict[str, tuple[int, int]] = {}
    by_size: list[tuple[int, int]] = []
    by_age: list[tuple[int, int]] = []
    largest: list[tuple[int, bytes]] = []
    denied: list[bytes] = []


def raw(key: str) -> bytes:
    """The bytes of a key, which define its order."""
    return key.encode("utf-8", "surrogatepass")


def text(key: bytes) -> str:
    """The key of `raw` bytes. Raises LocalDiskError when a damaged file holds others."""
    try:
        return key.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise LocalDiskError(
            f"the file of scans is damaged: a prefix is not UTF-8 ({error.reason})",
            remedy="move `scans.sqlite3` of the data directory away, and count again",
            slug="damaged-database",
        ) from error


def ended_row(ended: EndedScan, totals: Totals) -> tuple[Cell, ...]:
    """Parameters of FINISH but the last."""
    whole = totals.whole
    facts = _Facts(
        by_class=totals.by_class,
        by_size=_pairs(totals.by_size),
        by_age=_pairs(totals.by_age),
        largest=[(found.size_bytes, raw(found.key)) for found in totals.largest],
        denied=[raw(prefix) for prefix in ended.denied],
    )
    return (
        ended.state.value,
        ended.region,
        ended.ended_s,
        ended.duration_s,
        ended.requests,
        whole.objects,
        whole.size_bytes,
        _seconds(whole.newest_at),
        _seconds(whole.oldest_at),
        ended.share,
        ended.reason,
        int(ended.may_resume),
        msgspec.msgpack.encode(facts),
    )


def total_row(number: int, total: PrefixTotal) -> tuple[Cell, ...]:
    """Parameters of ADD_TOTAL."""
    return (
        number,
        raw(root_of(total.prefix.removesuffix("/"))),
        raw(total.prefix),
        total.objects,
        total.size_bytes,
        _seconds(total.newest_at),
        _seconds(total.oldest_at),
        int(total.is_folded),
    )


def total_of(row: Row) -> PrefixTotal:
    """A prefix with its sums."""
    sums = (row["objects"], row["size_bytes"], row["newest_s"], row["oldest_s"])
    return prefix_total(text(row["prefix"]), sums, is_folded=bool(row["is_folded"]))


def record_of(row: Row) -> ScanRecord:
    """The scan of a row."""
    facts = msgspec.msgpack.decode(row["facts"], type=_Facts) if row["facts"] else _Facts()
    state = ScanState(row["state"])
    started_at = datetime.fromtimestamp(row["started_at"], UTC)
    complete = state is ScanState.COMPLETE
    return ScanRecord(
        scan_id=row["scan_id"],
        place=S3Uri(row["bucket"], text(row["prefix"])),
        region=row["region"] or None,
        state=state,
        started_at=started_at,
        ended_at=None if row["ended_at"] is None else datetime.fromtimestamp(row["ended_at"], UTC),
        duration_s=row["duration_s"],
        requests=row["requests"],
        objects=row["objects"],
        size_bytes=row["size_bytes"],
        newest_at=moment(row["newest_s"]),
        oldest_at=moment(row["oldest_s"]),
        by_class={
            name: ClassTotal(objects=objects, size_bytes=size_bytes)
            for name, (objects, size_bytes) in facts.by_class.items()
        },
        by_size=bands_of((0, *SIZE_EDGES), facts.by_size) if facts.by_size else (),
        by_age=bands_of((0, *AGE_EDGES), facts.by_age) if facts.by_age else (),
        largest=tuple(ObjectTotal(key=text(key), size_bytes=size) for size, key in facts.largest),
        coverage=Coverage(
            complete=complete,
            share=1.0 if complete else row["share"],
            as_of=started_at,
            denied=tuple(text(prefix) for prefix in facts.denied),
        ),
        reason=row["reason"],
        has_objects=bool(row["has_pages"]),
        may_resume=bool(row["may_resume"]),
        inventory=row["inventory"],
    )


def _pairs(bands: Sequence[BandTotal]) -> list[tuple[int, int]]:
    return [(band.objects, band.size_bytes) for band in bands]


def _seconds(when: datetime | None) -> int:
    return -1 if when is None else int(when.timestamp())
