"""Store transfer jobs: what is planned, what is durable, what failed.

Keys that JSON or SQLite cannot carry are kept percent-encoded behind a control character.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

import msgspec

from s3nav.model.errors import NotFoundError
from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.persistence import Cell, Database, Row, Writer
from s3nav.transfer.journal import journal_schema as sql
from s3nav.transfer.journal.journal_rows import (
    ConnectionOf,
    Counts,
    JobRow,
    NewJob,
    PartRow,
    StoredRow,
    TargetRecords,
    connection_cells,
)
from s3nav.transfer.journal.records import (
    PENDING,
    SYNCED,
    Item,
    ItemRecord,
    ItemState,
    JobKind,
    JobRecord,
    PlannedItem,
)

T = TypeVar("T")
Checkpoint = Callable[[str], None]
"""Called with a name around each write; the crash tests end the process there."""
_PUBLIC_STATE = (
    ItemState.PENDING,
    ItemState.PENDING,
    ItemState.DONE,
    ItemState.SKIPPED,
    ItemState.FAILED,
)
_UNSTORABLE = re.compile("[\0\1\ud800-\udfff]")
_PACKED = "\1"


class Journal:
    """Jobs, items and parts in one database; every write is durable when it returns.

    `connection` is which S3 jobs are planned for.
    """

    def __init__(
        self,
        database: Database,
        *,
        checkpoint: Checkpoint = lambda _: None,
        connection: ConnectionOf = lambda: None,
    ) -> None:
        self._database = database
        self._checkpoint = checkpoint
        self.connection = connection
        self.targets = TargetRecords(database, lambda: self._s3, self._items)

    def add_job(self, new: NewJob) -> int:
        """Open a job that is hidden until `finish_plan`; returns its number."""
        row = new.cells(time.time(), self.connection())

        def insert(writer: Writer) -> int:
            writer.execute(sql.ADD_JOB, row)
            found = writer.one("SELECT last_insert_rowid() AS number")
            return int(found["number"]) if found else 0

        return self._write("add-job", insert)

    def add_items(self, number: int, items: Sequence[PlannedItem]) -> None:
        """Spool planned items; call it with thousands at once."""
        if not _all_storable(items):
            for item in items:
                item.key = _pack(item.key)
        rows = [(number, *msgspec.structs.astuple(item)[:-1]) for item in items]
        self._write("add-items", lambda writer: _spool(writer, number, rows))

    def finish_plan(self, number: int, *, total_files: int, total_bytes: int) -> None:
        """Show the job: its plan is complete."""
        self._write(
            "finish-plan",
            lambda writer: writer.execute(sql.FINISH_PLAN, (number, total_files, total_bytes)),
        )

    def extend_plan(self, number: int, *, files: int, size_bytes: int) -> None:
        """Add the items that were spooled since to a job that is done: it is planned again."""
        cells = (number, files, size_bytes)
        self._write("extend-plan", lambda writer: writer.execute(sql.EXTEND_PLAN, cells))

    def drop_extension(self, number: int) -> None:
        """Remove items that were spooled and not added."""
        self._write("drop-extension", lambda w: w.execute(sql.DROP_EXTENSION, (number,)))

    def jobs(self) -> list[JobRow]:
        """All planned jobs in the order of the queue; new ones are put at its end."""
        return [JobRow.of(row) for row in self._database.reader().rows(sql.JOBS)]

    def running_order(self) -> list[int]:
        """The numbers of running jobs, highest in the queue first."""
        return [row["number"] for row in self._database.reader().rows(sql.RUNNING_ORDER)]

    def reorder(self, arrange: Callable[[list[JobRow]], list[JobRow]]) -> None:
        """Give the queue another order; `arrange` sees the newest, in the transaction."""

        def update(writer: Writer) -> None:
            before = [JobRow.of(row) for row in writer.rows(sql.JOBS)]
            after = arrange(before)
            if after != before:
                ranks = [(rank, row.number) for rank, row in enumerate(after, start=1)]
                writer.execute_many(sql.SET_RANK, ranks)

        self._write("reorder", update)

    def job(self, job_id: str) -> JobRow:
        """One job. Raises NotFoundError."""
        row = self._database.reader().one(sql.JOB, (job_id,))
        if row is None:
            raise NotFoundError(
                f"no job `{job_id}`", remedy="`s3nav --headless jobs list` lists them"
            )
        return JobRow.of(row)

    def resumable(self, fingerprint: str) -> JobRow | None:
        """The newest unfinished job of the same selection and target, unless of another S3."""
        row = self._database.reader().one(sql.RESUMABLE, (fingerprint, self._s3))
        return None if row is None else JobRow.of(row)

    def left_running(self) -> list[JobRow]:
        """Jobs that are being run or planned, or were when their process ended."""
        return [JobRow.of(row) for row in self._database.reader().rows(sql.RUNNING)]

    def is_planned(self, number: int) -> bool:
        """False while the job's items are still being listed."""
        row = self._database.reader().one("SELECT is_planned FROM jobs WHERE number=?", (number,))
        return row is not None and bool(row["is_planned"])

    def finished(self) -> list[JobRow]:
        """Jobs that are done or cancelled."""
        return [JobRow.of(row) for row in self._database.reader().rows(sql.DONE_JOBS)]

    def set_state(self, number: int, state: JobState, reason: str = "") -> None:
        """Move a job to another state."""
        self._write(
            f"state-{state.value}",
            lambda writer: writer.execute(sql.SET_STATE, (state.value, reason, number)),
        )

    def set_run(self, number: int, *, files: int, size_bytes: int, seconds: float) -> None:
        """Keep what the last run of a job did, for its report."""
        self._write(
            "run",
            lambda writer: writer.execute(sql.SET_RUN, (files, size_bytes, seconds, number)),
        )

    def forget(self, number: int) -> None:
        """Remove a job and all that is known of it."""

        def delete(writer: Writer) -> None:
            for statement in sql.FORGET:
                writer.execute(statement, (number,))

        self._write("forget", delete)

    def window(self, number: int, *, after: int, limit: int, state: int = PENDING) -> list[Item]:
        """The next items of a job in `state`, by item number."""
        return self._items(sql.WINDOW, number, after, limit, state)

    def _items(self, query: str, *cells: int) -> list[Item]:
        row = self._database.reader().one(query, cells)
        items = msgspec.json.decode(row[0] if row else "[]", type=list[Item])
        for item in items:
            if item.key.startswith(_PACKED):
                item.key = _unpack(item.key)
        return items

    def counts(self, number: int) -> Counts:
        """Count the items of a job."""
        rows = list(self._database.reader().rows(sql.COUNTS, (number,)))
        return Counts(
            files={row["state"]: row["files"] for row in rows},
            bytes={row["state"]: row["bytes"] for row in rows},
        )

    def recorded_bytes(self, number: int) -> int:
        """Bytes in durable parts of unfinished items."""
        row = self._database.reader().one(sql.RECORDED_BYTES, (number,))
        return int(row["bytes"]) if row else 0

    def parts(self, item: int) -> list[PartRow]:
        """The durable parts of an item."""
        return [
            PartRow(item=item, start=row["start"], stop=row["stop"], digest=row["digest"])
            for row in self._database.reader().rows(sql.PARTS, (item,))
        ]

    def commit(
        self,
        *,
        synced: Sequence[tuple[int, str, int | None, str]] = (),
        done: Sequence[int] = (),
        parts: Iterable[PartRow] = (),
    ) -> None:
        """Record in one transaction what has become durable.

        `synced` are (item, verified_by, stored_bytes, digest) of files about to be
        renamed; `done` are items whose rename is durable.
        """
        parts_rows = [(part.item, part.start, part.stop, part.digest) for part in parts]

        def record(writer: Writer) -> None:
            if synced:
                writer.execute(sql.MARK_SYNCED, (_json(synced),))
            if done:
                writer.execute(sql.FINISH, (_json(done),))
                writer.execute(sql.DROP_PARTS, (_json(done),))
            for row in parts_rows:
                writer.execute(sql.RECORD_PART, row)

        self._write("commit", record)

    def stored_files(self, bucket: str, key: str) -> list[StoredRow]:
        """Files of an object of this S3 whose own checksum was kept, newest first."""
        rows = self._database.reader().rows(sql.STORED_FILES, (bucket, _pack(key), self._s3))
        return [StoredRow.of(row, bucket, key) for row in rows]

    def fail_item(self, item: int, reason: str) -> None:
        """Give an item up."""
        self._write("fail", lambda writer: writer.execute(sql.FAIL_ITEM, (reason, item)))

    def reopen(self, item: int, *, drop_parts: bool = False) -> None:
        """Put an item back to be fetched."""

        def update(writer: Writer) -> None:
            writer.execute(sql.REOPEN_ITEM, (item,))
            if drop_parts:
                writer.execute(sql.DROP_PARTS, (_json([item]),))

        self._write("reopen", update)

    def drop_parts(self, items: Sequence[int]) -> None:
        """Forget what is durable of unfinished items: their temporary files are gone."""
        self._write("drop-parts", lambda writer: writer.execute(sql.DROP_PARTS, (_json(items),)))

    def repin(self, item: Item) -> None:
        """Pin an item to another version of its object; parts of the old one are forgotten."""
        row = _pin_cells(item)

        def update(writer: Writer) -> None:
            writer.execute(sql.DROP_PARTS, (_json([item.number]),))
            writer.execute(sql.REPIN_ITEM, row)

        self._write("repin", update)

    def set_size(self, item: int, size_bytes: int) -> None:
        """Set the size of an item that was not known when it was planned: a stream."""

        def update(writer: Writer) -> None:
            writer.execute(sql.SET_SIZE[0], (item, size_bytes))
            writer.execute(sql.SET_SIZE[1], (item,))

        self._write("size", update)

    def reopen_failed(self, number: int) -> int:
        """Let the failed items of a job be tried again; returns how many."""
        return self._write(
            "reopen-failed", lambda writer: writer.execute(sql.REOPEN_FAILED, (number,))
        )

    def items(
        self, job: JobRow, *, state: ItemState | None, offset: int, limit: int
    ) -> list[ItemRecord]:
        """A page of a job's items, in the order of the plan."""
        reader = self._database.reader()
        if state is None:
            rows = reader.rows(sql.ITEMS, (job.number, limit, offset))
        else:
            states = [i for i, public in enumerate(_PUBLIC_STATE) if public is state]
            rows = reader.rows(sql.ITEMS_IN_STATE, (job.number, limit, offset, _json(states)))
        return [_item_record(row, job.record) for row in rows]

    @property
    def _s3(self) -> str | None:
        return connection_cells(self.connection())[0]

    def _write(self, name: str, work: Callable[[Writer], T]) -> T:
        self._checkpoint(f"before {name}")
        outcome = self._database.write(work)
        self._checkpoint(f"after {name}")
        return outcome


