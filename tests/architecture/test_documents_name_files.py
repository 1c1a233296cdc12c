"""Every file that the documents for developers name is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
INTERNALS = ROOT / "docs" / "internals"
JOURNEYS = sorted(INTERNALS.glob("*.md"))
_FILE = re.compile(r"(?<![\w/.{}-])((?:[\w-]+/)+[\w-]+\.py)\b")
"""A path with a directory; a bare `name.py` may be a script of another program."""
_FILE_ALONE = re.compile(r"`([\w/-]+\.py)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def _named_files(document: Path) -> Iterator[str]:
    yield from _FILE.findall(document.read_text(encoding="utf-8"))


def _is_there(name: str) -> bool:
    """Paths are given from the root of the project or from `s3nav/`."""
    return (ROOT / name).is_file() or (ROOT / "s3nav" / name).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_a_document_names_exists(document: Path) -> None:
    assert [name for name in _named_files(document) if not _is_there(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("page", JOURNEYS, ids=lambda path: path.name)
def test_every_file_a_journey_names_is_below_s3nav(page: Path) -> None:
    names = _FILE_ALONE.findall(page.read_text(encoding="utf-8"))

    assert names
    assert [name for name in names if not (ROOT / "s3nav" / name).is_file()] == []


def test_the_list_of_journeys_names_each_of_them() -> None:
    links = _LINK.findall((INTERNALS / "README.md").read_text(encoding="utf-8"))

    assert {page.name for page in JOURNEYS} - {"README.md"} <= set(links)
