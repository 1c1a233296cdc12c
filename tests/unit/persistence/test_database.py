import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.persistence import Database, Writer

MIGRATIONS = ("CREATE TABLE facts (name TEXT PRIMARY KEY, number INTEGER NOT NULL);",)
INSERT = "INSERT INTO facts VALUES (?, ?)"
COUNT = "SELECT count(*) AS n FROM facts"
REPOSITORY = Path(__file__).parents[2]

WRITE_FOREVER = """
import sys
from pathlib import Path
from s3nav.persistence import Database

database = Database(Path(sys.argv[1]), (sys.argv[4],))
insert = "INSERT INTO facts VALUES (?, ?)"
number = 0
while True:
    database.write(lambda w: w.execute(insert, (f"{sys.argv[2]}{number}", number)))
    print(number, flush=True)
    number += 1
    if number == int(sys.argv[3]):
        break
database.close()
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "facts.sqlite3", MIGRATIONS)
    yield opened
    opened.close()


def insert(name: str, number: int = 0):  # type: ignore[no-untyped-def]
    return lambda writer: writer.execute(INSERT, (name, number))


def count(database: Database) -> int:
    row = database.reader().one(COUNT)
    assert row is not None
    return int(row["n"])


def test_a_directory_that_cannot_be_made_is_a_local_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(LocalDiskError, match="cannot open"):
        Database(tmp_path / "file" / "facts.sqlite3", MIGRATIONS)


def test_a_file_that_is_no_database_is_a_local_disk_error(tmp_path: Path) -> None:
    (tmp_path / "facts.sqlite3").write_text("not a database, long enough to be looked at" * 30)

    with pytest.raises(LocalDiskError, match="is damaged"):
        Database(tmp_path / "facts.sqlite3", MIGRATIONS)


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    Database(tmp_path / "facts.sqlite3", (*MIGRATIONS, "CREATE TABLE later (x);")).close()

    with pytest.raises(LocalDiskError, match="newer s3nav"):
        Database(tmp_path / "facts.sqlite3", MIGRATIONS)


def test_a_change_that_raises_is_undone_and_its_error_comes_back(database: Database) -> None:
    def half(writer: Writer) -> None:
        writer.execute(INSERT, ("half", 1))
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        database.write(half)

    assert count(database) == 0


def test_a_bad_change_does_not_take_others_of_its_batch_along(database: Database) -> None:
    good = database.enqueue(insert("good"))
    bad = database.enqueue(insert("good"))
    late = database.enqueue(insert("late"))
    database.flush()

    assert isinstance(bad.exception(), sqlite3.IntegrityError)
    assert (good.result(), late.result()) == (1, 1)
    assert count(database) == 2


def test_after_closing_changes_are_refused_and_closing_again_is_fine(database: Database) -> None:
    database.close()
    database.close()

    with pytest.raises(LocalDiskError, match="is closed"):
        database.write(insert("late"))


def test_enqueued_changes_are_durable_after_closing(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.sqlite3", MIGRATIONS)
    for number in range(500):
        database.enqueue(insert(f"{number}", number))
    database.close()

    again = Database(tmp_path / "facts.sqlite3", MIGRATIONS)
    assert count(again) == 500
    again.close()


def test_a_write_returns_what_its_work_returned(database: Database) -> None:
    assert database.write(insert("a")) == 1


def test_many_threads_write_and_read(database: Database) -> None:
    def work(name: str) -> None:
        for number in range(50):
            database.write(insert(f"{name}{number}", number))
            assert count(database) > number

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert count(database) == 200


def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    Database(tmp_path / "facts.sqlite3", MIGRATIONS).close()
    later = (*MIGRATIONS, "ALTER TABLE facts ADD COLUMN note TEXT DEFAULT 'none';")

    database = Database(tmp_path / "facts.sqlite3", later)
    database.write(insert_named("a"))
    row = database.reader().one("SELECT note FROM facts")
    database.close()

    assert row is not None
    assert row["note"] == "none"


def insert_named(name: str):  # type: ignore[no-untyped-def]
    return lambda writer: writer.execute("INSERT INTO facts (name, number) VALUES (?, 0)", (name,))


def test_confirmed_writes_survive_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite3"
    child = start_writer(path, "k", 10**9)
    assert child.stdout is not None
    confirmed = -1
    for line in child.stdout:
        confirmed = int(line)
        if confirmed >= 20:
            break
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    database = Database(path, MIGRATIONS)
    numbers = [row["number"] for row in database.reader().rows("SELECT number FROM facts")]
    database.close()

    assert set(range(confirmed + 1)) <= set(numbers)
    assert sorted(numbers) == list(range(len(numbers)))


def test_two_processes_write_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite3"
    children = [start_writer(path, name, 40) for name in ("a", "b")]
    for child in children:
        child.communicate()

    database = Database(path, MIGRATIONS)
    assert count(database) == 80
    database.close()
    assert [child.returncode for child in children] == [0, 0]


def test_many_make_the_same_file_at_the_same_moment(tmp_path: Path) -> None:
    for round_number in range(20):
        path = tmp_path / f"{round_number}.sqlite3"
        together = threading.Barrier(4)

        def make(path: Path = path, together: threading.Barrier = together) -> None:
            together.wait()
            Database(path, MIGRATIONS).close()

        with ThreadPoolExecutor(4) as pool:
            for made in [pool.submit(make) for _ in range(4)]:
                made.result()


def start_writer(path: Path, name: str, changes: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE_FOREVER, str(path), name, str(changes), MIGRATIONS[0]],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
