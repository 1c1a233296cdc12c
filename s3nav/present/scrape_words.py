"""Scrapes as rows, lines and JSON, the same for every front end."""

from collections.abc import Mapping

import msgspec

from s3nav.model.events import ScrapeProgress
from s3nav.model.scrape_queries import QueryStatus, ScrapeState
from s3nav.present.formatting import (
    MISSING,
    Column,
    Row,
    Span,
    clipped,
    count,
    number_of,
    safe_text,
)
from s3nav.scrape import (
    Change,
    Comparison,
    DayCount,
    Document,
    LogLine,
    QueryFact,
    Resource,
    ScrapeRecord,
    Share,
)

GLOBAL = "global"
SERVICES_SHOWN = 6
BUSIEST_SHOWN = 4
FAILED_STATUSES = ("denied", "throttled", "unavailable", "bad-parameter", "truncated")
"""Statuses of queries without a complete response."""
MESSAGE_SHOWN = 80

SCRAPE_COLUMNS = (
    Column("scrape_id", "SCRAPE"),
    Column("state", "STATE"),
    Column("success", "SUCCESS"),
    Column("start_time", "STARTED"),
    Column("duration_seconds", "SECONDS", is_number=True),
    Column("engine", "ENGINE"),
    Column("services", "SERVICES"),
    Column("regions", "REGIONS"),
    Column("documents", "DOCUMENTS", is_number=True),
    Column("resources", "RESOURCES", is_number=True),
    Column("problem", "PROBLEM"),
)
QUERY_COLUMNS = (
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("operation", "OPERATION"),
    Column("status", "STATUS"),
    Column("resources", "RESOURCES", is_number=True),
    Column("pages", "PAGES", is_number=True),
    Column("seconds", "SECONDS", is_number=True),
    Column("code", "CODE"),
    Column("message", "MESSAGE"),
)
DOCUMENT_COLUMNS = (
    Column("scrape_id", "SCRAPE"),
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("operation", "OPERATION"),
    Column("status", "STATUS"),
    Column("resources", "RESOURCES", is_number=True),
    Column("processed_at", "AT"),
)
RESOURCE_COLUMNS = (
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("type", "TYPE"),
    Column("id", "ID"),
    Column("name", "NAME"),
    Column("created", "CREATED"),
    Column("tags", "TAGS"),
    Column("arn", "ARN"),
)
CHANGE_COLUMNS = (
    Column("mark", ""),
    Column("verdict", "WHAT"),
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("operation", "OPERATION"),
    Column("type", "TYPE"),
    Column("id", "ID"),
    Column("name", "NAME"),
    Column("details", "DETAILS"),
)
SHARE_COLUMNS = (
    Column("name", "NAME"),
    Column("documents", "DOCUMENTS", is_number=True),
    Column("resources", "RESOURCES", is_number=True),
)
DAY_COLUMNS = (
    Column("day", "DAY"),
    Column("scrapes", "SCRAPES", is_number=True),
    Column("successful", "SUCCESSFUL", is_number=True),
    Column("documents", "DOCUMENTS", is_number=True),
    Column("resources", "RESOURCES", is_number=True),
)
LOG_COLUMNS = (
    Column("timestamp", "TIME"),
    Column("level", "LEVEL"),
    Column("component", "COMPONENT"),
    Column("scrape_id", "SCRAPE"),
    Column("message", "MESSAGE"),
    Column("error", "ERROR"),
)
MARKS = {"added": "+", "removed": "-", "changed": "~", "unknown": "?"}


def as_json(fact: object) -> dict[str, object]:
    """Convert a struct to JSON data: times as ISO 8601, fields under their own names."""
    found = msgspec.to_builtins(fact)
    assert isinstance(found, dict)
    return found


