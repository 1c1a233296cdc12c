"""Each screen of the cockpit has a picture, and each headless command a test of its output."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

import click
import pytest
from textual.screen import Screen

import s3nav.tui
from s3nav.cli.main import s3nav as program
from s3nav.tui.panes.pane import Pane
from tests.tui.pictured import PICTURES

ROOT = Path(__file__).parents[2]
SNAPSHOTS = ROOT / "tests" / "tui" / "__snapshots__"
COMMAND_TESTS = (ROOT / "tests" / "cli", ROOT / "tests" / "e2e")
STREAMS = {"stdout"}
T = TypeVar("T")


def kinds(base: type[T]) -> Iterator[type[T]]:
    """The classes of s3nav below a class that have none below themselves."""
    below = [
        kind for kind in base.__subclasses__() if kind.__module__.startswith(("s3nav", "textual"))
    ]
    for kind in below:
        yield from kinds(kind)
    if not below and base.__module__.startswith("s3nav"):
        yield base


def screens() -> list[type[object]]:
    for module in pkgutil.walk_packages(s3nav.tui.__path__, "s3nav.tui."):
        importlib.import_module(module.name)
    return sorted({*kinds(Pane), *kinds(Screen)}, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("screen", screens(), ids=lambda screen: screen.__name__)
def test_a_screen_pane_or_dialog_has_a_picture(screen: type[object]) -> None:
    picture = {kind.__name__: name for kind, name in PICTURES.items()}.get(screen.__name__)

    assert picture, "take a picture of it, and name it in tests/tui/pictured.py"
    assert (SNAPSHOTS / f"{picture}.svg").is_file()


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The commands that have none below themselves, as they are typed."""
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*path, name))


@cache
def words_of_tests() -> list[tuple[str, ...]]:
    """Of each call in a test that looks at what was printed: its literal words, in order."""
    found: list[tuple[str, ...]] = []
    for directory in COMMAND_TESTS:
        for file in sorted(directory.glob("test_*.py")):
            for test in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(test, ast.FunctionDef) and _looks_at_output(test):
                    found += _words(test)
    return found


def _looks_at_output(test: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in STREAMS for node in ast.walk(test))


def _words(test: ast.FunctionDef) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(test):
        match node:
            case ast.Call(args=words) | ast.List(elts=words) | ast.Tuple(elts=words):
                yield tuple(
                    word.value
                    for word in words
                    if isinstance(word, ast.Constant) and isinstance(word.value, str)
                )


@pytest.mark.parametrize("path", leaves(program), ids=" ".join)
def test_a_command_has_a_test_of_its_output(path: tuple[str, ...]) -> None:
    length = len(path)

    assert any(
        words[start : start + length] == path
        for words in words_of_tests()
        for start in range(len(words) - length + 1)
    )
