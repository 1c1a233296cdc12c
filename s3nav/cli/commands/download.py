"""``download``: plan, fetch and verify objects; the same command again resumes."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from s3nav.cli.arguments import (
    DOWNLOAD_FLAGS,
    PRICE_FLAGS,
    SELECTION_OPTIONS,
    DownloadArgs,
    SelectionCommand,
    as_dollars,
    cost_of_plan,
    costs_of_job,
    make_selection,
    names_a_source,
    open_selection,
    report_inventory,
)
from s3nav.cli.job_connection import report_unknown
from s3nav.cli.job_progress import JobWatcher
from s3nav.cli.lazy_commands import setting_option
from s3nav.cli.program import CommandLine
from s3nav.cli.report_files import ReportFiles
from s3nav.model.errors import (
    EXIT_INTERRUPTED,
    PartialFailureError,
    RetryLaterError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.present.cockpit_opening import Opening
from s3nav.present.formatting import Row, number_of, size
from s3nav.present.tables import REPORT_COLUMNS, report_row
from s3nav.present.transfers import (
    DECISION_COLUMNS,
    PREVIEW_COLUMNS,
    believed_line,
    choice_lines,
    decision_row,
    preview_lines,
    preview_row,
    summary_lines,
)
from s3nav.transfer import EXISTING_REASON, JobKind, JobReport, PlanWriter, Preview, Selection

if TYPE_CHECKING:  # a dry run loads no engine
    from s3nav.transfer import Transfers

STOPPING_S = 10.0
"""Longest wait for running parts to end after Ctrl-C."""


@click.command("download", cls=SelectionCommand)
@click.argument("places", metavar="[SOURCE]…", nargs=-1, type=S3Uri.parse)
@click.option("--dry-run", is_flag=True, help="show what would be downloaded, and download nothing")
@click.option(
    "--write-plan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="with --dry-run: write the plan, for --plan",
)
@click.option(
    "--import-resume",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="import a download_resume.json; found by itself in DIR",
)
@click.option("--resume/--no-resume", default=True, help="resume an unfinished download")
@click.option("--decompress", is_flag=True, help="decompress .gz .zst .lz4 .bz2, without suffix")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write a JSON line for each object",
)
@click.option(
    "--failed",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="write failed objects as a manifest",
)
@click.option(
    "--budget",
    type=as_dollars,
    metavar="USD",
    help="pause before the cost exceeds this; it can be resumed",
)
@click.option("-y", "--yes", is_flag=True, help="do not ask before taking all buckets")
@click.pass_obj
def download(line: CommandLine, **typed: Unpack[DownloadArgs]) -> None:
    """Download objects to DIR/bucket/key and verify them; the same command again resumes.

    SOURCE is s3://bucket/prefix/, an object, a glob or a bucket. Default: the buckets
    in the settings, or all that the credentials may list.
    """
    if typed["write_plan"] and not typed["dry_run"]:
        raise UsageError("--write-plan writes what --dry-run decides", remedy="add --dry-run")
    selection = make_selection(line, typed)
    files = None
    if typed["report"] or typed["failed"]:
        files = ReportFiles(report=typed["report"], failed=typed["failed"])
        files.check(dry_run=typed["dry_run"])
    if typed["dry_run"]:
        _preview(line, selection, typed)
        return
    if not (typed["yes"] or names_a_source(line, typed) or _is_agreed(line, selection)):
        line.narration.say("nothing was downloaded")
        line.exit_code = EXIT_INTERRUPTED
        return
    job_id, is_new = _plan(line, selection, typed)
    more = None
    if not is_new and selection.is_listed:
        more = partial(_plan_more, line, selection, job_id, typed["budget"])
    _run(line, selection, job_id, is_new=is_new, files=files, more=more)


download.params += SELECTION_OPTIONS
download.params += [setting_option(flag) for flag in (*DOWNLOAD_FLAGS, *PRICE_FLAGS)]


def _in_cockpit(line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    is_dry = context.params["dry_run"] is True
    opening, applied = open_selection(line, context, overlay="cost" if is_dry else "download")
    return opening, applied | {"dry_run"} if opening.selection else applied


download.opens = _in_cockpit


def _preview(line: CommandLine, selection: Selection, typed: DownloadArgs) -> None:
    """Show the plan: as rows in a format of rows, otherwise its totals."""
    preview, plan_file = Preview(), typed["write_plan"]
    style = line.session.settings.size_format
    with ExitStack() as opened:
        writer = PlanWriter(plan_file, line.session.connection()) if plan_file else None
        if writer is not None:
            opened.callback(writer.close)

        def decisions() -> Iterator[Row]:
            for items in line.session.plan_reader().read(selection, preview):
                if writer is not None:
                    writer.add(items)
                if has_rows:
                    yield from (decision_row(item, selection.target, style) for item in items)

        has_rows = line.output.format not in {None, "json"}
        if has_rows:
            line.output.rows(DECISION_COLUMNS, decisions())
        else:
            deque(decisions(), maxlen=0)
        if writer is not None:
            writer.finish()
    report_inventory(line, selection.inventory)
    pays = selection.requester_pays
    cost = cost_of_plan(line, preview.asked, typed["budget"], requester_pays=pays)
    is_json = line.output.format == "json"
    lines = choice_lines(preview.stats) if is_json else preview_lines(preview, cost, style)
    write_line = line.narration.say if has_rows or is_json else line.output.line
    for text in lines:
        write_line(text)
    if is_json:
        line.output.row(PREVIEW_COLUMNS, preview_row(preview, cost))


def _is_agreed(line: CommandLine, selection: Selection) -> bool:
    """Ask before downloading from all buckets; True without a terminal."""
    stdin = line.program.stdin
    if stdin is None or not stdin.isatty():
        return True
    return line.narration.ask(
        f"download all {len(selection.sources)} sources to {selection.target}?", stdin
    )


def _plan(line: CommandLine, selection: Selection, typed: DownloadArgs) -> tuple[str, bool]:
    """Return the job to run, and whether it is new. Raises BudgetError before any download."""
    transfers, budget = line.session.transfers(), typed["budget"]

    def agree(preview: Preview) -> None:
        if budget is not None:
            pays = selection.requester_pays
            cost_of_plan(line, preview.asked, budget, requester_pays=pays)

    unfinished = transfers.find_resumable(selection) if typed["resume"] else None
    preview = Preview()
    job = unfinished or transfers.plan(selection, preview, agree=agree)
    if unfinished is None:
        report_inventory(line, selection.inventory)
    else:
        report_unknown(line, unfinished)
    if budget is not None:
        line.session.limit(job.job_id, budget)
    for text in choice_lines(preview.stats):
        line.narration.say(text)
    believed = preview.reasons.get(EXISTING_REASON, 0)
    if believed and not transfers.targets.is_known(selection.target):
        line.narration.say(believed_line(believed))
    verb = "resuming" if unfinished else "found"
    objects = number_of(job.total_files, "object")
    total_size = size(job.total_bytes, line.session.settings.size_format)
    line.narration.say(f"{verb} {objects} to download, {total_size}")
    return job.job_id, unfinished is None


def _plan_more(
    line: CommandLine, selection: Selection, job_id: str, budget: Decimal | None
) -> bool:
    """List again after an unfinished job has ended, as it was planned before; True: more to do."""
    line.narration.say("listing again for what is new since the job was planned")
    preview = line.session.transfers().plan_more(job_id, selection)
    if not preview.fetch_files:
        line.narration.say("nothing new")
        return False
    if budget is not None:
        line.session.limit(job_id, budget)
    objects = number_of(preview.fetch_files, "new object")
    total_size = size(preview.fetch_bytes, line.session.settings.size_format)
    line.narration.say(f"found {objects} to download, {total_size}")
    return True


def _run(
    line: CommandLine,
    selection: Selection,
    job_id: str,
    *,
    is_new: bool,
    files: ReportFiles | None,
    more: Callable[[], bool] | None,
) -> None:
    """Run the job; a shard that may succeed later ends with RetryLaterError, for its scheduler."""
    transfers = line.session.transfers()
    try:
        run_job(line, transfers, job_id, is_new=is_new, files=files, more=more)
    except (UnavailableError, PartialFailureError) as error:
        is_lasting = isinstance(error, PartialFailureError) and not error.may_succeed_later
        if selection.shard is None or is_lasting:
            raise
        raise RetryLaterError(error.message, remedy=error.remedy, context=error.context) from error
    if selection.shard is not None and line.exit_code == EXIT_INTERRUPTED:
        line.exit_code = RetryLaterError.exit_code


def run_job(
    line: CommandLine,
    transfers: "Transfers",
    job_id: str,
    *,
    is_new: bool,
    files: ReportFiles | None = None,
    more: Callable[[], bool] | None = None,
) -> None:
    """Run a planned or unfinished job until it ends. Raises its error unless it succeeds.

    `more` is called when it is done, and may add to the job.
    """
    watch = JobWatcher(line, transfers, job_id)
    earlier: JobReport | None = None
    no_more: S3NavError | None = None
    try:
        if is_new:
            transfers.start(job_id)
        else:
            transfers.resume(job_id)
        watch.follow()
        if more is not None and transfers.job(job_id).state is JobState.DONE:
            done = transfers.report(job_id)
            try:
                if more():
                    earlier = done
                    transfers.start(job_id)
                    watch.follow()
            except S3NavError as error:
                no_more = error
    except KeyboardInterrupt:
        _stop(line, transfers, job_id)
        _write_files(line, files, job_id)
        return
    finally:
        watch.close()
    report = transfers.report(job_id)
    if earlier is not None:
        report = report.after(earlier)
    problem = no_more or watch.problem(report)
    if isinstance(problem, PartialFailureError):
        problem.may_succeed_later = watch.may_succeed_later
    line.exit_code = problem.exit_code if problem else line.exit_code
    _sum_up(line, report, transfers.job(job_id).kind)
    _write_files(line, files, job_id)
    if problem:
        raise problem


def _write_files(line: CommandLine, files: ReportFiles | None, job_id: str) -> None:
    if files is not None:
        files.write(line.session.transfers(), job_id)


def _stop(line: CommandLine, transfers: "Transfers", job_id: str) -> None:
    line.narration.say("stopping; complete files are kept (Ctrl-C again exits at once)")
    transfers.pause(job_id)
    transfers.wait(job_id, STOPPING_S)
    line.exit_code = EXIT_INTERRUPTED
    _sum_up(line, transfers.report(job_id), transfers.job(job_id).kind)
    # With `--no-resume` the same command would begin a new job.
    words = tuple(word for word in line.arguments if word != "--no-resume")
    line.narration.say(f"interrupted; resume with: {line.as_headless(words)}")


def _sum_up(line: CommandLine, report: JobReport, kind: JobKind) -> None:
    costs = costs_of_job(line, report.job) if kind is JobKind.DOWNLOAD else None
    write_line = line.output.line if line.output.format in {None, "table"} else line.narration.say
    for text in summary_lines(report, kind=kind):
        write_line(text)
    for text in costs.lines() if costs else ():
        write_line(text)
    if line.output.format not in {None, "table"}:
        line.output.row(REPORT_COLUMNS, report_row(report, costs))
