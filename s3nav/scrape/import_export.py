"""Import and export scrapes: aws-list-all directories, SQLite files, JSON lines."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.model.scrape_queries import ScrapeState
from s3nav.scrape.engines import (
    FileFact,
    Listing,
    UnreadableListingError,
    is_output,
    keep_aside,
    read_listing,
    read_output,
)
from s3nav.scrape.json_lines import read_lines, write_lines
from s3nav.scrape.recorder import log_line, new_id
from s3nav.scrape.resources import EntryBuilder, QueryResult, ScrapeRecord
from s3nav.scrape.stores import ResourceStore, SqliteStore, batches, copy_scrape, entries_of

SQLITE_START = b"SQLite format 3\0"
SQLITE_SUFFIXES = (".sqlite3", ".sqlite", ".db")
LINES_SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson")
_OUTPUT_SUFFIXES = (".txt", ".log", ".out")


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an import."""

    records: Sequence[ScrapeRecord]
    rejected: Sequence[FileFact] = ()
    skipped: Sequence[str] = ()
    """Ids of scrapes that the store already had."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an export."""

    target: Path
    scrapes: int
    documents: int
    resources: int


def import_from(store: ResourceStore, source: Path, *, aside: Path, redacts: bool) -> Imported:
    """Import an aws-list-all directory, a SQLite file or JSON lines. Raises UsageError."""
    if source.is_dir():
        return _import_directory(store, source, aside=aside, redacts=redacts)
    try:
        with source.open("rb") as file:
            start = file.read(len(SQLITE_START))
    except OSError as error:
        raise UsageError(
            f"cannot read `{source}`: {error.strerror}",
            remedy="name a directory written by aws-list-all, or a file from `scrape export`",
        ) from error
    if start != SQLITE_START:
        return _import_lines(store, source)
    with closing(SqliteStore(source)) as other:
        return _copy_all(other, store, other.scrapes())


def export_to(store: ResourceStore, target: Path, records: Sequence[ScrapeRecord]) -> Exported:
    """Write scrapes to one file. Raises UsageError if it exists or its suffix is unknown."""
    if target.exists():
        raise UsageError(f"`{target}` exists", remedy="name a file that does not", slug="exists")
    if target.name.endswith(LINES_SUFFIXES):
        lines = (entry for record in records for entry in entries_of(store, record.scrape_id))
        try:
            documents, resources = write_lines(target, records, lines)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise LocalDiskError(f"cannot write `{target}`: {error.strerror}") from error
    elif target.name.endswith(SQLITE_SUFFIXES):
        with closing(SqliteStore(target)) as other:
            _copy_all(store, other, records)
            totals = other.totals()
            documents, resources = totals.total_documents, totals.total_resources
    else:
        raise UsageError(
            f"`{target.name}` has no known file format",
            remedy=f"use a name ending in {', '.join((*SQLITE_SUFFIXES, *LINES_SUFFIXES))}",
        )
    return Exported(target=target, scrapes=len(records), documents=documents, resources=resources)


def _copy_all(
    source: ResourceStore, target: ResourceStore, records: Sequence[ScrapeRecord]
) -> Imported:
    skipped = [r.scrape_id for r in records if target.scrape(r.scrape_id) is not None]
    wanted = [record for record in records if record.scrape_id not in skipped]
    for record in wanted:
        copy_scrape(source, target, record)
    return Imported(records=wanted, skipped=skipped)


def _import_lines(store: ResourceStore, source: Path) -> Imported:
    records, entries = read_lines(source)
    skipped = {r.scrape_id for r in records if store.scrape(r.scrape_id) is not None}
    wanted = [record for record in records if record.scrape_id not in skipped]
    for batch in batches(e for e in entries if e.query.scrape_id not in skipped):
        store.add(batch)
    for record in wanted:
        store.save_scrape(record)
    return Imported(records=wanted, skipped=sorted(skipped))


