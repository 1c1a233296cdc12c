"""Temporary directories of a scrape are private, and unreadable files are kept for inspection."""

from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.scrape.engines.temp_files import keep_aside, make_temporary, remove_temporary


def test_a_temporary_directory_is_private_and_removed_with_its_content(tmp_path: Path) -> None:
    made = make_temporary(tmp_path / "base", "scrape_x")
    (made / "file").write_text("x")

    assert made.stat().st_mode & 0o077 == 0
    assert remove_temporary(made, "scrape_x")
    assert not made.exists()


def test_only_a_directory_of_the_scrape_is_removed(tmp_path: Path) -> None:
    other = make_temporary(tmp_path, "scrape_y")
    link = tmp_path / "s3nav-scrape_x-link"
    link.symlink_to(other)

    assert not remove_temporary(other, "scrape_x")
    assert not remove_temporary(link, "scrape_x")
    assert other.is_dir()


def test_a_base_that_is_a_file_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalDiskError, match="is a file, not a directory"):
        make_temporary(tmp_path / "file", "scrape_x")


@pytest.mark.parametrize("move", [True, False])
def test_an_unreadable_file_is_kept_for_inspection(tmp_path: Path, *, move: bool) -> None:
    path = tmp_path / "bad.json"
    path.write_text("{")

    fact = keep_aside(path, "no JSON", tmp_path / "aside", move=move)

    assert Path(fact.kept_at).read_text() == "{"
    assert path.exists() is not move


def test_a_file_that_cannot_be_kept_has_no_new_path(tmp_path: Path) -> None:
    assert keep_aside(tmp_path / "gone", "why", tmp_path / "aside", move=True).kept_at == ""
