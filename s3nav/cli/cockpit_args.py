"""Decide what the cockpit shows of a command line, and which options it drops."""

from collections.abc import Callable, Mapping, Sequence

import click
from click.core import ParameterSource
from msgspec.structs import replace

from s3nav.cli.program import CommandLine
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import quoted
from s3nav.present.cockpit_opening import Opening

Opens = Callable[[CommandLine, click.Context], tuple[Opening, frozenset[str]]]
"""Returns what a command shows in the cockpit, and the names of the parameters it applies."""


def opening_of(
    line: CommandLine, context: click.Context, *, opens: Opens | None, is_action: bool, pane: str
) -> Opening:
    """Return what the cockpit opens; other typed options are listed as dropped.

    An action is listed too, because opening its pane does not run it.
    """
    opening, applied = (opens or _at_place)(line, context)
    name = context.command_path.removeprefix("s3nav ")
    dropped: list[str] = []
    for param in context.command.params:
        is_typed = context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if is_typed and param.expose_value and param.name not in applied:
            dropped += _as_typed(line.arguments, param, context.params, opening)
    if is_action:
        dropped = [" ".join([name, *dropped])]
    return replace(
        opening,
        pane=opening.pane or pane,
        dropped=tuple(dropped),
        connection=line.connection,
    )


def typed_options(line: CommandLine, context: click.Context, names: frozenset[str]) -> str:
    """Return the options of these parameters as typed; empty if none was typed."""
    dropped: list[str] = []
    for param in context.command.params:
        if isinstance(param, click.Option) and param.name in names:
            dropped += _option(line.arguments, param)
    return ", ".join(dropped)


def first_place(params: Mapping[str, object]) -> S3Uri | None:
    """Return the first place among the parameters."""
    for value in params.values():
        for candidate in value if isinstance(value, tuple) else (value,):
            if isinstance(candidate, S3Uri):
                return candidate
    return None


def _at_place(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    return Opening(place=first_place(context.params)), frozenset()


def _as_typed(
    arguments: Sequence[str], param: click.Parameter, params: Mapping[str, object], opening: Opening
) -> list[str]:
    if isinstance(param, click.Option):
        return _option(arguments, param) or [param.opts[-1]]
    value = params.get(param.name or "")
    values = list(value) if isinstance(value, tuple) else [value]
    if opening.place in values:
        values.remove(opening.place)
    return [quoted(str(each)) for each in values if each is not None]


def _option(arguments: Sequence[str], param: click.Option) -> list[str]:
    """An option as typed, ``--min-size 1MB``, once for each time."""
    found: list[str] = []
    names = {*param.opts, *param.secondary_opts}
    for at, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name not in names:
            continue
        if not equals and not param.is_flag:
            value = arguments[at + 1] if at + 1 < len(arguments) else ""
        found.append(f"{name} {quoted(value)}" if value else name)
    return found
