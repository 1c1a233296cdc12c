"""``scan``: count a place and keep the counts; show and compare kept counts."""

from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from typing import ClassVar, TypeVar

import click

from s3nav.browse import Counted, ScanRequest, ScanState
from s3nav.cli.lazy_commands import (
    SIZE_FLAG,
    CommandRow,
    Commands,
    HeadlessCommand,
    LazyGroup,
    setting_option,
)
from s3nav.cli.program import CommandLine
from s3nav.model.errors import EXIT_INTERRUPTED, PartialFailureError, S3NavError, UsageError
from s3nav.model.events import ScanProgress
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.model.waits import ended
from s3nav.present.buckets import (
    SCAN_COLUMNS,
    count_line,
    coverage_words,
    inventory_lines,
    scan_lines,
    scan_row,
)
from s3nav.present.cockpit_opening import Opening

T = TypeVar("T")

PANE = "buckets"
INVENTORY = "--inventory"
_HISTORY = "s3nav.cli.commands.scan.scan_history"
TICK_S = 0.1
STOPPING_S = 30.0
"""Longest wait for requests under way to end after Ctrl-C."""


class _Commands(LazyGroup):
    """The commands below ``scan``; a place in place of a command is counted."""

    table: ClassVar[Commands] = {
        "list": CommandRow(module=f"{_HISTORY}:list_scans", help="list the scans kept", pane=PANE),
        "show": CommandRow(
            module=f"{_HISTORY}:show", help="show the totals of a scan, by prefix", pane=PANE
        ),
        "compare": CommandRow(
            module=f"{_HISTORY}:compare", help="show what changed between two scans"
        ),
        "versions": CommandRow(
            module="s3nav.cli.commands.scan.scan_versions",
            help="show the size and cost of old versions",
        ),
        "export": CommandRow(module=f"{_HISTORY}:export", help="write every object of a scan"),
        "delete": CommandRow(module=f"{_HISTORY}:delete", help="forget scans"),
    }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Allow options before the place too."""
        at = next((at for at in range(len(args)) if self._is_first(args, at)), None)
        if at is not None and args[at].startswith(SCHEME):
            args = [args[at], *args[:at], *args[at + 1 :]]
        elif at is None and args and args[0].startswith("-") and _has_option_of_count(args):
            args = [SCHEME, *args]
        return super().parse_args(ctx, args)

    def _is_first(self, args: list[str], at: int) -> bool:
        """Whether a word is a command or a place; an inventory's manifest is neither."""
        word = args[at]
        is_manifest = at > 0 and args[at - 1] == INVENTORY
        return not is_manifest and (word in self.table or word.startswith(SCHEME))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See LazyGroup; for a bucket without ``s3://`` the remedy has the right command."""
        try:
            return super().resolve_command(ctx, args)
        except UsageError as error:
            if error.remedy.startswith("did you mean"):
                raise
            raise UsageError(
                f"`{args[0]}` is neither a place nor a command of scan",
                remedy=f"to count a bucket: `{command('scan', SCHEME + args[0])}`",
            ) from error


scan = _Commands("scan", help="Count a place (`scan s3://bucket/prefix`), or show kept counts.")


def _has_option_of_count(words: Sequence[str]) -> bool:
    names = {name for param in count.params for name in param.opts if name.startswith("-")}
    return any(word.partition("=")[0] in names for word in words)


def _place(text: str) -> S3Uri | None:
    """Parse a place; None for ``s3://``, which stands for no place before ``--inventory``."""
    return None if text == SCHEME else S3Uri.parse(text)


class _Count(HeadlessCommand):
    """Counts a place; the cockpit cannot read inventories."""

    def invoke(self, ctx: click.Context) -> None:
        """See HeadlessCommand; with an inventory it never opens the cockpit."""
        if ctx.params["inventory"] is not None:
            click.Command.invoke(self, ctx)
        else:
            super().invoke(ctx)


