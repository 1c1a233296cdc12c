"""Store scrapes in one SQLite file: the default store, and an export format."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from s3nav.persistence import Database, Writer
from s3nav.scrape.resources import (
    Document,
    Entry,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Where,
)
from s3nav.scrape.stores import sqlite_reads as reads
from s3nav.scrape.stores.resource_store import DayCount, Differing, Group, Ref, Share, Totals
from s3nav.scrape.stores.sqlite_schema import (
    DOCUMENT_COLUMNS,
    LOG_COLUMNS,
    MIGRATIONS,
    QUERY_COLUMNS,
    RESOURCE_COLUMNS,
    Cell,
    condition,
    document_cells,
    identity_cells,
    insert,
    iso,
    query_cells,
    record_of,
    resource_cells,
)

_KEEP_DAYS = "keep_days"
_IDENTITY = "scrape_id = ? AND service = ? AND region = ? AND operation = ?"
_SAVE_SCRAPE = """
INSERT INTO scrapes (scrape_id, start_time, success, services, regions, state, created_at, record)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (scrape_id) DO UPDATE SET
  start_time = excluded.start_time, success = excluded.success, services = excluded.services,
  regions = excluded.regions, state = excluded.state, created_at = excluded.created_at,
  record = excluded.record
"""
# The full-text index has the resources of all scrapes. The row numbers of one scrape lie close
# together, so a search within a scrape is limited to the range kept here.
_WIDEN = """
UPDATE scrapes SET
  first_resource = min(coalesce(first_resource, ?1), ?1),
  last_resource = max(coalesce(last_resource, ?2), ?2)
