"""Packages, files, classes and functions stay small enough to be read in one go; no exceptions."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "s3nav"

PACKAGE_FILES = 12
FILE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 50

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_no_package_has_too_many_files() -> None:
    counted = Counter(file.parent for file in _files() if file.name != "__init__.py")

    assert {_name(package): n for package, n in counted.items() if n > PACKAGE_FILES} == {}


def test_no_file_is_too_long() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in _files()}

    assert {_name(file): n for file, n in lengths.items() if n > FILE_LINES} == {}


def test_no_class_is_too_long() -> None:
    assert _longer_than(CLASS_LINES, (ast.ClassDef,)) == {}


def test_no_function_is_too_long() -> None:
    assert _longer_than(FUNCTION_LINES, (ast.FunctionDef, ast.AsyncFunctionDef)) == {}


def _longer_than(lines: int, kinds: tuple[type[_Definition], ...]) -> dict[str, int]:
    return {
        f"{_name(file)}:{definition.lineno} {definition.name}": length
        for file, definition in _definitions(kinds)
        if (length := (definition.end_lineno or 0) - definition.lineno + 1) > lines
    }


def _definitions(kinds: tuple[type[_Definition], ...]) -> Iterator[tuple[Path, _Definition]]:
    for file in _files():
        for definition in _of_file(file):
            if isinstance(definition, kinds):
                yield file, definition


@cache
def _of_file(file: Path) -> list[_Definition]:
    """Parsed once for all tests."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, _Definition)]


def _files() -> list[Path]:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    return files


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE.parent).as_posix()
