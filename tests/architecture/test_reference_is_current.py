"""The reference pages are what the program says now, and guides name only what it has."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from s3nav.cli.main import s3nav
from s3nav.model import errors
from s3nav.settings import fields
from tests.support import reference

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = reference.pages()
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z_-]*[a-z]")
_CODE = re.compile(r"`([^`\n]+)`")
OF_OTHER_PROGRAMS = {
    "migration.md": "command lines of other tools, and what s3nav has in their place",
    "performance.md": "command lines of the benchmarks",
}
"""Guides with options that are not s3nav's."""


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_program_says(name: str) -> None:
    written = (reference.DIRECTORY / name).read_text(encoding="utf-8")

    assert written == PAGES[name], "run `make ref`"


def test_there_are_no_other_reference_pages() -> None:
    assert {path.name for path in reference.DIRECTORY.iterdir()} == set(PAGES)


def options(command: click.Command) -> Iterator[str]:
    """Of a command and all below it."""
    context = click.Context(command)
    for parameter in command.get_params(context):
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from options(found)


@pytest.mark.parametrize(
    "guide",
    [guide for guide in GUIDES if guide.name not in OF_OTHER_PROGRAMS],
    ids=lambda path: path.name,
)
def test_every_option_in_a_guide_is_one_of_the_program(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    named = {option for code in _CODE.findall(text) for option in _OPTION.findall(code)}

    assert named - set(options(s3nav)) == set()


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_variable_in_a_guide_is_that_of_a_setting(guide: Path) -> None:
    named = set(re.findall(r"\bS3NAV_[A-Z_]+[A-Z]\b", guide.read_text(encoding="utf-8")))

    assert named <= {fact.environment for fact in fields()}


def test_the_guide_to_scripts_has_every_exit_code() -> None:
    text = (ROOT / "docs" / "scripting.md").read_text(encoding="utf-8")
    table = text.partition("## Exit codes")[2].partition("\n## ")[0]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.S3NavError)}
    assert listed == codes | {errors.EXIT_OK, errors.EXIT_INTERRUPTED}
