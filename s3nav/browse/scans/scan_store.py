"""Store scans: pages as they arrive, made durable in batches; totals when a scan ends."""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from s3nav.browse.pages import (
    AGE_EDGES,
    SIZE_EDGES,
    BandTotal,
    ObjectTotal,
    PrefixTotal,
    StoredPage,
    Totals,
    bands_of,
    prefix_total,
    root_of,
    time_of,
    unpack,
)
from s3nav.browse.scans import scan_schema as sql
from s3nav.browse.scans.scan_records import (
    ClassTotal,
    Coverage,
    EndedScan,
    ScanRecord,
    ScanState,
    merged,
)
from s3nav.model.errors import LocalDiskError, NotFoundError, UsageError
from s3nav.model.objects import KeySpan
from s3nav.model.places import S3Connection, S3Uri, key_bytes, key_text
from s3nav.persistence import Cell, Database, ProcessLock, Reader, Row, Writer

_ID_BYTES = 3
PAGES_UNWRITTEN = 64
"""Pages that may wait for the disk; with more, `add_page` blocks."""
_CHECK_EVERY_S = 0.1


class _Facts(msgspec.Struct, frozen=True, array_like=True):
    """Facts that no SQL reads, as one blob; keys as bytes, because not every key is text."""

    by_class: dict[str, tuple[int, int]] = {}
    by_size: list[tuple[int, int]] = []
    by_age: list[tuple[int, int]] = []
    largest: list[tuple[int, bytes]] = []
    denied: list[bytes] = []


