"""``scan list|show|compare|export|delete``: work with the scans that are kept."""

from collections.abc import Iterator

import click

from s3nav.browse import PrefixTotal, ScanRecord, Scans
from s3nav.cli.lazy_commands import SIZE_FLAG, HeadlessCommand, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.present.buckets import (
    CHANGE_COLUMNS,
    COMPARISON_COLUMNS,
    HISTORY_COLUMNS,
    PREFIX_COLUMNS,
    band_lines,
    biggest_changes,
    change_row,
    comparison_lines,
    comparison_row,
    cost_lines,
    history_row,
    months_of,
    prefix_row,
    scan_lines,
)
from s3nav.present.cockpit_opening import Opening
from s3nav.present.formatting import Row
from s3nav.present.tables import OBJECT_COLUMNS, Styles, object_row

LARGEST_SHOWN = 10
CHANGES_SHOWN = 20
NO_SCANS = "no scan is kept"


@click.command("list", cls=HeadlessCommand)
@click.argument("place", required=False, type=S3Uri.parse, metavar="[S3://BUCKET/PREFIX]")
@click.pass_obj
def list_scans(line: CommandLine, place: S3Uri | None) -> None:
    """List the scans of one place or all, newest first."""
    style, now = line.session.settings.size_format, line.program.now()
    records = line.session.scans().history(place)
    rows = (history_row(record, style, now) for record in records)
    line.show(HISTORY_COLUMNS, rows, none=f"no scan of {place} is kept" if place else NO_SCANS)


def _history_in_cockpit(
    _line: CommandLine, context: click.Context
) -> tuple[Opening, frozenset[str]]:
    place: S3Uri | None = context.params["place"]
    return Opening(place=place, overlay="history" if place else ""), frozenset({"place"})


list_scans.opens = _history_in_cockpit


@click.command("show", cls=HeadlessCommand)
@click.argument("scan", metavar="SCAN|S3://PLACE")
@click.option("--depth", type=click.IntRange(min=1), default=1, help="levels below the place")
@click.option(
    "--top", type=click.IntRange(min=1), help="show only this many prefixes, largest first"
)
@click.option("--prefix", default="", help="only what is below this prefix, e.g. logs/2026/")
@click.pass_obj
def show(line: CommandLine, scan: str, *, depth: int, top: int | None, prefix: str) -> None:
    """Show totals by prefix; without --output also by class, size and age, and large objects."""
    scans = line.session.scans()
    record = find_scan(scans, scan)
    style, now = line.session.settings.size_format, line.program.now()
    rows = _prefix_rows(scans, record, prefix, depth, top, style)
    none = f"nothing below {record.place}{prefix and f' in {prefix}'}"
    if line.output.format is not None:
        line.show(PREFIX_COLUMNS, rows, none=none)
        _warn_if_incomplete(line, record)
        return
    for text in scan_lines(record, style, now):
        line.output.line(text)
    for title, bands, is_age in (
        ("by size", record.by_size, False),
        ("by age, when it was scanned", record.by_age, True),
    ):
        line.output.line(title)
        for text in band_lines(bands, style, is_age=is_age):
            line.output.line(text)
    line.output.line("largest objects")
    for found in record.largest[:LARGEST_SHOWN]:
        line.output.line(f"  {found.size_bytes:>18,} B  {found.key}")
    line.output.line("by prefix")
    line.show(PREFIX_COLUMNS, rows, none=none)


def _prefix_rows(
    scans: Scans, record: ScanRecord, prefix: str, depth: int, top: int | None, style: str
) -> Iterator[Row]:
    """The prefixes down to a depth; with `top` the largest of them, largest first."""
    root = record.place.key[: record.place.key.rfind("/") + 1]
    below = prefix or root
    depth_below = below.count("/")
    found: Iterator[PrefixTotal] = (
        total
        for total in scans.totals(record.scan_id)
        if total.prefix.startswith(below) and total.prefix.count("/") - depth_below <= depth
    )
    chosen = list(found)
    if prefix and not chosen:
        raise NotFoundError(
            f"scan `{record.scan_id}` has no prefix `{prefix}`",
            remedy=f"`{command('scan', 'show', record.scan_id)}` lists them",
        )
    if top is not None:
        chosen = [total for total in chosen if total.prefix != below]
        chosen = sorted(chosen, key=lambda total: -total.size_bytes)[:top]
    return (prefix_row(total, record.size_bytes, style) for total in chosen)


