"""Queries that read scrapes from a SQLite file."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from s3nav.persistence import Reader, Row
from s3nav.scrape.resources import Document, LogLine, QueryFact, Resource, Where
from s3nav.scrape.stores.raw_json import RawJson
from s3nav.scrape.stores.resource_store import Differing, Group, Ref, Share, Slot, Totals
from s3nav.scrape.stores.sqlite_schema import (
    Cell,
    condition,
    document_of,
    log_of,
    query_of,
    resource_of,
)

REFS_PER_QUERY = 500
CACHED_DOCUMENTS = 4
_TOKEN = re.compile(r"[^\W_]+")
_BY_QUERY = "scrape_id, service, region, operation"


def documents(
    reader: Reader, where: Where, *, limit: int | None, offset: int, newest_first: bool
) -> Iterator[Document]:
    """Yield documents."""
    clause, parameters = condition(where)
    order = f"scrape_timestamp DESC, {_BY_QUERY}" if newest_first else _BY_QUERY
    rows = reader.rows(
        f"SELECT * FROM aws_resources WHERE {clause} ORDER BY {order} LIMIT ? OFFSET ?",
        [*parameters, -1 if limit is None else limit, offset],
    )
    return map(document_of, rows)


def queries(reader: Reader, where: Where) -> Iterator[QueryFact]:
    """Yield queries by scrape, service, region, operation."""
    clause, parameters = condition(where)
    sql = f"SELECT * FROM scrape_queries WHERE {clause} ORDER BY {_BY_QUERY}"
    return map(query_of, reader.rows(sql, parameters))


def resources(
    reader: Reader, where: Where, *, limit: int | None, offset: int
) -> Iterator[Resource]:
    """Yield resources in the order of their documents."""
    clause, parameters = condition(where)
    rows = reader.rows(
        f"SELECT * FROM resources WHERE {clause} ORDER BY {_BY_QUERY}, ref LIMIT ? OFFSET ?",
        [*parameters, -1 if limit is None else limit, offset],
    )
    return map(resource_of, rows)


def resources_at(reader: Reader, refs: Sequence[Ref]) -> tuple[Resource, ...]:
    """Return resources by row number, in the order of `refs`."""
    found: dict[Ref, Resource] = {}
    for start in range(0, len(refs), REFS_PER_QUERY):
        some = refs[start : start + REFS_PER_QUERY]
        marks = ", ".join("?" * len(some))
        for row in reader.rows(f"SELECT * FROM resources WHERE ref IN ({marks})", some):
            found[row["ref"]] = resource_of(row)
    return tuple(found[ref] for ref in refs if ref in found)


def contents(reader: Reader, found: Iterable[Resource]) -> Iterator[object]:
    """Yield the JSON values of resources, caching the last documents."""
    cached: OrderedDict[tuple[str, ...], RawJson | None] = OrderedDict()
    for resource in found:
        identity = (
            resource.scrape_id,
            resource.service,
            resource.region or "",
            resource.operation,
        )
        if identity not in cached:
            row = reader.one(
                "SELECT response FROM aws_resources WHERE scrape_id = ? AND service = ?"
                " AND region = ? AND operation = ?",
                identity,
            )
            cached[identity] = None if row is None else RawJson(row["response"])
            while len(cached) > CACHED_DOCUMENTS:
                cached.popitem(last=False)
        document = cached[identity]
        yield None if document is None else document.at(resource.pointer)


def count(reader: Reader, table: str, where: Where) -> int:
    """Return the number of selected rows of a table."""
    clause, parameters = condition(where)
    return _number(reader, f"SELECT count(*) FROM {table} WHERE {clause}", parameters)


def search(
    reader: Reader, words: Sequence[str], *, scrape_id: str | None, limit: int
) -> tuple[Resource, ...]:
    """Return resources with words that start with each of `words`, newest first.

    A word with dots, dashes or colons is searched as a phrase of its parts.
    """
    phrases = [_phrase(word) for word in words if _TOKEN.search(word)]
    if not phrases:
        return ()
    span: list[Cell] = [0, 2**62]
    if scrape_id is not None:
        row = reader.one(
            "SELECT first_resource, last_resource FROM scrapes WHERE scrape_id = ?", [scrape_id]
        )
        if row is None or row["first_resource"] is None:
            return ()
        span = [row["first_resource"], row["last_resource"]]
    rows = reader.rows(
        "SELECT r.* FROM resource_words w JOIN resources r ON r.ref = w.rowid"
        " WHERE resource_words MATCH ? AND w.rowid BETWEEN ? AND ?"
        " AND (?4 IS NULL OR r.scrape_id = ?4) ORDER BY w.rowid DESC LIMIT ?5",
        [" ".join(phrases), *span, scrape_id, limit],
    )
    return tuple(resource_of(row) for row in rows)


def _phrase(word: str) -> str:
    return '"' + " ".join(_TOKEN.findall(word)) + '"*'


def differing(reader: Reader, older: str, newer: str, where: Where) -> Differing:
    """Compare two scrapes in SQL, along the index of keys and digests."""
    clause, parameters = condition(where, "r.")
    changed = [
        (row[0], row[1])
        for row in reader.rows(
            "SELECT r.ref, n.ref FROM resources r JOIN resources n"
            f" ON n.scrape_id = ? AND n.key = r.key WHERE r.scrape_id = ? AND {clause}"
            " AND n.digest <> r.digest",
            [newer, older, *parameters],
        )
    ]
    removed = _only_in(reader, older, newer, where)
    total = _number(
        reader,
        f"SELECT count(*) FROM resources r WHERE r.scrape_id = ? AND {clause}",
        [older, *parameters],
    )
    return Differing(
        added=_only_in(reader, newer, older, where),
        removed=removed,
        changed=changed,
        same=total - len(removed) - len(changed),
    )


def _only_in(reader: Reader, here: str, other: str, where: Where) -> list[Slot]:
    clause, parameters = condition(where, "r.")
    rows = reader.rows(
        "SELECT r.ref, r.service, r.region, r.operation FROM resources r"
        f" WHERE r.scrape_id = ? AND {clause} AND NOT EXISTS"
        " (SELECT 1 FROM resources o WHERE o.scrape_id = ? AND o.key = r.key)",
        [here, *parameters, other],
    )
    return [Slot(row[0], row[1], row[2] or None, row[3]) for row in sorted(rows, key=_ref)]


def _ref(row: Row) -> int:
    return int(row[0])


def logs(reader: Reader, scrape_id: str | None, limit: int) -> tuple[LogLine, ...]:
    """Return log lines, newest first."""
    rows = reader.rows(
        "SELECT * FROM scrape_logs WHERE ?1 IS NULL OR scrape_id = ?1"
        " ORDER BY number DESC LIMIT ?2",
        [scrape_id, limit],
    )
    return tuple(log_of(row) for row in rows)


def totals(reader: Reader) -> Totals:
    """Return totals over the whole store."""
    row = reader.one(
        "SELECT count(*) AS scrapes, sum(success IS 1) AS good, sum(success IS 0) AS bad,"
        " max(start_time) AS last FROM scrapes"
    )
    assert row is not None  # an aggregate always returns a row
    return Totals(
        total_scrapes=row["scrapes"],
        successful_scrapes=row["good"] or 0,
        failed_scrapes=row["bad"] or 0,
        total_resources=_number(reader, "SELECT count(*) FROM resources", []),
        total_documents=_number(reader, "SELECT count(*) FROM aws_resources", []),
        services_discovered=_distinct(reader, "service"),
        regions_scanned=_distinct(reader, "region"),
        last_scrape=datetime.fromisoformat(row["last"]) if row["last"] else None,
    )


def shares(reader: Reader, group: Group, where: Where) -> tuple[Share, ...]:
    """Count documents and resources by group, largest first."""
    clause, parameters = condition(where)
    rows: Iterator[Row] = reader.rows(
        f"SELECT {group} AS name, count(*) AS documents, sum(resources_count) AS resources"
        f" FROM aws_resources WHERE {clause} GROUP BY {group}"
        f" ORDER BY resources DESC, {group}",
        parameters,
    )
    return tuple(
        Share(name=row["name"] or None, documents=row["documents"], resources=row["resources"])
        for row in rows
    )


def _distinct(reader: Reader, column: str) -> tuple[str, ...]:
    rows = reader.rows(f"SELECT DISTINCT {column} FROM aws_resources ORDER BY 1")
    return tuple(row[0] for row in rows if row[0])


def _number(reader: Reader, sql: str, parameters: Sequence[Cell]) -> int:
    row = reader.one(sql, parameters)
    return 0 if row is None else int(row[0])
