"""``availability``: which days of a dataset's path sets exist, and which are missing."""

from collections.abc import Iterator
from datetime import date
from typing import TypedDict, Unpack

import click

from s3nav.browse import Availability, DayCount, DaySpan
from s3nav.cli.arguments import DATE_OPTIONS, first_day
from s3nav.cli.lazy_commands import SIZE_FLAG, HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import PartialFailureError, S3NavError, UsageError
from s3nav.present.buckets import (
    AVAILABILITY_COLUMNS,
    DAY_COLUMNS,
    availability_row,
    day_rows,
    source_of_dates,
)
from s3nav.present.formatting import Row, about, number_of
from s3nav.settings import Dataset
from s3nav.transfer import (
    ChangeDays,
    DateFrom,
    DaysOfPaths,
    PathSet,
    days_of_paths,
    find_dataset,
    path_sets,
)


class AvailabilityArgs(TypedDict):
    """The arguments of ``availability``."""

    dataset: str | None
    paths: tuple[str, ...]
    by_day: bool
    requester_pays: bool
    start_date: date | None
    end_date: date | None
    last_days: int | None
    date_from: DateFrom | None
    date_pattern: str | None


@click.command("availability", cls=HeadlessCommand)
@click.argument("dataset", required=False, metavar="[DATASET]")
@click.option("--paths", multiple=True, metavar="NAME,…|all", help="path sets; default: all")
@click.option("--by-day", is_flag=True, help="a row for each day, including days without objects")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def availability(line: CommandLine, **typed: Unpack[AvailabilityArgs]) -> None:
    """List a dataset; show objects, bytes, first, last and missing days of each path set."""
    dataset = find_dataset(line.session.settings.datasets, typed["dataset"])
    names = [name.strip() for text in typed["paths"] for name in text.split(",")]
    chosen = path_sets(dataset, [name for name in names if name])
    span = _span(typed, line.program.now().date())
    readers = [days_of_paths(dataset, typed["date_from"], typed["date_pattern"]) for _ in chosen]
    found: list[Availability] = []
    style = line.session.settings.size_format

    def rows() -> Iterator[Row]:
        for path, reader in zip(chosen, readers, strict=True):
            one = _count_days(line, path, reader, span, _requester_pays(dataset, typed))
            found.append(one)
            words = source_of_dates(reader.pattern, in_keys=not isinstance(reader, ChangeDays))
            if typed["by_day"]:
                yield from day_rows(path.name, one, style)
            elif one.complete or one.objects or one.undated.objects:
                yield availability_row(path.name, one, style, words)

    columns = DAY_COLUMNS if typed["by_day"] else AVAILABILITY_COLUMNS
    line.show(columns, list(rows()), none="no object with a date")
    _say_undated(line, chosen, found)
    problem = _problem(chosen, found)
    if problem is not None:
        raise problem


availability.params += [*DATE_OPTIONS, setting_option(SIZE_FLAG)]


def _count_days(
    line: CommandLine, path: PathSet, reader: DaysOfPaths, span: DaySpan, requester_pays: bool
) -> Availability:
    counting = DayCount(
        line.session.store(),
        path.listed,
        reader,
        retry_attempts=line.session.settings.retry_attempts,
        matches=path.matches,
        span=span,
        requester_pays=requester_pays,
    )

    def tick() -> bool:
        line.narration.progress(
            about("Listing ", str(path.place), f": {number_of(counting.objects, 'object')} so far")
        )
        return False

    try:
        return counting.run(tick)
    finally:
        line.narration.end_progress()


def _requester_pays(dataset: Dataset, typed: AvailabilityArgs) -> bool:
    return typed["requester_pays"] or dataset.requester_pays


def _span(typed: AvailabilityArgs, today: date) -> DaySpan:
    """The span of days; ``--last-days`` ends today. Raises UsageError."""
    start = first_day(typed["start_date"], typed["end_date"], typed["last_days"], today)
    end = today if typed["last_days"] else typed["end_date"]
    if start and end and start > end:
        raise UsageError(f"start date {start} is after end date {end}", slug="bad-dates")
    return DaySpan(start=start, end=end)


def _say_undated(line: CommandLine, chosen: tuple[PathSet, ...], found: list[Availability]) -> None:
    for path, one in zip(chosen, found, strict=True):
        if one.undated.objects:
            many = number_of(one.undated.objects, "object")
            line.narration.warn(
                f"{path.name}: {many} without a date; "
                "set --date-pattern for dates in keys, or use --date-from modified"
            )


def _problem(chosen: tuple[PathSet, ...], found: list[Availability]) -> S3NavError | None:
    """The error if a path set was not listed completely; None if all were."""
    broken = [(path, one.problem) for path, one in zip(chosen, found, strict=True) if one.problem]
    if not broken:
        return None
    first = broken[0][1]
    if not any(one.complete or one.objects or one.undated.objects for one in found):
        return first
    names = ", ".join(path.name for path, _ in broken)
    return PartialFailureError(
        f"not listed completely: {names}: {first.reference}: {first.message}",
        remedy=first.remedy,
        context=first.context,
    )
