"""``scan``: count a place and keep the count; look into kept counts, and compare them."""

from typing import ClassVar

import click

from s3nav.cli.counting import count_place, problem_of
from s3nav.cli.lazy_group import CommandRow, Commands, HeadlessCommand, LazyGroup
from s3nav.cli.options import SettingFlag, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.present.scans import SCAN_COLUMNS, scan_lines, scan_row

PANE = "buckets"
_HISTORY = "s3nav.cli.commands.scan_history"


class _Commands(LazyGroup):
    """The commands below ``scan``; a place in their stead is counted."""

    table: ClassVar[Commands] = {
        "list": CommandRow(module=f"{_HISTORY}:list_scans", help="scans kept", pane=PANE),
        "show": CommandRow(module=f"{_HISTORY}:show", help="totals of one, by prefix", pane=PANE),
        "compare": CommandRow(module=f"{_HISTORY}:compare", help="what changed between two"),
        "export": CommandRow(module=f"{_HISTORY}:export", help="every object of one"),
        "delete": CommandRow(module=f"{_HISTORY}:delete", help="forget some"),
    }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let options stand before the place as well as behind it."""
        names = [word for word in args if word in self.table or word.startswith(SCHEME)]
        if names and names[0].startswith(SCHEME):
            at = args.index(names[0])
            args = [args[at], *args[:at], *args[at + 1 :]]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See LazyGroup; a bucket without its scheme gets a hint."""
        try:
            return super().resolve_command(ctx, args)
        except UsageError as error:
            if error.remedy.startswith("did you mean"):
                raise
            raise UsageError(
                f"`{args[0]}` is neither a place nor a command of scan",
                remedy=f"to count a bucket: `s3nav --headless scan {SCHEME}{args[0]}`",
            ) from error


@click.group("scan", cls=_Commands)
def scan() -> None:
    """Count a place (`scan s3://bucket/prefix`), and look into kept counts."""


@click.command("s3://…", cls=HeadlessCommand)
@click.argument("place", type=S3Uri.parse)
@click.option("--fresh", is_flag=True, help="count again, whatever is kept")
@click.option("--requester-pays", is_flag=True, help="pay for the requests yourself")
@click.pass_obj
def count(line: CommandLine, place: S3Uri, *, fresh: bool, requester_pays: bool) -> None:
    """Count all below a place; the same command again goes on where it stopped."""
    counted = count_place(line, place, fresh=fresh, requester_pays=requester_pays)
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


SIZE_FLAG = SettingFlag(setting="size_format", names=("-s", "--size_format", "--size-format"))
count.params.append(setting_option(SIZE_FLAG))
if isinstance(count, HeadlessCommand):
    count.pane = PANE
scan.at_place = count
