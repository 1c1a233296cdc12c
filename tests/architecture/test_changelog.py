"""The changelog has the form of Keep a Changelog, short entries, and the package's version."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

import s3nav

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
UNRELEASED = "Unreleased"
SECTIONS = ["Added", "Changed", "Fixed"]
LINE_LENGTH = 125
ENTRY_LENGTH = 250
"""Two short sentences."""
_RELEASE = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$", re.MULTILINE)
_ENTRY = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)


def releases() -> dict[str, str]:
    """Version to what stands below it, in the order of the file."""
    names = [found[1] for found in _RELEASE.finditer(TEXT)]
    return dict(zip(names, _RELEASE.split(TEXT)[3::3], strict=True))


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def released() -> list[str]:
    return [version for version in releases() if version != UNRELEASED]


def test_what_is_not_released_yet_comes_first() -> None:
    assert next(iter(releases())) == UNRELEASED


@pytest.mark.parametrize("version", releases())
def test_a_version_has_its_sections_in_order(version: str) -> None:
    sections = re.findall(r"^### (.+)$", releases()[version], re.MULTILINE)

    if version == UNRELEASED and not sections:
        return  # just after a release
    assert sections == [section for section in SECTIONS if section in sections]
    assert sections


def test_versions_and_their_dates_descend() -> None:
    versions = [numbers(version) for version in released()]
    days = [found[2] for found in _RELEASE.finditer(TEXT) if found[1] != UNRELEASED]

    assert versions == sorted(set(versions), reverse=True)
    assert [date.fromisoformat(day) for day in days] == sorted(
        map(date.fromisoformat, days), reverse=True
    )


def test_the_newest_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == s3nav.__version__
    assert released()[:1] in ([], [s3nav.__version__])  # none was released yet


def test_lines_and_entries_are_short() -> None:
    entries = [" ".join(entry.split()) for entry in _ENTRY.findall(TEXT)]

    assert [line for line in TEXT.splitlines() if len(line) > LINE_LENGTH] == []
    assert entries
    assert [entry for entry in entries if len(entry) > ENTRY_LENGTH] == []