class ScanStore:
    """The scans of this user. Any thread and any process may use the file."""

    def __init__(self, path: Path) -> None:
        self._locks = path.parent / "scans"
        self._database = Database(path, sql.MIGRATIONS)
        self._room = threading.BoundedSemaphore(PAGES_UNWRITTEN)

    def close(self) -> None:
        """Write all pending pages and close the file."""
        self._database.close()

    # Writing a running scan

    def lock(self, scan_id: str) -> ProcessLock | None:
        """Lock a scan for writing; None when another holds the lock. Raises LocalDiskError."""
        path = self._locks / f"{scan_id}.lock"
        try:
            return ProcessLock.acquire(path)
        except OSError as error:
            raise LocalDiskError(f"cannot lock `{path}`: {error.strerror}") from error

    def begin(
        self, connection: S3Connection, place: S3Uri, started_at: datetime, *, inventory: str = ""
    ) -> tuple[ScanRecord, ProcessLock]:
        """Create a scan and lock it for writing."""
        scan_id, lock = "", None
        while lock is None:
            scan_id = f"{started_at.astimezone(UTC):%y%m%d}-{secrets.token_hex(_ID_BYTES)}"
            # Lock before adding the row: a running scan without a lock counts as abandoned.
            lock = self.lock(scan_id)
        row = (
            scan_id,
            connection.s3,
            msgspec.json.encode(connection).decode(),
            place.bucket,
            key_bytes(place.key),
            started_at.timestamp(),
            inventory,
        )
        self._database.write(lambda writer: writer.execute(sql.ADD_SCAN, row))
        return self.record(scan_id), lock

    def reopen(self, scan_id: str) -> None:
        """Set a scan that ended early to running again."""

        def write(writer: Writer) -> None:
            writer.execute(sql.DROP_UNPROVEN, (scan_id,))
            writer.execute(sql.REOPEN, (scan_id,))

        self._database.write(write)

    def add_page(
        self,
        number: int,
        span: KeySpan,
        page: tuple[str, int, bytes],
        *,
        is_cancelled: Callable[[], bool],
    ) -> "Future[object] | None":
        """Store a page: its last key, number of keys and blob. The future ends when it is durable.

        Blocks while too many pages wait for the disk; None when `is_cancelled` meanwhile.
        """
        while not self._room.acquire(timeout=_CHECK_EVERY_S):
            if is_cancelled():
                return None
            self._database.check_writer()
        last, objects, blob = page
        upto = None if span.upto is None else key_bytes(span.upto)
        row = (number, key_bytes(span.after), upto, key_bytes(last), objects, blob)
        try:
            future = self._database.enqueue(lambda writer: writer.execute(sql.ADD_PAGE, row))
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future

    def finish(self, scan_id: str, ended: EndedScan, totals: Totals) -> None:
        """Store the totals, after all pages, and how the scan ended."""
        number = self.number(scan_id)
        rows = [_total_row(number, total) for total in totals.every()]
        ending = (*_ended_row(ended, totals), scan_id)

        def write(writer: Writer) -> None:
            writer.execute(sql.DROP_TOTALS, (number,))
            writer.execute_many(sql.ADD_TOTAL, rows)
            writer.execute(sql.FINISH, ending)

        self._database.write(write)

    # Reading stored scans

    def number(self, scan_id: str) -> int:
        """The row number of a scan. Raises NotFoundError."""
        row = self._reader.one(sql.SCAN, (scan_id,))
        if row is None:
            raise _unknown(scan_id)
        return int(row["number"])

    def record(self, scan_id: str) -> ScanRecord:
        """One scan, by its id or the beginning of it. Raises NotFoundError and UsageError."""
        rows = [] if not scan_id else list(self._reader.rows(sql.SCANS_LIKE, (scan_id,)))
        exact = [row for row in rows if row["scan_id"] == scan_id]
        if len(exact or rows) > 1:
            raise UsageError(
                f"{len(rows)} scans begin with `{scan_id}`", remedy="give more characters of the id"
            )
        if not rows:
            raise _unknown(scan_id)
        return _record_of((exact or rows)[0])

    def records(self, s3: str, place: S3Uri | None = None) -> list[ScanRecord]:
        """The scans of an S3, or of one place there, the newest first."""
        if place is None:
            rows = self._reader.rows(sql.SCANS, (s3,))
        else:
            rows = self._reader.rows(sql.SCANS_OF, (s3, place.bucket, key_bytes(place.key)))
        return [_record_of(row) for row in rows]

    def spans(self, scan_id: str) -> list[KeySpan]:
        """The listed spans, adjacent ones joined."""
        return merged(
            KeySpan(
                after=_key_of(row["after"]),
                upto=None if row["upto"] is None else _key_of(row["upto"]),
            )
            for row in self._reader.rows(sql.SPANS, (self.number(scan_id),))
        )

    def page_ends(self, scan_id: str) -> list[tuple[str, int]]:
        """The last key of each page, in order, and the objects in it; none of a scan without."""
        number = self.number(scan_id)
        if self._reader.one(sql.HAS_NO_ORDER, (number,)) is not None:
            return []
        rows = self._reader.rows(sql.PAGE_ENDS, (number,))
        return [(_key_of(row["last"]), row["objects"]) for row in rows]

    def pages(self, scan_id: str, prefix: str = "") -> Iterator[StoredPage]:
        """Pages that may contain keys with a prefix, in key order. Raises LocalDiskError."""
        number, begin = self.number(scan_id), key_bytes(prefix)
        found: Iterator[StoredPage] = (
            unpack(row["columns"]) for row in self._reader.rows(sql.PAGES, (number, begin))
        )
        if self._reader.one(sql.HAS_NO_ORDER, (number,)) is not None:
            found = _put_in_order(found, self._locks.parent)
        for page in found:
            if prefix and page.keys[0] > prefix and not page.keys[0].startswith(prefix):
                return
            yield page

    def total(self, scan_id: str, prefix: str) -> PrefixTotal | None:
        """The total of a prefix; None when it is not stored."""
        parent = root_of(prefix.removesuffix("/"))
        row = self._reader.one(
            sql.TOTAL, (self.number(scan_id), key_bytes(parent), key_bytes(prefix))
        )
        return None if row is None else _total_of(row)

    def children(self, scan_id: str, prefix: str) -> list[PrefixTotal]:
        """The totals of the prefixes directly below one."""
        rows = self._reader.rows(sql.CHILDREN, (self.number(scan_id), key_bytes(prefix)))
        return [_total_of(row) for row in rows]

    def totals(self, scan_id: str) -> Iterator[PrefixTotal]:
        """The totals of all stored prefixes, in order."""
        return map(_total_of, self._reader.rows(sql.TOTALS, (self.number(scan_id),)))

    def empty(self, scan_id: str) -> None:
        """Remove all pages of a scan that is listed again from its start."""
        self._run(sql.EMPTY, self.number(scan_id))

    def drop_pages(self, scan_id: str) -> None:
        """Keep only the totals of a scan."""
        self._run(sql.DROP_PAGES, self.number(scan_id))

    def forget(self, scan_id: str) -> None:
        """Remove a scan with its pages and totals."""
        self._run(sql.FORGET, self.number(scan_id))
        with suppress(OSError):
            (self._locks / f"{scan_id}.lock").unlink()

    def running(self) -> list[ScanRecord]:
        """Scans that are running or whose process was killed."""
        rows = self._reader.rows(sql.RUNNING, (ScanState.RUNNING.value,))
        return [_record_of(row) for row in rows]

    @property
    def _reader(self) -> Reader:
        return self._database.reader()

    def _run(self, statements: tuple[str, ...], number: int) -> None:
        def write(writer: Writer) -> None:
            for statement in statements:
                writer.execute(statement, (number,))

        self._database.write(write)


