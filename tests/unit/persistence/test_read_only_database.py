import sqlite3
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Database, open_read_only

MIGRATIONS = ("CREATE TABLE words (word TEXT);",)


def refusal(code: int) -> LocalDiskError:
    """As `Database` raises it for an error of SQLite."""
    cause = sqlite3.OperationalError("made for a test")
    cause.sqlite_errorcode = code
    error = LocalDiskError("cannot open")
    error.__cause__ = cause
    return error


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "words.sqlite3"
    database = Database(path, MIGRATIONS)
    database.write(lambda writer: writer.execute("INSERT INTO words VALUES ('there')"))
    database.close()
    return path


def test_a_file_that_is_only_locked_is_not_read_behind_its_writer(file: Path) -> None:
    locked = refusal(sqlite3.SQLITE_BUSY)

    with pytest.raises(LocalDiskError) as caught:
        open_read_only(file, 1, locked)

    assert caught.value is locked


def test_a_file_whose_newest_changes_lie_beside_it_is_refused(file: Path) -> None:
    file.with_name("words.sqlite3-wal").write_bytes(b"left by a kill")

    with pytest.raises(LocalDiskError):
        open_read_only(file, 1, refusal(sqlite3.SQLITE_FULL))


def test_a_file_of_another_shape_is_refused(file: Path) -> None:
    with pytest.raises(LocalDiskError):
        open_read_only(file, 2, refusal(sqlite3.SQLITE_FULL))


def test_a_missing_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(LocalDiskError):
        open_read_only(tmp_path / "none.sqlite3", 1, refusal(sqlite3.SQLITE_CANTOPEN))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR_SHMSIZE]
)
def test_a_file_that_cannot_be_written_is_read(file: Path, code: int) -> None:
    database = open_read_only(file, 1, refusal(code))

    assert [row["word"] for row in database.reader().rows("SELECT word FROM words")] == ["there"]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    database.close()
