"""Tests use what they test as its users do: they read no private attributes.

Each exception is named with its reason. To read one more, find a public way first: an argument of
the constructor, a property that makes sense to other readers too, or the behaviour that follows.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
ITSELF = {"self", "cls"}
PATCHES = {"setattr", "getattr", "delattr"}

EXCEPTIONS = {
    "benchmarks/bench_signing.py": {
        "_key": "compares two implementations of what the signer keeps",
    },
    "cli/test_hints.py": {
        "_protected_args": "Click has no other way to the words after a group",
    },
    "faults/test_stalled_control.py": {
        "_current_frames": "the documented name in Python's `sys`",
    },
    "support/tiers.py": {
        "_pytest": "the type of what `pytest.param` returns has no public name",
    },
    "tui/idle.py": {
        "_context": "Textual's active app",
        "_queue": "the type of a message queue",
        "_toast": "notices leave after seconds and are not waited for",
        "_message_queue": "only the queues know exactly whether the app is idle",
        "_waiters": "likewise",
        "_running": "likewise",
        "_on_timer_update": "calls what waited for the layout",
        "_exception": "of an app that failed nothing is waited for",
        "_timers": "timers that fire once still change the screen",
        "_repeat": "likewise",
        "_task": "likewise",
    },
    "tui/steps.py": {
        "_toast": "the widget of a notice has no public name",
    },
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_reads(tree: ast.AST) -> Iterator[str]:
    """Private names that code reads from others: attributes, imports and patched names."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) if name in ITSELF:
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield name
            case ast.ImportFrom(module=module, names=names):
                parts = [*(module or "").split("."), *(alias.name for alias in names)]
                yield from filter(is_private, parts)
            case ast.Call(func=ast.Attribute(attr=name), args=args) if name in PATCHES:
                yield from patched_names(args)
            case ast.Call(func=ast.Name(id=name), args=args) if name in PATCHES:
                yield from patched_names(args)


def patched_names(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments[:2]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            name = argument.value.rpartition(".")[2]
            if is_private(name):
                yield name


def test_tests_read_no_private_names_but_those_with_a_reason() -> None:
    found = {
        file.relative_to(TESTS).as_posix(): set(private_reads(ast.parse(file.read_text("utf-8"))))
        for file in TESTS.rglob("*.py")
    }

    assert {file: names for file, names in found.items() if names} == {
        file: set(reasons) for file, reasons in EXCEPTIONS.items()
    }


def test_private_reads_of_every_kind_are_found() -> None:
    code = """
from library._inside import _helper
store._buckets
monkeypatch.setattr(store, "_read", None)
monkeypatch.setattr("s3nav.aws._read_page", None)
getattr(store, "_lock")
self._own
store.__class__
"""

    found = sorted(private_reads(ast.parse(code)))

    assert found == ["_buckets", "_helper", "_inside", "_lock", "_read", "_read_page"]
