"""``config``: show every setting with its source, or write a settings file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import click
import msgspec

from s3nav.cli.lazy_commands import CommandRow, Commands, HeadlessCommand, LazyGroup
from s3nav.cli.program import CommandLine
from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.model.text.plain_messages import command
from s3nav.persistence import write_atomically
from s3nav.present.formatting import Column, Datum, Row
from s3nav.present.settings_file import as_file
from s3nav.settings import Loaded, fields, shown_value

COLUMNS = (Column("name", "SETTING"), Column("value", "VALUE"), Column("source", "SOURCE"))
UNSET = "–"


class _Commands(LazyGroup):
    """The commands below ``config``."""

    table: ClassVar[Commands] = {
        "show": CommandRow(module=f"{__name__}:show", help="every setting and its source"),
        "create": CommandRow(module=f"{__name__}:create", help="write a settings file"),
    }


config = _Commands("config", help="Show settings, or write a settings file with the defaults.")


@click.command("show", cls=HeadlessCommand)
@click.pass_obj
def show(line: CommandLine) -> None:
    """Show every setting, its value and the source of the value."""
    line.output.rows(COLUMNS, _rows(line.loaded))


@click.command("create", cls=HeadlessCommand)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="replace an existing file")
@click.pass_obj
def create(line: CommandLine, path: Path | None, *, force: bool) -> None:
    """Write a settings file with every default: .toml, .yaml or .json, by its suffix."""
    target = path or line.config_file
    if target.exists() and not force:
        words = ("config", "create", "--force", *([str(path)] if path else []))
        raise UsageError(
            f"`{target}` exists",
            remedy=f"`{command(*words)}` replaces it",
            slug="already-exists",
        )
    content = as_file(target.suffix.lower())
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(target, content.encode())
    except OSError as error:
        raise LocalDiskError(
            f"cannot write `{target}`: {error.strerror}", remedy="name another path"
        ) from error
    line.narration.say(f"wrote {target}")


def _rows(loaded: Loaded) -> Iterator[Row]:
    values = msgspec.structs.asdict(loaded.settings)
    for fact in fields():
        value = shown_value(fact.name, values[fact.name])
        source = loaded.sources[fact.name]
        yield Row(
            values=(fact.name, _datum(value), source), cells=(fact.name, _cell(value), source)
        )


def _datum(value: object) -> Datum:
    """A setting's value as data; lists and the names of tables are joined by commas."""
    match value:
        case None | str() | int() | float():
            return value
        case dict() | tuple():
            return ",".join(str(part) for part in value)
        case _:
            return str(value)


def _cell(value: object) -> str:
    match _datum(value):
        case None | "":
            return UNSET
        case bool() as switch:
            return json.dumps(switch)
        case shown:
            return str(shown)
