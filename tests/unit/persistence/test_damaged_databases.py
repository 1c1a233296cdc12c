"""A damaged database is an error with a remedy, wherever the damage is met."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Database, open_read_only

MIGRATIONS = [
    """CREATE TABLE things (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE INDEX by_name ON things (name);"""
]
ROWS = 5_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "things.sqlite3"
    with closing(Database(path, MIGRATIONS)) as database:
        database.write(
            lambda writer: writer.execute_many(
                "INSERT INTO things VALUES (?, ?)", ((n, f"{n:050}") for n in range(ROWS))
            )
        )
    return path


@pytest.fixture
def flipped(file: Path) -> Path:
    """Every page but the first has other bytes."""
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(255 - byte for byte in content[4096:])
    file.write_bytes(content)
    return file


def is_damage(error: LocalDiskError, path: Path) -> bool:
    is_named = str(path) in error.message and "damaged" in error.message
    return is_named and "move it away" in error.remedy and error.reference == "damaged-database"


@pytest.fixture
def without_table(file: Path) -> Path:
    with sqlite3.connect(file) as plain:
        plain.execute("DROP TABLE things")
    plain.close()
    return file


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "things.sqlite3"
    path.write_bytes(b"no database at all\n" * 500)

    with pytest.raises(LocalDiskError) as caught:
        Database(path, MIGRATIONS)

    assert is_damage(caught.value, path)


def test_pages_with_other_bytes_are_damage_when_read(flipped: Path) -> None:
    with closing(Database(flipped, MIGRATIONS)) as database:
        with pytest.raises(LocalDiskError) as caught:
            list(database.reader().rows("SELECT name FROM things ORDER BY number"))
        assert is_damage(caught.value, flipped)
        with pytest.raises(LocalDiskError) as caught:
            database.reader().one("SELECT name FROM things WHERE number = 4000")
        assert is_damage(caught.value, flipped)


def test_pages_with_other_bytes_are_damage_when_written(flipped: Path) -> None:
    with closing(Database(flipped, MIGRATIONS)) as database:
        with pytest.raises(LocalDiskError) as caught:
            database.write(lambda writer: writer.execute("DELETE FROM things WHERE number > 10"))
        assert is_damage(caught.value, flipped)


def test_a_table_that_is_missing_is_damage(without_table: Path) -> None:
    with closing(Database(without_table, MIGRATIONS)) as database:
        with pytest.raises(LocalDiskError) as caught:
            database.reader().one("SELECT name FROM things")
        assert is_damage(caught.value, without_table)
        with pytest.raises(LocalDiskError) as caught:
            database.write(lambda writer: writer.execute("DELETE FROM things"))
        assert is_damage(caught.value, without_table)


def test_text_that_is_no_utf_8_is_damage(file: Path) -> None:
    with sqlite3.connect(file) as plain:
        plain.execute("UPDATE things SET name = CAST(x'ff61' AS TEXT) WHERE number = 7")
    plain.close()
    with closing(Database(file, MIGRATIONS)) as database:
        with pytest.raises(LocalDiskError) as caught:
            database.reader().one("SELECT name FROM things WHERE number = 7")
        assert is_damage(caught.value, file)


def test_damage_is_met_in_a_database_read_only_too(without_table: Path) -> None:
    full = LocalDiskError("full")
    full.__cause__ = sqlite3.OperationalError("full")
    full.__cause__.sqlite_errorcode = sqlite3.SQLITE_FULL
    with (
        closing(open_read_only(without_table, len(MIGRATIONS), full)) as database,
        pytest.raises(LocalDiskError) as caught,
    ):
        database.reader().one("SELECT name FROM things")

    assert is_damage(caught.value, without_table)


def test_a_full_disk_is_no_damage(file: Path) -> None:
    with closing(Database(file, MIGRATIONS)) as database:
        database.write(lambda writer: writer.execute("PRAGMA max_page_count = 1"))
        with pytest.raises(LocalDiskError, match="full") as caught:
            database.write(
                lambda writer: writer.execute_many(
                    "INSERT INTO things VALUES (?, ?)",
                    ((n, f"{n:050}") for n in range(ROWS, 3 * ROWS)),
                )
            )

    assert "free some space" in caught.value.remedy
