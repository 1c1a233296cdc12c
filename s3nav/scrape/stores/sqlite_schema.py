"""The tables of a scrapes file, and conversions between rows and structs."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec.structs import fields

from s3nav.model.scrape_queries import QueryStatus
from s3nav.persistence import Row
from s3nav.scrape.resources import Document, LogLine, QueryFact, Resource, ScrapeRecord, Where

Cell = str | int | float | bytes | None

MIGRATIONS = (
    """
CREATE TABLE scrapes (
  scrape_id TEXT PRIMARY KEY,
  start_time TEXT NOT NULL,
  success INTEGER,
  services TEXT NOT NULL,
  regions TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at TEXT NOT NULL,
  first_resource INTEGER,
  last_resource INTEGER,
  record TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX scrapes_start ON scrapes (start_time DESC);
CREATE INDEX scrapes_success_start ON scrapes (success, start_time DESC);
CREATE INDEX scrapes_services_regions ON scrapes (services, regions);
CREATE INDEX scrapes_created ON scrapes (created_at);

CREATE TABLE aws_resources (
  scrape_id TEXT NOT NULL,
  scrape_timestamp TEXT NOT NULL,
  service TEXT NOT NULL,
  region TEXT NOT NULL,
  profile TEXT,
  operation TEXT NOT NULL,
  source_filename TEXT NOT NULL,
  response TEXT NOT NULL,
  temp_file_path TEXT,
  processed_at TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  status TEXT NOT NULL,
  resources_count INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_identity ON aws_resources (scrape_id, service, region, operation);
CREATE INDEX documents_history
  ON aws_resources (service, region, operation, scrape_timestamp DESC);
CREATE INDEX documents_time ON aws_resources (scrape_timestamp DESC);
CREATE INDEX documents_file ON aws_resources (source_filename);

CREATE TABLE scrape_queries (
  scrape_id TEXT NOT NULL,
  service TEXT NOT NULL,
  region TEXT NOT NULL,
  operation TEXT NOT NULL,
  status TEXT NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL,
  resources INTEGER NOT NULL,
  pages INTEGER NOT NULL,
  seconds REAL NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (scrape_id, service, region, operation)
) WITHOUT ROWID;

CREATE TABLE resources (
  ref INTEGER PRIMARY KEY AUTOINCREMENT,
  scrape_id TEXT NOT NULL,
  service TEXT NOT NULL,
  region TEXT NOT NULL,
  operation TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  arn TEXT NOT NULL,
  tags TEXT NOT NULL,
  created TEXT NOT NULL,
  pointer TEXT NOT NULL,
  key INTEGER NOT NULL,
  digest INTEGER NOT NULL
);
CREATE INDEX resources_place ON resources (scrape_id, service, region, operation);
CREATE INDEX resources_key ON resources (scrape_id, key, digest);

CREATE VIRTUAL TABLE resource_words USING fts5(
  id, name, arn, tags, type, service, content='resources', content_rowid='ref'
);
CREATE TRIGGER resources_added AFTER INSERT ON resources BEGIN
  INSERT INTO resource_words (rowid, id, name, arn, tags, type, service)
  VALUES (new.ref, new.id, new.name, new.arn, new.tags, new.type, new.service);
END;
CREATE TRIGGER resources_gone AFTER DELETE ON resources BEGIN
  INSERT INTO resource_words (resource_words, rowid, id, name, arn, tags, type, service)
  VALUES ('delete', old.ref, old.id, old.name, old.arn, old.tags, old.type, old.service);
END;

CREATE TABLE scrape_logs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp TEXT NOT NULL,
  level TEXT NOT NULL,
  component TEXT NOT NULL,
  scrape_id TEXT NOT NULL,
  message TEXT NOT NULL,
  error TEXT NOT NULL,
  file_path TEXT NOT NULL
);
CREATE INDEX logs_scrape ON scrape_logs (scrape_id, number DESC);

CREATE TABLE options (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
""",
)

DOCUMENT_COLUMNS = tuple(field.name for field in fields(Document))
QUERY_COLUMNS = tuple(field.name for field in fields(QueryFact))
RESOURCE_COLUMNS = tuple(field.name for field in fields(Resource))
LOG_COLUMNS = tuple(field.name for field in fields(LogLine))

_encode = msgspec.json.Encoder().encode


def insert(table: str, columns: tuple[str, ...], *, how: str = "INSERT") -> str:
    """Return the statement that inserts one row."""
    marks = ", ".join("?" * len(columns))
    return f"{how} INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def iso(moment: datetime) -> str:
    """Format a time as UTC text that sorts chronologically."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def identity_cells(scrape_id: str, service: str, region: str | None, operation: str) -> list[Cell]:
    """Return the cells that identify a query.

    A global service has an empty region and not NULL, because SQLite's unique indexes treat all
    NULLs as different.
    """
    return [scrape_id, service, region or "", operation]


def document_cells(document: Document) -> list[Cell]:
    """Return the row of a document."""
    return [
        document.scrape_id,
        iso(document.scrape_timestamp),
        document.service,
        document.region or "",
        document.profile,
        document.operation,
        document.source_filename,
        as_json(document.response),
        document.temp_file_path,
        iso(document.processed_at),
        iso(document.created_at),
        iso(document.updated_at),
        document.status.value,
        document.resources_count,
    ]


def query_cells(query: QueryFact) -> list[Cell]:
    """Return the row of a query."""
    identity = identity_cells(query.scrape_id, query.service, query.region, query.operation)
    numbers: list[Cell] = [query.resources, query.pages, query.seconds]
    return [*identity, query.status.value, query.code, query.message, *numbers, iso(query.at)]


def resource_cells(resource: Resource) -> list[Cell]:
    """Return the row of a resource."""
    return [
        resource.scrape_id,
        resource.service,
        resource.region or "",
        resource.operation,
        resource.type,
        resource.id,
        resource.name,
        resource.arn,
        as_json(resource.tags) if resource.tags else "{}",
        resource.created,
        resource.pointer,
        resource.key,
        resource.digest,
    ]


def as_json(value: object) -> str:
    """Encode as JSON; lone surrogates are escaped, because SQLite accepts only UTF-8."""
    try:
        return _encode(value).decode()
    except (UnicodeEncodeError, msgspec.MsgspecError):
        return json.dumps(value)


def _from_json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:  # lone surrogates, which only the standard library accepts
        return json.loads(text)


def record_of(row: Row) -> ScrapeRecord:
    """Return the record in a row of ``scrapes``."""
    return msgspec.json.decode(row["record"], type=ScrapeRecord)


def document_of(row: Row) -> Document:
    """Return the document in a row."""
    cells = _cells(row, DOCUMENT_COLUMNS)
    cells["response"] = _from_json(row["response"])
    return msgspec.convert(cells, Document)


def query_of(row: Row) -> QueryFact:
    """Return the query in a row."""
    return msgspec.convert(_cells(row, QUERY_COLUMNS), QueryFact)


def resource_of(row: Row) -> Resource:
    """Return the resource in a row."""
    cells = _cells(row, RESOURCE_COLUMNS)
    cells["tags"] = _from_json(row["tags"])
    return msgspec.convert(cells, Resource)


def log_of(row: Row) -> LogLine:
    """Return the log line in a row."""
    return msgspec.convert({name: row[name] for name in LOG_COLUMNS}, LogLine)


def _cells(row: Row, columns: tuple[str, ...]) -> dict[str, object]:
    cells: dict[str, object] = {name: row[name] for name in columns}
    cells["region"] = row["region"] or None
    return cells


def condition(where: Where, prefix: str = "") -> tuple[str, list[Cell]]:
    """Convert `where` to a WHERE clause and its parameters."""
    wanted: Mapping[str, str | None] = {
        "scrape_id": where.scrape_id,
        "service": where.service,
        "region": "" if where.region == "global" else where.region,
        "operation": where.operation,
    }
    chosen = {name: value for name, value in wanted.items() if value is not None}
    clause = " AND ".join(f"{prefix}{name} = ?" for name in chosen) or "1"
    return clause, list(chosen.values())


CONCLUSIVE = tuple(status.value for status in QueryStatus if status.is_conclusive)
