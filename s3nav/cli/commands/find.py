"""``find``: find objects by name, size, date and class, in a scan or a new listing."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TypedDict, Unpack

import click
from msgspec.structs import replace

from s3nav.browse import ScanRecord
from s3nav.cli.arguments import FILTER_OPTIONS, as_suffixes, first_day
from s3nav.cli.commands.scan.scan import count_place, problem_of
from s3nav.cli.lazy_commands import SIZE_FLAG, HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.objects import ListRequest, ObjectFact
from s3nav.model.places import PageWatch, S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.present.buckets import coverage_words
from s3nav.present.tables import OBJECT_COLUMNS, Styles, object_row
from s3nav.transfer import DateFrom, Filters, ObjectFilter


class FindArgs(TypedDict):
    """The arguments of ``find``."""

    place: S3Uri
    live: bool
    scan: str | None
    fresh: bool
    limit: int | None
    extensions: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    include_regex: tuple[str, ...]
    exclude_regex: tuple[str, ...]
    min_size: int | None
    max_size: int | None
    storage_classes: tuple[str, ...]
    start_date: date | None
    end_date: date | None
    last_days: int | None
    date_from: DateFrom | None
    date_pattern: str | None
    requester_pays: bool


@click.command("find", cls=HeadlessCommand)
@click.argument("place", type=S3Uri.parse)
@click.option("--live", is_flag=True, help="list now, and keep nothing")
@click.option("--scan", metavar="SCAN", help="search this scan, whatever its age")
@click.option("--fresh", is_flag=True, help="count again first, even if a recent scan is kept")
@click.option("--limit", type=click.IntRange(min=1), help="stop after this many objects")
@click.option("--extensions", multiple=True, metavar=".EXT", help="keep only these suffixes")
@click.pass_obj
def find(line: CommandLine, **typed: Unpack[FindArgs]) -> None:
    """Find objects below a place, in a recent scan of it or in a new one."""
    if sum((typed["live"], typed["fresh"], typed["scan"] is not None)) > 1:
        raise UsageError("--live, --scan and --fresh exclude each other", remedy="use one")
    object_filter = ObjectFilter(_filters(typed, line.program.now().date()))
    pages, problem = _pages(line, typed)
    styles = Styles(size=line.session.settings.size_format)
    rows = (
        object_row(fact, styles, shown_key=fact.key)
        for facts in pages
        for fact in object_filter.keep(facts)
    )
    found = islice(rows, typed["limit"])
    line.show(OBJECT_COLUMNS, found, none=f"nothing below {typed['place']} matches")
    if problem is not None:
        raise problem


find.params += [*FILTER_OPTIONS, setting_option(SIZE_FLAG)]


def _pages(
    line: CommandLine, typed: FindArgs
) -> tuple[Iterator[Sequence[ObjectFact]], S3NavError | None]:
    """The objects to search, and the error if they are incomplete."""
    place = typed["place"]
    if typed["live"]:
        return _listed_now(line.session.retrying_store(), place, typed["requester_pays"]), None
    scans = line.session.scans()
    if typed["scan"] is not None:
        record = scans.record(typed["scan"])
        _check_holds(record, place)
        age = coverage_words(record.coverage, line.program.now())
        line.narration.say(f"searching scan {record.scan_id} of {record.place}: {age}")
        return _kept(line, record, place), None
    counted = count_place(line, place, fresh=typed["fresh"], requester_pays=typed["requester_pays"])
    return _kept(line, counted.record, place), problem_of(line, counted)


def _kept(line: CommandLine, record: ScanRecord, place: S3Uri) -> Iterator[Sequence[ObjectFact]]:
    for page in line.session.scans().pages(record.scan_id, place.key):
        facts = page.facts()
        yield [fact for fact in facts if fact.key.startswith(place.key)]


def _listed_now(
    store: ObjectStore, place: S3Uri, requester_pays: bool
) -> Iterator[Sequence[ObjectFact]]:
    request = ListRequest(bucket=place.bucket, prefix=place.key, requester_pays=requester_pays)
    watch = PageWatch()
    while True:
        page = store.list_page(request)
        watch.see([fact.key for fact in page.objects])
        yield page.objects
        if page.next_token is None:
            return
        request = replace(request, token=page.next_token)


def _check_holds(record: ScanRecord, place: S3Uri) -> None:
    inside = record.place.bucket == place.bucket and place.key.startswith(record.place.key)
    if not inside:
        raise UsageError(
            f"scan `{record.scan_id}` covers {record.place}, which does not contain {place}",
            remedy="`s3nav --headless scan list` lists all scans",
        )


def _filters(typed: FindArgs, today: date) -> Filters:
    if typed["date_from"] == "modified" and typed["date_pattern"]:
        raise UsageError("--date-pattern needs dates in keys", remedy="add --date-from key")
    return Filters(
        extensions=tuple(as_suffixes(typed["extensions"])),
        include=typed["include"],
        exclude=typed["exclude"],
        include_regex=typed["include_regex"],
        exclude_regex=typed["exclude_regex"],
        min_size_bytes=typed["min_size"],
        max_size_bytes=typed["max_size"],
        storage_classes=tuple(name.upper() for name in typed["storage_classes"]),
        start_date=first_day(typed["start_date"], typed["end_date"], typed["last_days"], today),
        end_date=typed["end_date"],
        date_from=typed["date_from"] or ("key" if typed["date_pattern"] else "modified"),
        date_pattern=typed["date_pattern"] or "",
    )