def _pin_cells(item: Item) -> tuple[Cell, ...]:
    return (
        item.etag,
        item.size_bytes,
        item.modified_ns,
        item.algorithm,
        item.checksum_type,
        item.number,
    )


def _spool(writer: Writer, number: int, rows: Iterable[Sequence[Cell]]) -> None:
    writer.execute(sql.LOWER_FIRST_ITEM, (number,))
    writer.execute_many(sql.ADD_ITEMS, rows)


def _item_record(row: Row, job: JobRecord) -> ItemRecord:
    key = _unpack(row["key"]) if row["key"].startswith(_PACKED) else row["key"]
    place = S3Uri(row["bucket"], key)
    source, local, to = str(place), job.target / (row["local"] or f"{row['bucket']}/{key}"), None
    if job.kind is JobKind.PUT:
        source, local, to = row["local"], Path(row["local"]), place
    elif job.to is not None:
        local, to = Path(), S3Uri(job.to.bucket, row["local"])
    return ItemRecord(
        source=source,
        local_path=local,
        size_bytes=row["size_bytes"],
        state=_PUBLIC_STATE[row["state"]],
        verified_by=row["verified_by"] if row["state"] != SYNCED else "",
        reason=row["reason"],
        etag=row["etag"],
        version_id=row["version_id"],
        to=to,
    )


def _all_storable(items: Sequence[PlannedItem]) -> bool:
    """True when SQLite and JSON can hold all keys; one check for many keys."""
    keys = "".join([item.key for item in items])
    return "\0" not in keys and _PACKED not in keys and _is_text(keys)


def _is_text(keys: str) -> bool:
    """True without lone surrogates."""
    return keys.isascii() or _UNSTORABLE.search(keys) is None


def _pack(key: str) -> str:
    if _UNSTORABLE.search(key) is None:
        return key
    return _PACKED + quote(key, safe="", errors="surrogatepass")


def _unpack(stored: str) -> str:
    return unquote(stored[1:], errors="surrogatepass")


def _json(rows: object) -> str:
    return msgspec.json.encode(rows).decode()
