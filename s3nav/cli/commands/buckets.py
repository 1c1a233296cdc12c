"""``buckets``: creation date, number of files, size and newest file of each bucket."""

import os
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from s3nav.browse import BucketStats, ScanState, count_buckets
from s3nav.cli.cockpit_args import first_place
from s3nav.cli.lazy_commands import HeadlessCommand, SettingFlag, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import (
    EXIT_INTERRUPTED,
    AccessDeniedError,
    LocalDiskError,
    PartialFailureError,
    UsageError,
)
from s3nav.model.events import ScanProgress
from s3nav.model.objects import BucketFact
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.plain_messages import command
from s3nav.model.waits import join
from s3nav.persistence import Directories, make_private_directory, write_atomically
from s3nav.present.buckets import short_age
from s3nav.present.cockpit_opening import Opening
from s3nav.present.tables import STATS_COLUMNS, Styles, stats_lines, stats_row
from s3nav.present.transfers import scan_line

BUCKETS_AT_ONCE = 8
TICK_S = 0.1
SUFFIXES = {"json": ".json", "jsonl": ".jsonl", "csv": ".csv"}


@click.command("buckets", cls=HeadlessCommand)
@click.argument("places", metavar="[BUCKET]…", nargs=-1, type=S3Uri.parse)
@click.option(
    "-t",
    "--show_time_modified",
    "--show-time-modified",
    "with_time",
    is_flag=True,
    help="show the time of day of the newest file too",
)
@click.option(
    "-w",
    "--write_results_to_disk",
    "--write-results-to-disk",
    "to_disk",
    is_flag=True,
    help="also write the output to the results directory",
)
@click.option("--fresh", is_flag=True, help="count again, even if counted recently")
@click.pass_obj
def buckets(
    line: CommandLine, places: tuple[S3Uri, ...], *, with_time: bool, to_disk: bool, fresh: bool
) -> None:
    """Count the named buckets, or all that the credentials may list."""
    settings = line.session.settings
    styles = Styles(size=settings.size_format, date=settings.date_format, with_time=with_time)
    if to_disk:
        line.output.keep_copy()
    chosen = _chosen(line.session.retrying_store(), places)
    counted: list[BucketStats] = []
    try:
        _write(line, _in_order(line, chosen, counted, fresh=fresh), styles)
    except KeyboardInterrupt:
        line.exit_code = EXIT_INTERRUPTED
        line.narration.say(f"interrupted; resume with: {line.as_headless()}")
        return
    line.output.flush()
    _say_ages(line, counted)
    if to_disk:
        _save(line, line.session.directories, line.program.now())
    _raise_for_failures(line, counted, were_named=bool(places))


buckets.params += [
    setting_option(
        SettingFlag(setting="size_format", names=("-s", "--size_format", "--size-format"))
    ),
    setting_option(
        SettingFlag(setting="date_format", names=("-d", "--date_format", "--date-format"))
    ),
]


def _in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """Without a bucket the pane shows all, and counts them again with ``--fresh``."""
    place = first_place(context.params)
    if place is not None:
        return Opening(place=place), frozenset()
    return Opening(counts=context.params["fresh"] is True), frozenset({"fresh"})


buckets.opens = _in_cockpit