def _show_in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    word = context.params["scan"]
    if not word.startswith(SCHEME):
        return Opening(), frozenset()
    return Opening(place=S3Uri.parse(word), overlay="scan"), frozenset({"scan"})


show.opens = _show_in_cockpit


@click.command("compare", cls=HeadlessCommand)
@click.argument("first", metavar="BEFORE|S3://PLACE")
@click.argument("second", metavar="[AFTER]", required=False)
@click.option("--depth", type=click.IntRange(min=0), default=1, help="directory levels to show")
@click.pass_obj
def compare(line: CommandLine, first: str, second: str | None, *, depth: int) -> None:
    """Show what was added, removed or changed between two scans, or since the scan before."""
    scans = line.session.scans()
    before, after = _pair(scans, first, second)
    found = scans.compare(before.scan_id, after.scan_id, depth=depth)
    costs = months_of(scans, line.session.estimator(), found)
    style = line.session.settings.size_format
    rows = [change_row(prefix, change, style) for prefix, change in biggest_changes(found)]
    if line.output.format == "json":
        line.output.row(COMPARISON_COLUMNS, comparison_row(found, costs))
        return
    write_line = line.output.line if line.output.format is None else line.narration.say
    for text in (*comparison_lines(found, style), *cost_lines(costs)):
        write_line(text)
    if line.output.format is not None:
        line.show(CHANGE_COLUMNS, rows, none="nothing has changed")
    elif rows:
        line.output.rows(CHANGE_COLUMNS, rows[:CHANGES_SHOWN])
        if len(rows) > CHANGES_SHOWN:
            line.output.line(
                f"and {len(rows) - CHANGES_SHOWN:,} more; --output csv writes all of them"
            )


@click.command("export", cls=HeadlessCommand)
@click.argument("scan", metavar="SCAN|S3://PLACE")
@click.pass_obj
def export(line: CommandLine, scan: str) -> None:
    """Write every object of a scan in key order: --output csv, jsonl, json or table."""
    scans = line.session.scans()
    record = find_scan(scans, scan)
    styles = Styles(size=line.session.settings.size_format)
    rows = (
        object_row(fact, styles, shown_key=fact.key)
        for page in scans.pages(record.scan_id)
        for fact in page.facts()
    )
    line.show(OBJECT_COLUMNS, rows, none=f"no object in scan {record.scan_id}")
    _warn_if_incomplete(line, record)


@click.command("delete", cls=HeadlessCommand)
@click.argument("chosen", metavar="SCAN|S3://PLACE…", nargs=-1, required=True)
@click.pass_obj
def delete(line: CommandLine, chosen: tuple[str, ...]) -> None:
    """Forget scans (of a place: its newest complete one); objects in S3 stay."""
    scans = line.session.scans()
    records = {r.scan_id: r for r in (find_scan(scans, word) for word in chosen)}
    for record in records.values():
        scans.delete(record.scan_id)
        line.narration.say(f"{record.scan_id} of {record.place} is forgotten")


def find_scan(scans: Scans, word: str) -> ScanRecord:
    """A scan by its id, or the newest of a place, preferably complete. Raises NotFoundError."""
    if not word.startswith(SCHEME):
        return scans.record(word)
    place = S3Uri.parse(word)
    kept = scans.history(place)
    if not kept:
        raise _never_counted(place)
    return next((record for record in kept if record.is_complete), kept[0])


def _pair(scans: Scans, first: str, second: str | None) -> tuple[ScanRecord, ScanRecord]:
    """The two scans to compare: those named, or a scan and the complete one before it."""
    if second is not None:
        return find_scan(scans, first), find_scan(scans, second)
    after = find_scan(scans, first)
    before = scans.complete_before(after)
    if before is None:
        raise UsageError(
            f"no complete scan of {after.place} is kept before `{after.scan_id}`",
            remedy=f"`{command('scan', str(after.place), '--fresh')}` makes another scan",
            slug="one-scan",
        )
    return before, after


def _warn_if_incomplete(line: CommandLine, record: ScanRecord) -> None:
    if not record.is_complete:
        line.narration.warn(f"the scan is not complete: {record.reason}")


def _never_counted(place: S3Uri) -> NotFoundError:
    return NotFoundError(
        f"{place} has not been counted", remedy=f"`{command('scan', str(place))}` counts it"
    )


export.params.append(setting_option(SIZE_FLAG))
show.params.append(setting_option(SIZE_FLAG))
compare.params.append(setting_option(SIZE_FLAG))
list_scans.params.append(setting_option(SIZE_FLAG))
