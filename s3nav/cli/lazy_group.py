"""Commands that are imported only when they are run, and know their pane of the cockpit."""

import importlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar

import click
import msgspec

from s3nav.cli.cockpit_args import Opens, opening_of
from s3nav.cli.options import global_options
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME
from s3nav.model.text.plain_messages import nearest

AT_PLACE = "open"
"""The name of the command that a place stands for; it is in no table."""
_AT_PLACE_PIECES = "[OPTIONS] PLACE"


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a command table."""

    module: str
    """Where the function of the same name as the command is; ``:name`` behind it for another."""
    help: str
    """The line in the list of commands."""
    pane: str | None = None
    """The pane that does the same in the cockpit; None for a command without one."""
    does: bool = False
    """True when it does something that opening its pane does not."""


Commands = Mapping[str, CommandRow]


class HeadlessCommand(click.Command):
    """A command that takes the global options too, and opens the cockpit unless headless."""

    pane: str | None = None
    """From the table of commands."""
    does = False
    """From there too."""

    opens: Opens | None = None
    """What of its parameters the cockpit shows; None: the first place."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Own parameters and the global ones; an own option goes before a global namesake."""
        own = super().get_params(ctx)
        taken = {name for param in own for name in param.opts}
        return [*own, *(each for each in global_options() if taken.isdisjoint(each.opts))]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is typed: a command that a place stands for has no name."""
        formatter.write_usage(typed_path(ctx), " ".join(self.collect_usage_pieces(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Own options only; the global ones are listed once, by ``s3nav --help``."""
        _write_own_options(self.params, ctx, formatter)

    def invoke(self, ctx: click.Context) -> None:
        """Run it, or show the cockpit at the place it was given."""
        line = ctx.find_object(CommandLine)
        if line is None or line.headless or self.pane is None:
            super().invoke(ctx)
        else:
            line.open_cockpit(
                opening_of(line, ctx, opens=self.opens, does=self.does, pane=self.pane)
            )


class CockpitPlace(click.Command):
    """``s3nav s3://bucket/prefix``: the cockpit at that place."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Own parameters and the global ones."""
        return [*super().get_params(ctx), *global_options()]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See HeadlessCommand."""
        formatter.write_usage(typed_path(ctx), " ".join(self.collect_usage_pieces(ctx)))


class LazyGroup(click.Group):
    """A group whose help is a table, so that listing the commands imports none of them."""

    table: ClassVar[Commands] = MappingProxyType({})
    foreign: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Commands of other tools, and what to do instead."""
    at_place: click.Command | None = None
    """What runs when a place stands where a command would."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for one that is not in the table."""
        row = self.table.get(cmd_name)
        return None if row is None else load_command(row, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or take a place as one. Raises UsageError naming the nearest."""
        name = args[0]
        if self.at_place is not None and name.startswith(SCHEME):
            return AT_PLACE, self.at_place, args
        if name not in self.table:
            raise UsageError(
                f"no command `{name}`",
                remedy=self.foreign.get(name)
                or nearest(name, self.table)
                or f"`{ctx.command_path} --help` lists them",
            )
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; without one, show the help, also when options were typed."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if error.ctx is ctx and ctx.invoked_subcommand is None:
                raise click.exceptions.NoArgsIsHelpError(ctx) from error
            raise

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Own parameters and the global ones."""
        return [*super().get_params(ctx), *global_options()]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is typed: with a command, and where one may stand in its stead, with a place."""
        super().format_usage(ctx, formatter)
        if self.at_place is not None:
            below = " " * len("Usage: ")
            formatter.write_usage(ctx.command_path, _AT_PLACE_PIECES, prefix=below)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands first; the global options in the outermost group alone."""
        self.format_commands(ctx, formatter)
        at_place = self.at_place.params if self.at_place is not None else []
        more = global_options() if ctx.parent is None else ()
        shown = [*self.params, *at_place, *more]
        _write_own_options(shown, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, nothing imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in self.table.items()])


def commands_with(group: LazyGroup, option: str, above: str = "") -> Iterator[str]:
    """The commands that have an option of their own, as they are typed; imports them all."""
    for name, row in group.table.items():
        command = load_command(row, name)
        typed = above + name
        at_place = command.at_place if isinstance(command, LazyGroup) else None
        if any(_has(each, option) for each in (command, at_place)):
            yield typed
        if isinstance(command, LazyGroup):
            yield from commands_with(command, option, typed + " ")


def _has(command: click.Command | None, option: str) -> bool:
    return command is not None and any(option in param.opts for param in command.params)


def typed_path(context: click.Context) -> str:
    """What is typed before the options and words of a command; nothing names one at a place."""
    if context.info_name == AT_PLACE and context.parent is not None:
        context = context.parent
    return context.command_path


def load_command(row: CommandRow, name: str) -> click.Command | None:
    """Import the command `name` of its module, and tell it its pane."""
    module, _, attribute = row.module.partition(":")
    found = vars(importlib.import_module(module)).get(attribute or name)
    if isinstance(found, HeadlessCommand):
        found.pane, found.does = row.pane, row.does
    return found if isinstance(found, click.Command) else None


def _write_own_options(
    params: list[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    records = [param.get_help_record(ctx) for param in params if isinstance(param, click.Option)]
    shown = [record for record in records if record is not None]
    if shown:
        with formatter.section("Options"):
            formatter.write_dl(shown)
    if ctx.parent is not None:
        formatter.write_paragraph()
        formatter.write_text("Global options work here as well: see `s3nav --help`.")