class _ProgressLine:
    """Shows the progress line of a count while open; a thread receives the events."""

    def __init__(self, line: CommandLine, total_buckets: int) -> None:
        self._line = line
        self._total_buckets = total_buckets
        self._newest: dict[str, ScanProgress] = {}
        self._ended = threading.Event()
        self._subscription = line.session.stream.subscribe()
        self._thread = threading.Thread(target=self._listen, name="s3nav-count-line", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        join(self._thread)
        self._line.session.stream.unsubscribe(self._subscription)
        self._line.narration.end_progress()

    def _listen(self) -> None:
        while not self._ended.wait(TICK_S):
            self._show()

    def _show(self) -> None:
        for event in self._subscription.drain().events:
            if isinstance(event, ScanProgress):
                self._newest[event.bucket] = event
        if self._newest:
            self._line.narration.progress(scan_line(self._newest.values(), self._total_buckets))


def _chosen(store: ObjectStore, places: Sequence[S3Uri]) -> tuple[BucketFact, ...]:
    """The buckets to count; named ones have the facts of ListBuckets if that is allowed."""
    for place in places:
        if place.key:
            raise UsageError(
                f"`{place}` is not a bucket",
                remedy=f"`{command('ls', str(place), '--recursive')}` lists what is there",
            )
    try:
        listed = store.list_buckets()
    except AccessDeniedError:
        if not places:
            raise
        listed = ()
    if not places:
        return listed
    known = {fact.name: fact for fact in listed}
    names = dict.fromkeys(place.bucket for place in places)
    return tuple(known.get(name, BucketFact(name=name)) for name in names)


def _in_order(
    line: CommandLine, chosen: Sequence[BucketFact], counted: list[BucketStats], *, fresh: bool
) -> Iterator[BucketStats]:
    """Yield counted buckets in the chosen order, each as early as that order allows."""
    live = _ProgressLine(line, len(chosen))
    finished: dict[str, BucketStats] = {}
    waiting = [fact.name for fact in reversed(chosen)]
    scans = count_buckets(
        line.session.scans(),
        chosen,
        at_once=BUCKETS_AT_ONCE,
        fresh=fresh,
        when_stopped=ScanState.PARTIAL,
    )
    with live:
        for stats in scans:
            finished[stats.bucket] = stats
            while waiting and waiting[-1] in finished:
                counted.append(finished.pop(waiting.pop()))
                line.narration.end_progress()
                yield counted[-1]


def _say_ages(line: CommandLine, counted: Sequence[BucketStats]) -> None:
    """Report the age of totals that come from earlier scans."""
    reused = [stats for stats in counted if stats.is_reused]
    for stats in reused:
        age = short_age(stats.scanned_at, line.program.now())
        shown = "a moment" if age == "now" else age
        line.narration.say(f"{stats.bucket} was counted {shown} ago (scan {stats.scan_id})")
    if reused:
        line.narration.say("--fresh counts again")


def _write(line: CommandLine, scans: Iterator[BucketStats], styles: Styles) -> None:
    output = line.output
    if output.format is not None:
        now = line.program.now()
        rows = (stats_row(stats, styles, now) for stats in scans)
        line.show(STATS_COLUMNS, rows, none="no bucket to count")
        return
    for number, stats in enumerate(scans):
        if number:
            output.line()
        for text in stats_lines(stats, styles):
            output.line(text)
        output.flush()


def _save(line: CommandLine, directories: Directories, moment: datetime) -> None:
    suffix = SUFFIXES.get(line.output.format or "", ".txt")
    path = directories.results / f"buckets-{moment:%Y%m%dT%H%M%S}-{os.getpid()}{suffix}"
    try:
        make_private_directory(path.parent)
        write_atomically(path, line.output.copied.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise LocalDiskError(f"cannot write `{path}`: {error.strerror}") from error
    line.narration.say(f"written to {path}")


def _raise_for_failures(
    line: CommandLine, counted: Sequence[BucketStats], *, were_named: bool
) -> None:
    """Raise the error of all buckets if it is the same, else PartialFailureError for some.

    A bucket that may not be listed counts as a failure only if it was named.
    """
    failures = [
        (stats.bucket, stats.problem)
        for stats in counted
        if stats.problem and (were_named or not stats.is_out_of_reach)
    ]
    if not failures:
        return
    problems = [problem for _, problem in failures]
    if len(failures) == len(counted) and len({type(problem) for problem in problems}) == 1:
        raise problems[0]
    for bucket, problem in failures:
        line.narration.say(f"{bucket}: {problem.message}")
    raise PartialFailureError(
        f"{len(failures)} of {len(counted)} buckets could not be counted",
        remedy=problems[0].remedy,
    )
