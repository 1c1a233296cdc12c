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
_FILE = re.compile(r"(?<![\w/.{}-])((?:[\w-]+/)+[\w-]+\.py)\b")
"""A path with a directory; a bare `name.py` may be a script of another program."""
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


def test_a_journey_names_the_files_it_runs_through() -> None:
    journeys = sorted((ROOT / "docs" / "internals").glob("*.md"))

    named = {page.name: len(set(_named_files(page))) for page in journeys}

    assert {name: count for name, count in named.items() if count < 20} == {"README.md": 0}