@click.command("s3://…", cls=_Count)
@click.argument("place", type=_place)
@click.option(
    INVENTORY, metavar="MANIFEST", help="count from an S3 Inventory: path or s3:// of manifest.json"
)
@click.option("--fresh", is_flag=True, help="count again, even if a recent scan is kept")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def count(
    line: CommandLine,
    place: S3Uri | None,
    *,
    inventory: str | None,
    fresh: bool,
    requester_pays: bool,
) -> None:
    """Count everything below a place; the same command again resumes."""
    counted: Counted | None
    if inventory is not None:
        counted = count_manifest(line, inventory, place, requester_pays=requester_pays)
    elif place is not None:
        counted = count_place(line, place, fresh=fresh, requester_pays=requester_pays)
    else:
        raise UsageError("no place to count was named", remedy=f"name one: {SCHEME}bucket/prefix")
    if counted is None:
        return
    record, now = counted.record, line.program.now()
    style = line.session.settings.size_format
    if line.output.format is None:
        for text in scan_lines(record, style, now):
            line.output.line(text)
    else:
        line.output.row(SCAN_COLUMNS, scan_row(record, style, now))
    problem = problem_of(line, counted)
    if problem is not None:
        raise problem


count.params.append(setting_option(SIZE_FLAG))


def _in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """The totals of the place, from its newest scan or a new one."""
    opening = Opening(
        place=context.params["place"], overlay="scan", counts=context.params["fresh"] is True
    )
    return opening, frozenset({"place", "fresh"})


count.pane, count.opens = PANE, _in_cockpit
scan.at_place = count


def count_place(
    line: CommandLine, place: S3Uri, *, fresh: bool = False, requester_pays: bool = False
) -> Counted:
    """Count a place, or return a scan that is recent enough, with a notice. Raises S3NavError.

    After Ctrl-C the scan is partial, and the exit code is set.
    """
    scans = line.session.scans()
    counted = _run_with_progress(
        line,
        lambda request: scans.count(place, request, fresh=fresh),
        requester_pays=requester_pays,
        at_stop="stopping; what was listed is kept (Ctrl-C again exits at once)",
    )
    if counted.is_reused:
        age = coverage_words(counted.record.coverage, line.program.now())
        line.narration.say(f"{place} was counted already: {age}; --fresh counts again")
    return counted


def count_manifest(
    line: CommandLine, manifest: str, place: S3Uri | None, *, requester_pays: bool = False
) -> Counted | None:
    """Make a scan from an S3 Inventory, and report what it lacks. Raises S3NavError.

    Returns None after Ctrl-C: nothing is kept, and the exit code is set.
    """
    scans = line.session.scans()
    counted = _run_with_progress(
        line,
        lambda request: scans.count_inventory(manifest, place, request),
        requester_pays=requester_pays,
        at_stop="stopping; nothing of the inventory is kept (Ctrl-C again exits at once)",
    )
    if counted is not None and counted.inventory is not None:
        for text in inventory_lines(counted.inventory, line.program.now()):
            line.narration.say(text)
    return counted


def _run_with_progress(
    line: CommandLine, work: Callable[[ScanRequest], T], *, requester_pays: bool, at_stop: str
) -> T:
    """Run `work` in a thread and show its progress, until it ends or Ctrl-C stops it."""
    stop = Flag()
    request = ScanRequest(
        is_cancelled=stop.is_set, when_stopped=ScanState.PARTIAL, requester_pays=requester_pays
    )
    stream = line.session.stream
    subscription = stream.subscribe()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="s3nav-count")
    under_way = pool.submit(work, request)
    try:
        while not under_way.done():
            futures.wait({under_way}, TICK_S)
            for event in subscription.drain().events:
                if isinstance(event, ScanProgress):
                    line.narration.progress(count_line(event))
    except KeyboardInterrupt:
        stop.set()
        line.exit_code = EXIT_INTERRUPTED
        line.narration.say(at_stop)
        futures.wait({under_way}, STOPPING_S)
    finally:
        stop.set()
        pool.shutdown(wait=False)
        stream.unsubscribe(subscription)
        line.narration.end_progress()
    return ended(under_way, 0, "the count")


def problem_of(line: CommandLine, counted: Counted) -> S3NavError | None:
    """Return the error for an incomplete count; None if it is complete or was interrupted."""
    record = counted.record
    if record.is_complete:
        return None
    resume_hint = f"`{line.as_headless()}` resumes it"
    if line.exit_code == EXIT_INTERRUPTED:
        line.narration.say(f"interrupted; resume with: {line.as_headless()}")
        return None
    problem = counted.problem
    return PartialFailureError(
        f"{record.place} is not counted completely: {record.reason}",
        remedy=resume_hint if record.may_resume else (problem.remedy if problem else ""),
        context=problem.context if problem else {},
    )
