"""``scan``: count a place and keep the count; look into kept counts, and compare them."""

from collections.abc import Sequence
from typing import ClassVar

import click

from s3nav.browse import Counted
from s3nav.cli.lazy_commands import (
    SIZE_FLAG,
    CommandRow,
    Commands,
    HeadlessCommand,
    LazyGroup,
    setting_option,
)
from s3nav.cli.program import CommandLine
from s3nav.cli.scan_progress import count_manifest, count_place, problem_of
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.text.plain_messages import command
from s3nav.present.buckets import SCAN_COLUMNS, scan_lines, scan_row
from s3nav.present.cockpit_opening import Opening

PANE = "buckets"
INVENTORY = "--inventory"
_HISTORY = "s3nav.cli.commands.scans.scan_history"


class _Commands(LazyGroup):
    """The commands below ``scan``; a place in their stead is counted."""

    table: ClassVar[Commands] = {
        "list": CommandRow(module=f"{_HISTORY}:list_scans", help="scans kept", pane=PANE),
        "show": CommandRow(module=f"{_HISTORY}:show", help="totals of one, by prefix", pane=PANE),
        "compare": CommandRow(module=f"{_HISTORY}:compare", help="what changed between two"),
        "versions": CommandRow(
            module="s3nav.cli.commands.scans.scan_versions", help="what old versions hold, and cost"
        ),
        "export": CommandRow(module=f"{_HISTORY}:export", help="every object of one"),
        "delete": CommandRow(module=f"{_HISTORY}:delete", help="forget some"),
    }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let options stand before the place as well as behind it."""
        at = next((at for at in range(len(args)) if self._is_first(args, at)), None)
        if at is not None and args[at].startswith(SCHEME):
            args = [args[at], *args[:at], *args[at + 1 :]]
        elif at is None and args and args[0].startswith("-") and _has_option_of_count(args):
            args = [SCHEME, *args]
        return super().parse_args(ctx, args)

    def _is_first(self, args: list[str], at: int) -> bool:
        """Whether a word is a command or a place; the manifest of an inventory is none."""
        word = args[at]
        is_manifest = at > 0 and args[at - 1] == INVENTORY
        return not is_manifest and (word in self.table or word.startswith(SCHEME))

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
                remedy=f"to count a bucket: `{command('scan', SCHEME + args[0])}`",
            ) from error


@click.group("scan", cls=_Commands)
def scan() -> None:
    """Count a place (`scan s3://bucket/prefix`), and look into kept counts."""


def _has_option_of_count(words: Sequence[str]) -> bool:
    names = {name for param in count.params for name in param.opts if name.startswith("-")}
    return any(word.partition("=")[0] in names for word in words)


def _place(text: str) -> S3Uri | None:
    """A place; None for none, as before an inventory of a whole bucket."""
    return None if text == SCHEME else S3Uri.parse(text)


class _Count(HeadlessCommand):
    """Counts; the cockpit lists places and reads no inventories."""

    def invoke(self, ctx: click.Context) -> None:
        """See HeadlessCommand; an inventory is always read here."""
        if ctx.params["inventory"] is not None:
            click.Command.invoke(self, ctx)
        else:
            super().invoke(ctx)


@click.command("s3://…", cls=_Count)
@click.argument("place", type=_place)
@click.option(
    INVENTORY, metavar="MANIFEST", help="count from an S3 Inventory: path or s3:// of manifest.json"
)
@click.option("--fresh", is_flag=True, help="count again, whatever is kept")
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
    """Count all below a place; the same command again goes on where it stopped."""
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
    """The totals of the place: of its newest scan, or of one made now."""
    opening = Opening(
        place=context.params["place"], overlay="scan", counts=context.params["fresh"] is True
    )
    return opening, frozenset({"place", "fresh"})


count.pane, count.opens = PANE, _in_cockpit
scan.at_place = count