WHERE scrape_id = ?3
"""


class SqliteStore:
    """A `ResourceStore` in one file, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, MIGRATIONS)
        self._path = path
        self._sweep()

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._path)

    @property
    def spooled(self) -> int:
        """Always 0: nothing waits elsewhere."""
        return 0

    def save_scrape(self, record: ScrapeRecord) -> None:
        """Save a record, replacing one with the same id."""
        services = record.services if record.services == "all" else ",".join(record.services)
        cells: list[Cell] = [
            record.scrape_id,
            iso(record.start_time),
            None if record.success is None else int(record.success),
            services,
            ",".join(record.regions),
            record.state.value,
            iso(record.created_at),
            msgspec.json.encode(record).decode(),
        ]
        self._database.write(lambda writer: writer.execute(_SAVE_SCRAPE, cells))

    def scrape(self, scrape_id: str) -> ScrapeRecord | None:
        """Return one record; None without it."""
        row = self._database.reader().one(
            "SELECT record FROM scrapes WHERE scrape_id = ?", [scrape_id]
        )
        return None if row is None else record_of(row)

    def scrapes(
        self, *, limit: int | None = None, offset: int = 0, success: bool | None = None
    ) -> tuple[ScrapeRecord, ...]:
        """Return records, newest first."""
        rows = self._database.reader().rows(
            "SELECT record FROM scrapes WHERE ?1 IS NULL OR success = ?1"
            " ORDER BY start_time DESC, scrape_id LIMIT ?2 OFFSET ?3",
            [success, -1 if limit is None else limit, offset],
        )
        return tuple(record_of(row) for row in rows)

    def count_scrapes(self, *, success: bool | None = None) -> int:
        """Return the number of records."""
        row = self._database.reader().one(
            "SELECT count(*) FROM scrapes WHERE ?1 IS NULL OR success = ?1", [success]
        )
        return 0 if row is None else int(row[0])

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those of the same queries; durable when it returns."""
        rows = [_Rows(entry) for entry in entries]  # here, to keep the single writer thread free
        self._database.write(lambda writer: _add(writer, rows))

    def documents(
        self, where: Where, *, limit: int | None = None, offset: int = 0, newest_first: bool = False
    ) -> Iterator[Document]:
        """Yield documents."""
        return reads.documents(
            self._database.reader(), where, limit=limit, offset=offset, newest_first=newest_first
        )

    def count_documents(self, where: Where) -> int:
        """Return the number of documents."""
        return reads.count(self._database.reader(), "aws_resources", where)

    def queries(self, where: Where) -> Iterator[QueryFact]:
        """Yield the outcome of each query."""
        return reads.queries(self._database.reader(), where)

    def resources(
        self, where: Where, *, limit: int | None = None, offset: int = 0
    ) -> Iterator[Resource]:
        """Yield resources."""
        return reads.resources(self._database.reader(), where, limit=limit, offset=offset)

    def count_resources(self, where: Where) -> int:
        """Return the number of resources."""
        return reads.count(self._database.reader(), "resources", where)

    def resources_at(self, refs: Sequence[Ref]) -> tuple[Resource, ...]:
        """Return resources by row number."""
        return reads.resources_at(self._database.reader(), refs)

    def contents(self, resources: Iterable[Resource]) -> Iterator[object]:
        """Yield the JSON values of resources."""
        return reads.contents(self._database.reader(), resources)

    def search(
        self, words: Sequence[str], *, scrape_id: str | None, limit: int
    ) -> tuple[Resource, ...]:
        """Return resources with all these words, newest first."""
        return reads.search(self._database.reader(), words, scrape_id=scrape_id, limit=limit)

    def differing(self, older: str, newer: str, where: Where) -> Differing:
        """Compare two scrapes."""
        return reads.differing(self._database.reader(), older, newer, where)

    def delete(self, where: Where) -> int:
        """Delete the selected items; return the number of documents deleted."""
        return self._database.write(lambda writer: _delete(writer, where))

    def add_logs(self, lines: Sequence[LogLine]) -> None:
        """Add log lines."""
        rows: list[list[Cell]] = [
            [iso(n.timestamp), n.level, n.component, n.scrape_id, n.message, n.error, n.file_path]
            for n in lines
        ]
        statement = insert("scrape_logs", LOG_COLUMNS)
        self._database.write(lambda writer: writer.execute_many(statement, rows))

    def logs(self, *, scrape_id: str | None = None, limit: int = 100) -> tuple[LogLine, ...]:
        """Return log lines, newest first."""
        return reads.logs(self._database.reader(), scrape_id, limit)

    def totals(self) -> Totals:
        """Return totals over the whole store."""
        return reads.totals(self._database.reader())

    def shares(self, group: Group, where: Where) -> tuple[Share, ...]:
        """Count documents and resources by group, largest first."""
        return reads.shares(self._database.reader(), group, where)

    def timeline(self, since: datetime) -> tuple[DayCount, ...]:
        """Return counts by day, oldest first."""
        rows = self._database.reader().rows(
            "SELECT substr(start_time, 1, 10) AS day, count(*) AS scrapes,"
            " sum(success IS 1) AS successful,"
            " sum(json_extract(record, '$.documents')) AS documents,"
            " sum(json_extract(record, '$.total_resources_saved')) AS resources"
            " FROM scrapes WHERE start_time >= ? GROUP BY day ORDER BY day",
            [iso(since)],
        )
        return tuple(
            DayCount(
                day=date.fromisoformat(row["day"]),
                **{
                    n: int(row[n] or 0) for n in ("scrapes", "successful", "documents", "resources")
                },
            )
            for row in rows
        )

    def delete_before(self, moment: datetime) -> int:
        """Delete scrapes created before `moment`; return their number."""

        def sweep(writer: Writer) -> int:
            old = writer.rows("SELECT scrape_id FROM scrapes WHERE created_at < ?", [iso(moment)])
            names = [str(row["scrape_id"]) for row in old]
            for name in names:
                _delete(writer, Where(scrape_id=name))
            return len(names)

        return self._database.write(sweep)

    def keep_days(self, days: int | None) -> None:
        """Delete scrapes older than `days` now and whenever the file is opened; None: never."""
        if days is None:
            self._database.write(
                lambda writer: writer.execute("DELETE FROM options WHERE name = ?", [_KEEP_DAYS])
            )
            return
        self._database.write(
            lambda writer: writer.execute(
                "INSERT OR REPLACE INTO options (name, value) VALUES (?, ?)",
                [_KEEP_DAYS, str(days)],
            )
        )
        self._sweep()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _sweep(self) -> None:
        row = self._database.reader().one("SELECT value FROM options WHERE name = ?", [_KEEP_DAYS])
        if row is not None:
            self.delete_before(datetime.now(UTC) - timedelta(days=int(row["value"])))


class _Rows:
    """The rows of one entry."""

    def __init__(self, entry: Entry) -> None:
        query = entry.query
        self.identity = identity_cells(
            query.scrape_id, query.service, query.region, query.operation
        )
        self.query = query_cells(query)
        self.document = None if entry.document is None else document_cells(entry.document)
        self.resources = [resource_cells(resource) for resource in entry.resources]


_INSERT_QUERY = insert("scrape_queries", QUERY_COLUMNS, how="INSERT OR IGNORE")
_INSERT_DOCUMENT = insert("aws_resources", DOCUMENT_COLUMNS)
_INSERT_RESOURCE = insert("resources", RESOURCE_COLUMNS)


def _add(writer: Writer, rows: Sequence[_Rows]) -> None:
    before = _last_resource(writer)
    for row in rows:
        if not writer.execute(_INSERT_QUERY, row.query):
            for table in ("scrape_queries", "aws_resources", "resources"):
                writer.execute(f"DELETE FROM {table} WHERE {_IDENTITY}", row.identity)
            writer.execute(_INSERT_QUERY, row.query)
        if row.document is not None:
            writer.execute(_INSERT_DOCUMENT, row.document)
    writer.execute_many(_INSERT_RESOURCE, (cells for row in rows for cells in row.resources))
    after = _last_resource(writer)
    if after > before:
        for scrape_id in {row.identity[0] for row in rows}:
            writer.execute(_WIDEN, [before + 1, after, scrape_id])


def _last_resource(writer: Writer) -> int:
    row = writer.one("SELECT seq FROM sqlite_sequence WHERE name = 'resources'")
    return 0 if row is None else int(row["seq"])


def _delete(writer: Writer, where: Where) -> int:
    clause, parameters = condition(where)
    gone = writer.execute(f"DELETE FROM aws_resources WHERE {clause}", parameters)
    for table in ("scrape_queries", "resources"):
        writer.execute(f"DELETE FROM {table} WHERE {clause}", parameters)
    if where.is_whole_scrape:
        for table in ("scrapes", "scrape_logs"):
            writer.execute(f"DELETE FROM {table} WHERE scrape_id = ?", parameters)
    return gone
