"""``jobs``: list, resume, retry, move and cancel the jobs of the journal."""

from typing import ClassVar

import click
from msgspec.structs import replace

from s3nav.cli.commands.download import run_job
from s3nav.cli.job_connection import connect_to_job
from s3nav.cli.lazy_commands import (
    CommandRow,
    Commands,
    HeadlessCommand,
    LazyGroup,
    SettingFlag,
    setting_option,
)
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.events import JobState
from s3nav.present.formatting import number_of
from s3nav.present.headless_line import job_line
from s3nav.present.tables import ITEM_COLUMNS, JOB_COLUMNS, Styles, item_row, job_row
from s3nav.transfer import Direction, ItemRecord, ItemState, JobKind, JobRecord

PANE = "transfers"
ITEMS_PER_PAGE = 1000


class _Commands(LazyGroup):
    """The commands below ``jobs``."""

    table: ClassVar[Commands] = {
        "list": CommandRow(module=f"{__name__}:list_jobs", help="list the jobs kept", pane=PANE),
        "show": CommandRow(module=f"{__name__}:show", help="list the files of a job", pane=PANE),
        "resume": CommandRow(
            module=f"{__name__}:resume", help="resume a job", pane=PANE, is_action=True
        ),
        "retry": CommandRow(
            module=f"{__name__}:retry",
            help="retry the failed files of a job",
            pane=PANE,
            is_action=True,
        ),
        "cancel": CommandRow(
            module=f"{__name__}:cancel", help="cancel a job", pane=PANE, is_action=True
        ),
        "move": CommandRow(
            module=f"{__name__}:move", help="move a job in the queue", pane=PANE, is_action=True
        ),
        "command": CommandRow(
            module=f"{__name__}:command",
            help="print a job as a command line",
            pane=PANE,
            is_action=True,
        ),
        "clear": CommandRow(
            module=f"{__name__}:clear", help="forget finished jobs", pane=PANE, is_action=True
        ),
    }


jobs = _Commands("jobs", help="List, resume, retry, move or cancel downloads, uploads and copies.")


@click.command("list", cls=HeadlessCommand)
@click.pass_obj
def list_jobs(line: CommandLine) -> None:
    """List all jobs in the journal."""
    styles = Styles(size=line.session.settings.size_format)
    jobs = (_job(line, job) for job in line.session.transfers().jobs())
    line.show(JOB_COLUMNS, (job_row(job, styles) for job in jobs), none="no job is kept")


@click.command("show", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.option("--state", type=click.Choice([state.value for state in ItemState]))
@click.pass_obj
def show(line: CommandLine, job_id: str, *, state: str | None) -> None:
    """List the files of a job."""
    styles = Styles(size=line.session.settings.size_format)
    transfers = line.session.transfers()
    job = transfers.job(job_id)
    wanted = ItemState(state) if state else None
    pages = (
        transfers.items(job_id, state=wanted, offset=offset, limit=ITEMS_PER_PAGE)
        for offset in range(0, max(job.total_files, 1), ITEMS_PER_PAGE)
    )
    items = (_item(line, item) for page in pages for item in page)
    none = f"no file of {job_id}" + (f" is {state}" if state else "")
    line.show(ITEM_COLUMNS, (item_row(item, styles) for item in items), none=none)


def _job(line: CommandLine, job: JobRecord) -> JobRecord:
    """The job, with this run's connection in the commands that its reason names."""
    return replace(job, reason=line.hint(job.reason))


def _item(line: CommandLine, item: ItemRecord) -> ItemRecord:
    return replace(item, reason=line.hint(item.reason))


@click.command("resume", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.pass_obj
def resume(line: CommandLine, job_id: str) -> None:
    """Resume an unfinished job and run it to its end; uploads and copies need --allow-write."""
    transfers = line.session.transfers()
    job = transfers.job(job_id)
    if job.state is JobState.DONE:
        raise UsageError(f"`{job_id}` is done", remedy="`s3nav --headless jobs list` lists others")
    connect_to_job(line, job, "resume")
    run_job(line, transfers, job_id, is_new=job.state is JobState.PLANNED)


resume.params.append(
    setting_option(SettingFlag(setting="allow_write", names=("--allow-write",), flag_value=True))
)


@click.command("retry", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.pass_obj
def retry(line: CommandLine, job_id: str) -> None:
    """Retry the failed files of a job, and run the rest of it."""
    transfers = line.session.transfers()
    progress = transfers.progress(job_id)
    if progress.failed_files == 0:
        raise UsageError(
            f"no file of `{job_id}` has failed",
            remedy=f"`s3nav --headless jobs show {job_id}` lists them",
        )
    connect_to_job(line, transfers.job(job_id), "retry")
    line.narration.say(f"retrying {number_of(progress.failed_files, 'failed file')}")
    run_job(line, transfers, job_id, is_new=False)


@click.command("cancel", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.pass_obj
def cancel(line: CommandLine, job_id: str) -> None:
    """Cancel a job; complete files stay."""
    transfers = line.session.transfers()
    job = transfers.job(job_id)
    if job.state is JobState.DONE:
        raise UsageError(
            f"`{job_id}` is done", remedy="`s3nav --headless jobs clear` forgets done jobs"
        )
    if job.kind is not JobKind.DOWNLOAD:  # its parts at S3 are removed
        connect_to_job(line, job, "cancel")
    transfers.cancel(job_id)
    line.narration.say(f"{job_id} is cancelled")


@click.command("move", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.argument("direction", type=click.Choice([one.value for one in Direction]))
@click.pass_obj
def move(line: CommandLine, job_id: str, *, direction: str) -> None:
    """Move a job in the queue; when several jobs run at once, the first gets most of the work."""
    place, number = line.session.transfers().move(job_id, Direction(direction))
    line.narration.say(f"{job_id} is {place} of {number} in the queue")


@click.command("command", cls=HeadlessCommand)
@click.argument("job_id", metavar="JOB")
@click.pass_obj
def command(line: CommandLine, job_id: str) -> None:
    """Print an equivalent command line of a job, with the job's connection."""
    job = line.session.transfers().job(job_id)
    if not job.words:
        raise UsageError(
            f"the command line of `{job_id}` is not known: an earlier version planned it, or it"
            " uploaded standard input",
            slug="no-command",
        )
    line.output.line(job_line(job.words, job.connection, line.session.settings, line.connection))


@click.command("clear", cls=HeadlessCommand)
@click.pass_obj
def clear(line: CommandLine) -> None:
    """Forget jobs that are done or cancelled; their files stay."""
    transfers = line.session.transfers()
    removed = transfers.remove_leftovers()
    if removed:
        line.narration.say(f"removed the parts of {number_of(removed, 'unfinished upload')}")
    line.narration.say(f"{number_of(transfers.clear_done(), 'job')} forgotten")


clear.params.append(
    setting_option(SettingFlag(setting="allow_write", names=("--allow-write",), flag_value=True))
)
