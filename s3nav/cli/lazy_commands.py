"""Commands that are imported when they are run, and the options that each of them takes.

Every command takes the global options, before it or behind it, and knows its pane of the cockpit.
"""

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

import click
import msgspec
from click.core import ParameterSource

from s3nav.cli.cockpit_args import Opens, opening_of
from s3nav.cli.output import FORMATS, as_format
from s3nav.cli.program import DEMO_RESET, CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME
from s3nav.model.text.plain_messages import nearest
from s3nav.settings import fields

AT_PLACE = "open"
"""The name of the command that runs when only a place is typed; it is in no table."""
_AT_PLACE_PIECES = "[OPTIONS] PLACE"


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a command table."""

    module: str
    """The module with the command's function; ``:name`` after it if the function's name differs."""
    help: str
    """Its line in the list of commands."""
    pane: str | None = None
    """The cockpit's pane for it; None if it has none."""
    is_action: bool = False
    """True if it does something that opening its pane does not do."""


Commands = Mapping[str, CommandRow]


class HeadlessCommand(click.Command):
    """A command that takes the global options too, and opens the cockpit unless headless."""

    pane: str | None = None
    """See `CommandRow`."""
    is_action = False
    """See `CommandRow`."""

    opens: Opens | None = None
    """Turns its parameters into what the cockpit shows; None shows the first place."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Own parameters and the global ones; an own option hides a global one of the same name."""
        own = super().get_params(ctx)
        taken = {name for param in own for name in param.opts}
        return [*own, *(each for each in global_options() if taken.isdisjoint(each.opts))]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line; the command at a place has no name in it."""
        formatter.write_usage(typed_path(ctx), " ".join(self.collect_usage_pieces(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write its own options only; ``s3nav --help`` lists the global ones."""
        _write_own_options(self.params, ctx, formatter)

    def invoke(self, ctx: click.Context) -> None:
        """Run it, or open the cockpit at its place when not headless."""
        line = ctx.find_object(CommandLine)
        if line is None or line.headless or self.pane is None:
            super().invoke(ctx)
        else:
            line.open_cockpit(
                opening_of(line, ctx, opens=self.opens, is_action=self.is_action, pane=self.pane)
            )


