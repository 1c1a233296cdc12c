"""Unit tests lie where the code that they test lies."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "s3nav"
UNIT = ROOT / "tests" / "unit"

TESTED_ELSEWHERE = {
    "api": "tests/api calls the running REST API",
    "aws/list_workers": "tests/contract/test_list_workers.py starts real worker processes",
    "cli/arguments": "tests/cli runs the commands that take them",
    "cli/commands": "tests/cli runs every command",
    "cli/commands/pricing": "tests/cli",
    "cli/commands/scan": "tests/cli",
    "cli/commands/scrape": "tests/cli",
    "cli/commands/writes": "tests/cli",
    "model/ports": "protocols: tests/contract holds every implementation to them",
    "tui": "tests/tui drives the cockpit by its keys",
    "tui/modals": "tests/tui",
    "tui/panes": "tests/tui",
    "tui/panes/buckets": "tests/tui",
    "tui/panes/prices": "tests/tui",
    "tui/panes/scans": "tests/tui",
    "tui/panes/scrapes": "tests/tui",
    "tui/panes/transfers": "tests/tui",
    "tui/widgets": "tests/tui",
    "tui/widgets/row_table": "tests/tui/test_row_*.py",
}
"""Packages without unit tests, with what tests them."""


def packages_with_code() -> list[str]:
    """Packages below `s3nav` that have a file beside their `__init__.py`."""
    found = {file.parent for file in PACKAGE.rglob("*.py") if file.name != "__init__.py"}
    return sorted(each.relative_to(PACKAGE).as_posix() for each in found if each != PACKAGE)


def folders_of_unit_tests() -> list[str]:
    found = {file.parent for file in UNIT.rglob("test_*.py")}
    return sorted(each.relative_to(UNIT).as_posix() for each in found if each != UNIT)


@pytest.mark.parametrize("folder", folders_of_unit_tests())
def test_a_folder_of_unit_tests_is_a_package(folder: str) -> None:
    assert (PACKAGE / folder / "__init__.py").is_file()


@pytest.mark.parametrize("package", packages_with_code())
def test_a_package_has_unit_tests_or_a_reason_for_none(package: str) -> None:
    has_tests = any((UNIT / package).glob("test_*.py"))

    assert has_tests != (package in TESTED_ELSEWHERE)


def test_only_packages_are_named_as_tested_elsewhere() -> None:
    assert set(TESTED_ELSEWHERE) <= set(packages_with_code())
