"""Directories of s3nav's own are private, and what is in their way is named with what to do."""

import errno
import os
from pathlib import Path

import pytest

from s3nav.aws.credentials.app_store import create_example_store, read_own_store
from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Database, Directories, unusable


@pytest.fixture(autouse=True)
def _usual_umask() -> None:
    os.umask(0o022)


def create(place: Path) -> None:
    Directories.of_user(str(place)).create()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_data_directory_is_made_private(tmp_path: Path) -> None:
    create(tmp_path / "data")

    assert mode_of(tmp_path / "data") == 0o700


def test_a_data_directory_that_everyone_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(LocalDiskError, match=r"everyone may write to .* \(mode 0777\)") as caught:
        create(tmp_path)

    assert f"chmod 700 {tmp_path}" in (caught.value.remedy or "")


def test_a_directory_that_others_may_only_read_is_not_changed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    create(tmp_path)

    assert mode_of(tmp_path) == 0o755


def test_a_file_in_the_way_is_called_a_file(tmp_path: Path) -> None:
    (tmp_path / "notes").touch()

    with pytest.raises(LocalDiskError, match=r"`\S+/notes` is a file, not a directory") as caught:
        create(tmp_path / "notes" / "data")

    assert (caught.value.remedy or "").startswith("move the file away")


@pytest.mark.parametrize("target", ["gone", "data"])
def test_a_link_that_leads_nowhere_is_called_a_link(tmp_path: Path, target: str) -> None:
    (tmp_path / "data").symlink_to(target)

    with pytest.raises(LocalDiskError, match=rf"is a link to `{target}`, which does") as caught:
        create(tmp_path / "data")

    assert "remove the link" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "a directory you may write to")],
)
def test_free_space_is_suggested_only_on_a_full_disk(
    tmp_path: Path, number: int, remedy: str
) -> None:
    error = unusable(tmp_path, OSError(number, "why"), what="cannot write in", instead="--x DIR")

    assert error.message == f"cannot write in `{tmp_path}`: why"
    assert remedy in (error.remedy or "")
    assert (error.remedy or "").endswith("--x DIR")


def test_a_database_names_the_obstacle(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("gone")

    with pytest.raises(LocalDiskError, match="is a link to `gone`"):
        Database(tmp_path / "data" / "journal.sqlite3", [])


def test_a_database_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "data.sqlite3", ["CREATE TABLE facts (name TEXT);"])
    database.write(lambda writer: writer.execute("INSERT INTO facts VALUES ('a')"))

    modes = {path.name: mode_of(path) for path in tmp_path.iterdir()}

    database.close()
    assert set(modes.values()) == {0o600}, modes


def test_keys_that_everyone_may_replace_are_not_used(tmp_path: Path) -> None:
    create_example_store(tmp_path / ".cred.json")
    tmp_path.chmod(0o777)

    with pytest.raises(LocalDiskError, match="everyone may write to"):
        read_own_store(tmp_path / ".cred.json")