class CockpitPlace(click.Command):
    """``s3nav s3://bucket/prefix``: opens the cockpit at that place."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Own parameters and the global ones."""
        return [*super().get_params(ctx), *global_options()]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See HeadlessCommand."""
        formatter.write_usage(typed_path(ctx), " ".join(self.collect_usage_pieces(ctx)))


class LazyGroup(click.Group):
    """A group whose help comes from a table, so that listing commands imports none of them."""

    table: ClassVar[Commands] = MappingProxyType({})
    foreign: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Commands of other tools, with what to type instead."""
    at_place: click.Command | None = None
    """The command that runs when a place is typed in place of a command name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; returns None if it is not in the table."""
        row = self.table.get(cmd_name)
        return None if row is None else load_command(row, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or `at_place` for a place. Raises UsageError with the closest name."""
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
        """Run the command; without one, raise NoArgsIsHelpError even if options were typed."""
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
        """Write the usage lines: with a command and, if allowed, with a place."""
        super().format_usage(ctx, formatter)
        if self.at_place is not None:
            below = " " * len("Usage: ")
            formatter.write_usage(ctx.command_path, _AT_PLACE_PIECES, prefix=below)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write commands, then options; only the outermost group lists the global options."""
        self.format_commands(ctx, formatter)
        at_place = self.at_place.params if self.at_place is not None else []
        more = global_options() if ctx.parent is None else ()
        shown = [*self.params, *at_place, *more]
        _write_own_options(shown, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table, without imports."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.help) for name, row in self.table.items()])


def commands_with(group: LazyGroup, option: str, above: str = "") -> Iterator[str]:
    """Yield the commands that have an option of their own, as typed; imports every command."""
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
    """Return the words before a command's own: ``s3nav scan list``; ``s3nav scan`` at a place."""
    if context.info_name == AT_PLACE and context.parent is not None:
        context = context.parent
    return context.command_path


def load_command(row: CommandRow, name: str) -> click.Command | None:
    """Import the command `name`, and set what its row says of the cockpit."""
    module, _, attribute = row.module.partition(":")
    found = vars(importlib.import_module(module)).get(attribute or name)
    if isinstance(found, HeadlessCommand):
        found.pane, found.is_action = row.pane, row.is_action
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


class SettingFlag(msgspec.Struct, frozen=True, kw_only=True):
    """An option that sets one setting; its help is the setting's unless `help` is given."""

    setting: str
    names: tuple[str, ...]
    flag_value: bool | str | None = None
    """The value that the flag sets; None if the option takes a value."""
    help: str = ""
    """Replaces the setting's help, for example when the flag means the opposite."""
    metavar: str = "TEXT"
    """The name of the value in the help; ignored for a setting with fixed choices."""
    multiple: bool = False
    """True if it may be repeated; the values are collected."""


GLOBAL_FLAGS = (
    SettingFlag(setting="profile", names=("-p", "--profile"), metavar="NAME"),
    SettingFlag(
        setting="use_aws_cli_creds",
        names=("-a", "--use_aws_cli_creds", "--use-aws-cli-creds"),
        flag_value=True,
    ),
    SettingFlag(setting="access_key", names=("--access-key",)),
    SettingFlag(setting="secret_key", names=("--secret-key",)),
    SettingFlag(setting="session_token", names=("--session-token",)),
    SettingFlag(setting="anonymous", names=("--anonymous", "--no-sign-request"), flag_value=True),
    SettingFlag(setting="region", names=("--region",)),
    SettingFlag(setting="endpoint_url", names=("--endpoint-url",), metavar="URL"),
    SettingFlag(setting="path_style", names=("--path-style",), flag_value=True),
    SettingFlag(
        setting="verify_ssl",
        names=("--no-verify-ssl",),
        flag_value=False,
        help="do not check the certificate of the endpoint",
    ),
    SettingFlag(setting="ca_bundle", names=("--ca-bundle",), metavar="FILE"),
    SettingFlag(setting="allow_write", names=("--allow-write",), flag_value=True),
    SettingFlag(setting="data_dir", names=("--data-dir",), metavar="DIR"),
    SettingFlag(setting="log_level", names=("--log-level",)),
    SettingFlag(setting="log_file", names=("--log-file",), metavar="FILE"),
    SettingFlag(setting="theme", names=("--theme",), metavar="NAME"),
)

SIZE_FLAG = SettingFlag(setting="size_format", names=("-s", "--size_format", "--size-format"))
"""For every command that prints sizes."""

_FACTS = {fact.name: fact for fact in fields()}


def setting_option(flag: SettingFlag) -> click.Option:
    """Make the click option of a flag; typed values go into `CommandLine.flags`."""

    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if _was_typed(context, parameter):
            typed = flag.flag_value if flag.flag_value is not None else value
            # The choices are in capitals, but people type `--log-level debug`.
            if flag.setting == "log_level":
                typed = str(typed).upper()
            _line(context).flags[flag.setting] = typed
            _line(context).typed_as[flag.setting] = flag.names[-1]

    fact = _FACTS[flag.setting]
    choices = f"[{'|'.join(fact.choices)}]" if fact.choices else flag.metavar
    return click.Option(
        [*flag.names, "typed_" + flag.names[-1].lstrip("-").replace("-", "_")],
        help=flag.help or fact.help,
        metavar=None if flag.flag_value is not None else choices,
        # Not False: click then takes the value for optional, and `--secret-key=-x` for two options.
        is_flag=True if flag.flag_value is not None else None,
        multiple=flag.multiple,
        expose_value=False,
        callback=keep,
    )


def run_options() -> list[click.Option]:
    """Make the global options that stand for no setting."""
    return [
        _switch("headless", "run the command without the cockpit"),
        _switch("demo", "use the embedded demo S3: no account, no network"),
        click.Option(
            [DEMO_RESET, "typed_demo_reset"],
            help="use the demo, and remove what earlier runs of it kept",
            is_flag=True,
            expose_value=False,
            callback=_reset_demo,
        ),
        _switch("verbose", "log to standard error as well, with tracebacks"),
        click.Option(
            ["--config", "typed_config"],
            help="settings file to read: .toml, .yaml or .json",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_keep_config,
        ),
        click.Option(
            ["--output", "typed_output"],
            help="format of the results",
            type=click.Choice(FORMATS),
            expose_value=False,
            callback=_keep_output,
        ),
        click.Option(
            ["--csv-safe", "typed_csv_safe"],
            help="CSV: a `'` before cells a spreadsheet would run: = + - @ tab CR",
            is_flag=True,
            expose_value=False,
            callback=_keep_csv_safe,
        ),
    ]


@cache
def global_options() -> tuple[click.Option, ...]:
    """All options that are allowed before and after the command; the last one wins."""
    return (*run_options(), *(setting_option(flag) for flag in GLOBAL_FLAGS))


def _switch(name: str, help_text: str) -> click.Option:
    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if _was_typed(context, parameter):
            setattr(_line(context), name, bool(value))

    return click.Option(
        [f"--{name}", f"typed_{name}"],
        help=help_text,
        is_flag=True,
        expose_value=False,
        callback=keep,
    )


def _reset_demo(context: click.Context, parameter: click.Parameter, value: object) -> None:
    if _was_typed(context, parameter) and value:
        _line(context).demo = _line(context).demo_reset = True


def _keep_config(context: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if _was_typed(context, parameter):
        _line(context).config = value


def _keep_csv_safe(context: click.Context, _option: click.Parameter, value: object) -> None:
    if value:
        _line(context).output.is_csv_safe = True


def _keep_output(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and _was_typed(context, parameter):
        _line(context).output.format = as_format(value)


def _was_typed(context: click.Context, parameter: click.Parameter) -> bool:
    source = context.get_parameter_source(parameter.name or "")
    return source is ParameterSource.COMMANDLINE


def _line(context: click.Context) -> CommandLine:
    line = context.find_object(CommandLine)
    if line is None:
        raise LookupError("commands run with a CommandLine")
    return line
