"""Files are replaced atomically, locks end with their holder, and databases are migrated once."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Database, ProcessLock, holder_of, write_atomically
from s3nav.persistence.fsync import Kernel, sync_file

HOLDER = """
import sys
from pathlib import Path
from s3nav.persistence import ProcessLock
assert ProcessLock.acquire(Path(sys.argv[1])) is not None
print("held", flush=True)
sys.stdin.read()
"""


def test_a_file_is_replaced_privately_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_bytes(b"old")
    file.chmod(0o644)

    write_atomically(file, b"new")

    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "directory"
    (target / "below").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        write_atomically(target, b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


def test_a_lock_is_held_once_and_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "job.lock"
    lock = ProcessLock.acquire(path)
    assert lock is not None

    assert ProcessLock.acquire(path) is None
    assert holder_of(path).isdigit()
    lock.release()
    lock.release()

    assert holder_of(path) == "unknown"
    again = ProcessLock.acquire(path)
    assert again is not None
    again.release()


def test_a_lock_ends_with_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "job.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert ProcessLock.acquire(path) is None
        assert holder_of(path) == str(holder.pid)
        holder.kill()
        holder.wait(50)

    lock = ProcessLock.acquire(path)

    assert lock is not None
    lock.release()


def test_each_migration_runs_once_and_in_order(tmp_path: Path) -> None:
    first = "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);"
    second = "INSERT INTO t VALUES (2);\nCREATE TRIGGER x AFTER INSERT ON t BEGIN\nSELECT 1;\nEND;"
    found: list[object] = []
    for migrations in ([first], [first, second], [first, second]):
        with closing(Database(tmp_path / "t.sqlite3", migrations)) as database:
            found = [row["a"] for row in database.reader().rows("SELECT a FROM t ORDER BY rowid")]

    assert found == [1, 2]


def test_a_database_of_a_newer_s3nav_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.sqlite3"
    Database(file, ["CREATE TABLE t (a);", "CREATE TABLE u (a);"]).close()

    with pytest.raises(LocalDiskError, match="made by a newer s3nav"):
        Database(file, ["CREATE TABLE t (a);"])


def test_a_reserved_file_has_its_size_and_keeps_what_is_written(tmp_path: Path) -> None:
    kernel = Kernel()
    with (tmp_path / "file").open("w+b") as file:
        kernel.reserve(file.fileno(), 100_000)
        file.write(b"content")
        file.flush()
        sync_file(file.fileno())
        if kernel.syncs_many:
            kernel.sync_filesystem(file.fileno())

    assert (tmp_path / "file").stat().st_size == 100_000
    assert (tmp_path / "file").read_bytes().rstrip(b"\0") == b"content"


def test_reserving_nothing_makes_an_empty_file(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        file.write(b"x" * 10)
        file.flush()
        Kernel().reserve(file.fileno(), 0)

    assert (tmp_path / "file").stat().st_size == 0