def _put_in_order(pages: Iterable[StoredPage], directory: Path) -> Iterator[StoredPage]:
    """Sort the pages of a listing without order, in a temporary file if they are many."""
    from s3nav.browse.inventory import STORED, PageSorter  # noqa: PLC0415  # few scans need it

    with PageSorter(directory, STORED) as sorter:
        for page in pages:
            sorter.add(page)
        yield from sorter.pages()


def _unknown(scan_id: str) -> NotFoundError:
    return NotFoundError(f"no scan `{scan_id}`", remedy="`s3nav --headless scan list` lists them")


def _ended_row(ended: EndedScan, totals: Totals) -> tuple[Cell, ...]:
    """Parameters of FINISH but the last."""
    whole = totals.whole
    facts = _Facts(
        by_class=totals.by_class,
        by_size=_pairs(totals.by_size),
        by_age=_pairs(totals.by_age),
        largest=[(found.size_bytes, key_bytes(found.key)) for found in totals.largest],
        denied=[key_bytes(prefix) for prefix in ended.denied],
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


def _total_row(number: int, total: PrefixTotal) -> tuple[Cell, ...]:
    """Parameters of ADD_TOTAL."""
    return (
        number,
        key_bytes(root_of(total.prefix.removesuffix("/"))),
        key_bytes(total.prefix),
        total.objects,
        total.size_bytes,
        _seconds(total.newest_at),
        _seconds(total.oldest_at),
        int(total.is_folded),
    )


def _total_of(row: Row) -> PrefixTotal:
    """A prefix with its sums."""
    sums = (row["objects"], row["size_bytes"], row["newest_s"], row["oldest_s"])
    return prefix_total(_key_of(row["prefix"]), sums, is_folded=bool(row["is_folded"]))


def _record_of(row: Row) -> ScanRecord:
    """The scan of a row."""
    facts = msgspec.msgpack.decode(row["facts"], type=_Facts) if row["facts"] else _Facts()
    state = ScanState(row["state"])
    started_at = datetime.fromtimestamp(row["started_at"], UTC)
    complete, known = state is ScanState.COMPLETE, row["connection"]
    return ScanRecord(
        scan_id=row["scan_id"],
        place=S3Uri(row["bucket"], _key_of(row["prefix"])),
        region=row["region"] or None,
        state=state,
        started_at=started_at,
        ended_at=None if row["ended_at"] is None else datetime.fromtimestamp(row["ended_at"], UTC),
        duration_s=row["duration_s"],
        requests=row["requests"],
        objects=row["objects"],
        size_bytes=row["size_bytes"],
        newest_at=time_of(row["newest_s"]),
        oldest_at=time_of(row["oldest_s"]),
        by_class={
            name: ClassTotal(objects=objects, size_bytes=size_bytes)
            for name, (objects, size_bytes) in facts.by_class.items()
        },
        by_size=bands_of((0, *SIZE_EDGES), facts.by_size) if facts.by_size else (),
        by_age=bands_of((0, *AGE_EDGES), facts.by_age) if facts.by_age else (),
        largest=tuple(
            ObjectTotal(key=_key_of(key), size_bytes=size) for size, key in facts.largest
        ),
        coverage=Coverage(
            complete=complete,
            share=1.0 if complete else row["share"],
            as_of=started_at,
            denied=tuple(_key_of(prefix) for prefix in facts.denied),
        ),
        reason=row["reason"],
        has_objects=bool(row["has_pages"]),
        may_resume=bool(row["may_resume"]),
        inventory=row["inventory"],
        s3=row["endpoint"],
        connection=None if known is None else msgspec.json.decode(known, type=S3Connection),
    )


def _pairs(bands: Sequence[BandTotal]) -> list[tuple[int, int]]:
    return [(band.objects, band.size_bytes) for band in bands]


def _seconds(when: datetime | None) -> int:
    return -1 if when is None else int(when.timestamp())


def _key_of(stored: bytes) -> str:
    """The key of stored bytes. Raises LocalDiskError when a damaged file has others."""
    try:
        return key_text(stored)
    except UnicodeDecodeError as error:
        raise LocalDiskError(
            f"the file of scans is damaged: a prefix is not UTF-8 ({error.reason})",
            remedy="move `scans.sqlite3` of the data directory away, and count again",
            slug="damaged-database",
        ) from error
