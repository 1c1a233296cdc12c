"""The reference pages of `docs/reference`, made from the program: commands, settings, keys, errors.

    python -m tests.support.reference

writes them; `tests/architecture/test_reference_is_current.py` fails when they are not current.
"""

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from s3nav.cli.main import s3nav
from s3nav.model import errors
from s3nav.settings import fields
from s3nav.tui.actions import ACTIONS, Group, keys_shown

DIRECTORY = Path(__file__).parents[2] / "docs" / "reference"
WIDTH = 100
_NOTE = "<!-- Made by `make ref` from the program: change the program, not this file. -->"


def pages() -> dict[str, str]:
    """File name to content."""
    return {
        "commands.md": _page("Commands", "What `--help` says, command by command.", _commands()),
        "errors.md": _page(
            "Errors",
            "An error is one line `error[slug]: message` on standard error. Some errors have a slug"
            " of their own, such as `no-such-bucket`, with the exit code of their kind."
            " `error[bug]`, with exit code 1, is a bug in s3nav.",
            _table(("slug", "exit code", "meaning"), _errors()),
        ),
        "keys.md": _page("Keys", "What `?` shows in the cockpit, pane by pane.", _keys()),
        "settings.md": _page(
            "Settings",
            "Each is a key of the settings file, and an environment variable: `S3NAV_` and the name"
            " in upper case. [scripting.md](../scripting.md#settings) says which of them wins.",
            _table(("setting", "default", "what it is"), _settings()),
        ),
    }


def main() -> None:
    """Write all pages."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, content in pages().items():
        (DIRECTORY / name).write_text(content, encoding="utf-8")


def _page(title: str, about: str, lines: Iterable[str]) -> str:
    head = [f"# {title}", "", _NOTE, "", textwrap.fill(about, WIDTH), ""]
    return "\n".join([*head, *lines]).rstrip() + "\n"


def _commands() -> Iterator[str]:
    for context in _contexts(click.Context(s3nav, info_name="s3nav", max_content_width=WIDTH)):
        context.terminal_width = WIDTH
        help_text = context.command.get_help(context)
        yield from (f"## `{context.command_path}`", "", "```text", help_text, "```", "")


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """Of a command and all below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _contexts(click.Context(command, info_name=name, parent=context))


def _settings() -> Iterator[tuple[str, ...]]:
    for fact in fields():
        choices = (
            f" ({', '.join(f'`{choice}`' for choice in fact.choices)})" if fact.choices else ""
        )
        default = "" if fact.default in (None, "", (), {}) else f"`{_toml(fact.default)}`"
        yield f"`{fact.name}`", default, _plain(fact.help) + choices


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keys() -> Iterator[str]:
    for group in Group:
        rows = [
            (_code(keys_shown(action, all_keys=True)), _plain(action.help))
            for action in ACTIONS
            if action.group is group
        ]
        yield from (
            f"## {group.value.capitalize()}",
            "",
            *_table(("keys", "what they do"), rows),
            "",
        )


def _errors() -> Iterator[tuple[str, ...]]:
    kinds: list[type[errors.S3NavError]] = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and errors.S3NavError in kind.__mro__[1:]
    ]
    for kind in sorted(kinds, key=lambda kind: kind.exit_code):
        summary = (kind.__doc__ or "").partition("\n")[0]
        yield f"`{kind.slug}`", str(kind.exit_code), _plain(summary)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _code(keys: str) -> str:
    return " ".join(f"`{key}`" for key in keys.split())


def _plain(text: str) -> str:
    """A text whose characters mean nothing in Markdown; code stays code."""
    parts = text.split("`")
    for at in range(0, len(parts), 2):
        for character in "\\|*_<[":
            parts[at] = parts[at].replace(character, f"\\{character}")
    return "`".join(part.replace("|", "\\|") if at % 2 else part for at, part in enumerate(parts))


if __name__ == "__main__":
    main()