def run_result(record: ScrapeRecord) -> dict[str, object]:
    """Return the result of ``scrape run`` as JSON data."""
    return {
        "scrape_id": record.scrape_id,
        "success": record.success,
        "state": record.state.value,
        "engine": record.engine,
        "queries": dict(record.queries),
        "documents": record.documents,
        "resources": record.total_resources_saved,
        "duration_seconds": record.duration_seconds,
        "spooled": record.spooled,
        "problem": record.problem or None,
    }


def resource_json(resource: Resource) -> dict[str, object]:
    """Return a resource as JSON data, without the store's key and digest."""
    found = as_json(resource)
    for name in ("key", "digest"):
        del found[name]
    return found


def comparison_json(comparison: Comparison) -> dict[str, object]:
    """Return the comparison of two scrapes as JSON data."""
    return {
        "older": comparison.older.scrape_id,
        "newer": comparison.newer.scrape_id,
        **{name: getattr(comparison, name) for name in (*MARKS, "same")},
        "changes": [change_json(change) for change in comparison.changes],
    }


def change_json(change: Change) -> dict[str, object]:
    """Return one change as JSON data."""
    return {
        "change": change.verdict,
        **resource_json(change.resource),
        "reason": change.reason or None,
        "fields": [as_json(field) for field in change.fields],
    }


def scrape_row(record: ScrapeRecord) -> Row:
    """Return a scrape as a row."""
    services = record.services if record.services == "all" else ",".join(record.services)
    seconds = record.duration_seconds
    values = (
        record.scrape_id,
        record.state.value,
        record.success,
        record.start_time.isoformat(),
        seconds,
        record.engine,
        services,
        ",".join(record.regions),
        record.documents,
        record.total_resources_saved,
        record.problem,
    )
    cells = [MISSING if value is None else str(value) for value in values]
    cells[2] = MISSING if record.success is None else "yes" if record.success else "no"
    cells[3] = f"{record.start_time:%Y-%m-%d %H:%M:%S}"
    cells[4] = MISSING if seconds is None else f"{seconds:.1f}"
    cells[6] = _shortened(services.split(","))
    cells[7] = _shortened(list(record.regions))
    return Row(values, cells)


def query_row(query: QueryFact) -> Row:
    """Return a query as a row."""
    values = (
        query.service,
        query.region,
        query.operation,
        query.status.value,
        query.resources,
        query.pages,
        query.seconds,
        query.code,
        query.message,
    )
    cells = [GLOBAL if value is None else str(value) for value in values]
    return Row(values, [*cells[:-1], clipped(cells[-1], MESSAGE_SHOWN)])


def document_row(document: Document) -> Row:
    """Return a document, without its response, as a row."""
    values = (
        document.scrape_id,
        document.service,
        document.region,
        document.operation,
        document.status.value,
        document.resources_count,
        document.processed_at.isoformat(),
    )
    return Row(values, [GLOBAL if value is None else str(value) for value in values])


def resource_row(resource: Resource) -> Row:
    """Return a resource as a row."""
    tags = ", ".join(f"{name}={value}" for name, value in resource.tags.items())
    values = (
        resource.service,
        resource.region,
        resource.type,
        resource.id,
        resource.name,
        resource.created,
        tags,
        resource.arn,
    )
    return Row(values, [GLOBAL if value is None else value for value in values])


def change_row(change: Change) -> Row:
    """Return a change as a row."""
    resource = change.resource
    details = change.reason or "; ".join(
        f"{field.path}: {_text(field.before)} → {_text(field.after)}" for field in change.fields
    )
    values = (
        MARKS[change.verdict],
        change.verdict,
        resource.service,
        resource.region,
        resource.operation,
        resource.type,
        resource.id,
        resource.name,
        details,
    )
    return Row(values, [GLOBAL if value is None else value for value in values])


def share_row(share: Share) -> Row:
    """Return a group's share of documents and resources as a row."""
    values = (share.name, share.documents, share.resources)
    return Row(values, [share.name or GLOBAL, str(share.documents), str(share.resources)])


