"""What s3nav imports it declares, with bounds that the pinned versions keep."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOT_FOR_USERS = {"dev", "bench"}
BY_NAME = {"Deferred", "import_module"}
"""Functions that import what their argument names."""


def imports_of(source: str) -> Iterator[str]:
    """The top-level names of modules that running the source imports; not those for types."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Call) and _name(node.func) in BY_NAME:
            named = node.args[0]
            if isinstance(named, ast.Constant):
                yield str(named.value).partition(".")[0]
        waiting += ast.iter_child_nodes(node)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def distributions(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def test_every_third_party_import_is_declared() -> None:
    declared = distributions(PROJECT["dependencies"])
    for extra, requirements in EXTRAS.items():
        if extra not in NOT_FOR_USERS:
            declared |= distributions(requirements)
    providers = importlib.metadata.packages_distributions()
    own = {"s3nav", *sys.stdlib_module_names}
    undeclared = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in (ROOT / "s3nav").rglob("*.py")
        for module in imports_of(file.read_text(encoding="utf-8"))
        if module not in own
        and not {canonicalize_name(name) for name in providers.get(module, [module])} & declared
    }

    assert undeclared == set(), "declare it in pyproject.toml, and pin it in constraints.txt"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import one.two, three", ["one", "three"]),
        ("def later():\n    from one.two import three", ["one"]),
        ("if TYPE_CHECKING:\n    import one\nelse:\n    two = Deferred('two.three')", ["two"]),
        ("importlib.import_module('one.two')", ["one"]),
        ("importlib.import_module(name)", []),
    ],
)
def test_imports_are_found_wherever_they_stand(source: str, found: list[str]) -> None:
    assert sorted(imports_of(source)) == found


PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if re.match(r"[\w.-]+==", line)
)
PINNED = {canonicalize_name(name): version for name, version in PINS.items()}
DECLARED = [*PROJECT["dependencies"], *(one for extra in EXTRAS.values() for one in extra)]


@pytest.mark.parametrize("requirement", [one for one in DECLARED if not one.startswith("s3nav[")])
def test_each_dependency_is_pinned_within_its_bounds(requirement: str) -> None:
    wanted = Requirement(requirement)

    assert PINNED[canonicalize_name(wanted.name)] in wanted.specifier


@pytest.mark.parametrize("library", ["botocore", "s3transfer", "textual"])
def test_libraries_whose_insides_are_used_are_bounded_above(library: str) -> None:
    found = next(one for one in PROJECT["dependencies"] if Requirement(one).name == library)

    assert any(bound.operator == "<" for bound in Requirement(found).specifier)
