"""Turn click's usage errors into errors of s3nav."""

import re

import click

from s3nav.cli.lazy_commands import LazyGroup, commands_with, typed_path
from s3nav.model.errors import UsageError
from s3nav.model.text.plain_messages import one_line

_INVALID = re.compile(r"Invalid value for '(?P<name>[^']+)': (?P<why>.*)$")
_NO_NUMBER = re.compile(r"'(?P<value>.*)' is not a valid (?P<kind>integer|float)(?: range)?$")
_OUTSIDE = re.compile(
    r"(?P<value>\S+) is not in the range (?:(?P<least>[-\d.]+)<(?P<least_or>=?))?x"
    r"(?:(?P<sign>[<>])(?P<or>=?)(?P<bound>[-\d.]+))?$"
)
_NO_CHOICE = re.compile(r"'(?P<value>.*)' is not one of (?P<choices>'.*')$")
_NAMED = 3
"""Most commands named in a remedy."""
_KINDS = {"integer": "a whole number", "float": "a number"}


def usage_error(error: click.ClickException, commands: LazyGroup) -> UsageError:
    """Turn an error of click into a UsageError on one line; the remedy names the command's help.

    For an unknown option the remedy names the `commands` that have it.
    """
    message = one_line(error.format_message()).rstrip(".")
    invalid = _INVALID.match(message)
    if invalid is not None and (must := _must(invalid["why"])):
        message = f"`{invalid['name']}` must be {must}"
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = typed_path(context) if context else "s3nav"
    remedy = f"`{path} --help` shows the usage"
    if isinstance(error, click.NoSuchOption):
        remedy = _elsewhere(error.option_name, commands) or remedy
    return UsageError(message[:1].lower() + message[1:], remedy=remedy)


def _elsewhere(option: str, commands: LazyGroup) -> str:
    """A remedy that names the commands with an option; empty if none has it."""
    first, *others = list(commands_with(commands, option))[:_NAMED] or [""]
    if not first:
        return ""
    also = f", as have {' and '.join(f'`{name}`' for name in others)}" if others else ""
    return f"`{first}` has it{also}: `s3nav {first} --help` shows the usage"


def _must(why: str) -> str:
    """``a whole number, not `many` ``; empty to keep click's own message."""
    if wrong := _NO_NUMBER.match(why):
        return f"{_KINDS[wrong['kind']]}, not `{wrong['value']}`"
    if wrong := _NO_CHOICE.match(why):
        choices = wrong["choices"].replace("'", "")
        return f"one of {choices}, not `{wrong['value']}`"
    if wrong := _OUTSIDE.match(why):
        return f"{_range(wrong)}, not `{wrong['value']}`"
    return ""


def _range(wrong: re.Match[str]) -> str:
    limits = []
    if wrong["least"]:
        limits.append(f"{'at least' if wrong['least_or'] else 'more than'} {wrong['least']}")
    if wrong["bound"]:
        above = wrong["sign"] == ">"
        words = ("at least", "more than") if above else ("at most", "less than")
        limits.append(f"{words[0 if wrong['or'] else 1]} {wrong['bound']}")
    return " and ".join(limits)