def _import_directory(
    store: ResourceStore, directory: Path, *, aside: Path, redacts: bool
) -> Imported:
    """Import one scrape for each profile: a document's identity does not include the profile."""
    by_profile: dict[str | None, dict[tuple[str, str | None, str], QueryResult]] = {}
    unreadable: list[tuple[Path, str]] = []
    files: list[Listing] = []
    for path in sorted(directory.glob("*.json")):
        try:
            files.append(read_listing(path))
        except UnreadableListingError as problem:
            unreadable.append((path, str(problem)))
    profiles = {listing.profile for listing in files if listing.profile is not None}
    for listing in (*_outputs(directory, profiles), *files):
        _add_listing(by_profile, listing)
    if not by_profile and not unreadable:
        raise UsageError(
            f"no files of aws-list-all in `{directory}`",
            remedy="name the directory that aws-list-all wrote to",
        )
    records: list[ScrapeRecord] = []
    rejected: list[FileFact] = []
    for profile, query_results in by_profile.items() or [(None, {})]:
        # An unreadable file has no profile, so the first scrape reports it.
        mine, unreadable = unreadable, []
        record = _record(directory, profile, list(query_results.values()))
        facts = [keep_aside(path, why, aside / record.scrape_id, move=False) for path, why in mine]
        rejected += facts
        records.append(_import_one(store, record, query_results.values(), facts, redacts=redacts))
    return Imported(records=records, rejected=rejected)


def _import_one(
    store: ResourceStore,
    record: ScrapeRecord,
    query_results: Iterable[QueryResult],
    rejected: Sequence[FileFact],
    *,
    redacts: bool,
) -> ScrapeRecord:
    entry_builder = EntryBuilder(record, redacts=redacts)
    entries = [entry_builder.entry(query_result) for query_result in query_results]
    for batch in batches(iter(entries)):
        store.add(batch)
    store.add_logs(
        [
            log_line(
                record,
                "ERROR",
                "Import",
                f"Failed to process file: {fact.path}",
                fact.problem,
                fact.path,
            )
            for fact in rejected
        ]
    )
    record = entry_builder.summed(record)
    record = replace(
        record,
        scraped_files_count=record.documents + len(rejected),
        files_processed_to_mongo=record.documents,
        files_rejected=len(rejected),
    )
    store.save_scrape(record)
    return record


def _outputs(directory: Path, profiles: Collection[str]) -> Iterator[Listing]:
    for path in sorted(directory.iterdir()):
        if path.suffix in _OUTPUT_SUFFIXES and path.is_file():
            text = path.read_text("utf-8", "replace")
            if is_output(text):
                yield from read_output(text, profiles)


def _add_listing(
    by_profile: dict[str | None, dict[tuple[str, str | None, str], QueryResult]], listing: Listing
) -> None:
    """Add a listing; files are added after output lines and replace them, having more detail."""
    query_result = listing.query_result
    identity = (query_result.service, query_result.region, query_result.operation)
    by_profile.setdefault(listing.profile, {})[identity] = query_result


def _record(
    directory: Path, profile: str | None, query_results: Sequence[QueryResult]
) -> ScrapeRecord:
    files = [Path(f.file_path) for f in query_results if f.file_path is not None]
    moment = datetime.now(UTC)
    changed = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files]
    start, end = min(changed, default=moment), max(changed, default=moment)
    return ScrapeRecord(
        scrape_id=new_id(),
        start_time=start,
        end_time=end,
        duration_seconds=(end - start).total_seconds(),
        success=True,
        command=("s3nav", "scrape", "import", str(directory)),
        services=tuple(sorted({query_result.service for query_result in query_results})),
        regions=tuple(sorted({f.region for f in query_results if f.region is not None})),
        profile=profile,
        created_at=moment,
        updated_at=moment,
        state=ScrapeState.DONE,
        engine="import",
    )