def day_row(count: DayCount) -> Row:
    """Return the counts of one day as a row."""
    numbers = (count.scrapes, count.successful, count.documents, count.resources)
    values = (count.day.isoformat(), *numbers)
    return Row(values, [str(value) for value in values])


def log_row(line: LogLine) -> Row:
    """Return a log line as a row."""
    moment = line.timestamp.isoformat()
    rest = (line.level, line.component, line.scrape_id, line.message, line.error)
    return Row((moment, *rest), (f"{line.timestamp:%Y-%m-%d %H:%M:%S}", *rest))


def queries_done(progress: ScrapeProgress) -> str:
    """Format query progress: ``12 of 40``, or ``12 of at least 40`` while more can be found."""
    least = "" if progress.knows_all else "at least "
    return f"{count(progress.queries_done)} of {least}{count(progress.queries_known)}"


def progress_line(progress: ScrapeProgress) -> str:
    """Return a scrape's progress line: queries, current service, and the largest services."""
    largest = sorted(progress.by_service, key=lambda pair: -pair[1])
    shown = ", ".join(f"{name} {count}" for name, count in largest[:SERVICES_SHOWN])
    more = f", {len(largest) - SERVICES_SHOWN} more" if len(largest) > SERVICES_SHOWN else ""
    at = f" ({progress.newest_service})" if progress.newest_service else ""
    spooled = f", {progress.spooled} spooled" if progress.spooled else ""
    return (
        f"{queries_done(progress)} queries{at}, "
        f"{number_of(progress.documents, 'document')}, "
        f"{number_of(progress.resources, 'resource')}{spooled}"
        + (f" · {shown}{more}" if shown else "")
    )


def failed_queries(record: ScrapeRecord) -> int:
    """Count the queries without a complete response."""
    return sum(record.queries.get(status, 0) for status in FAILED_STATUSES)


def scrape_status(record: ScrapeRecord, newest: ScrapeProgress | None) -> list[Span]:
    """Describe a scrape for a status line: its progress, problem, or answered queries."""
    if newest is not None and not record.state.is_final:
        at = f", at {safe_text(newest.newest_service)}" if newest.newest_service else ""
        return [(f"{queries_done(newest)} queries so far{at}", "accent"), *_busiest(newest)]
    if record.problem:
        is_cancelled = record.state is ScrapeState.CANCELLED
        return [(safe_text(record.problem), "warn" if is_cancelled else "bad")]
    failed, asked = failed_queries(record), sum(record.queries.values())
    if not failed:
        unsupported = record.queries.get(QueryStatus.UNSUPPORTED.value, 0)
        besides = f", {count(unsupported)} more are unsupported" if unsupported else ""
        return [(f"all {count(asked - unsupported)} queries answered{besides}", "dim")]
    words = ", ".join(
        f"{count(number)} {status}"
        for status, number in record.queries.items()
        if number and QueryStatus(status).is_failure
    )
    return [(f"{count(failed)} of {count(asked)} queries not answered: {words}", "warn")]


def _busiest(progress: ScrapeProgress) -> list[Span]:
    largest = sorted(progress.by_service, key=lambda pair: -pair[1])[:BUSIEST_SHOWN]
    words = ", ".join(f"{safe_text(name)} {count(number)}" for name, number in largest)
    return [(f" · documents: {words}", "dim")] if words else []


def status_words(queries: Mapping[str, int]) -> str:
    """Count queries by status: ``12 ok, 29 empty, 5 denied``."""
    return ", ".join(f"{count} {status}" for status, count in queries.items()) or "no queries"


def comparison_line(comparison: Comparison) -> str:
    """Return the counts of a comparison in one line."""
    counts = ", ".join(f"{mark} {getattr(comparison, name)} {name}" for name, mark in MARKS.items())
    return f"{counts}, {comparison.same} the same"


def _shortened(names: list[str]) -> str:
    if len(names) <= 3:
        return ",".join(names)
    return f"{','.join(names[:2])},… ({len(names)})"


def _text(value: object) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
