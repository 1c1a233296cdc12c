"""Others on this machine, and names from S3, cannot turn s3nav against its user."""

import os
import random
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from s3nav.browse import ScanRetention, Scans
from s3nav.model.errors import AccessDeniedError
from s3nav.model.places import S3Uri
from s3nav.persistence import create_temporary
from tests.support.command_line import Shell
from tests.support.memory_store import MemoryStore

DATABASES = ("journal.sqlite3", "scans.sqlite3", "scrapes.sqlite3")
SAMPLES = Path(__file__).parents[1] / "data" / "scrape" / "aws-list-all"


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def filled(shell: Shell, home: Path) -> Path:
    """The data directory after a download, a scan and an import of scrapes."""
    shell.store.put("b", "d/k")
    out = home.parent / "out"
    assert shell.headless("download", "s3://b/", "--download-dir", str(out)).exit_code == 0
    assert shell.headless("scan", "s3://b").exit_code == 0
    shell.headless("scrape", "import", str(SAMPLES))
    return home / "s3nav"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_s3nav_keeps_is_private_whatever_the_umask(
    shell: Shell, home: Path, umask: int
) -> None:
    shell.store.put("b", "d/k")
    ended = shell.headless("scan", "s3://b")
    shell.headless("jobs", "list")

    assert ended.exit_code == 0, ended.stderr
    assert (home / "s3nav" / "scans.sqlite3").exists()
    for path in (home, *home.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), (path, oct(umask))


def test_files_of_an_earlier_release_are_made_private(shell: Shell, filled: Path) -> None:
    for name in DATABASES:
        (filled / name).chmod(0o644)
    (filled / "logs" / "s3nav.jsonl").chmod(0o644)

    shell.headless("jobs", "list")
    shell.headless("scan", "s3://b")
    shell.headless("scrape", "list")

    assert {mode(filled / name) for name in DATABASES} == {0o600}
    assert mode(filled / "logs" / "s3nav.jsonl") == 0o600


def test_a_data_directory_that_everyone_may_write_to_is_warned_about(
    shell: Shell, home: Path
) -> None:
    (home / "s3nav").mkdir(parents=True)
    (home / "s3nav").chmod(0o777)

    ended = shell.headless("jobs", "list")

    assert ended.exit_code == 0
    assert "warning: everyone may write to" in ended.stderr
    assert "which holds s3nav's databases (mode 0777); run `chmod 700" in ended.stderr


@pytest.fixture
def victim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that links lead to, laid at each name that was used or will be drawn first."""
    file = tmp_path / "victim"
    file.write_text("untouched")
    monkeypatch.setattr("s3nav.persistence.atomic_files.os.urandom", random.Random(1).randbytes)
    drawn = random.Random(1).randbytes(8).hex()
    for name in ("report", "failed", "plan", "export.jsonl", "export.jsonl.gz"):
        for odd in (f"{os.getpid()}.tmp", "part", f"{drawn}.tmp"):
            (tmp_path / f".{name}.{odd}").symlink_to(file)
    return file


def test_links_laid_at_temporary_names_are_not_followed(
    shell: Shell, home: Path, victim: Path
) -> None:
    at = victim.parent
    shell.store.put("b", "d/k")
    shell.headless("scrape", "import", str(SAMPLES))
    out = ("--download-dir", str(at / "out"))
    shell.headless("download", "s3://b/", *out, "--report", str(at / "report"))
    shell.headless("download", "s3://b/", *out, "--failed", str(at / "failed"))
    shell.headless("download", "s3://b/", *out, "--dry-run", "--write-plan", str(at / "plan"))
    shell.headless("scrape", "export", str(at / "export.jsonl"))
    shell.headless("scrape", "export", str(at / "export.jsonl.gz"))

    assert victim.read_text() == "untouched"
    assert not any((at / name).is_symlink() for name in ("report", "plan", "export.jsonl"))


def test_a_temporary_name_that_is_taken_is_an_error(victim: Path) -> None:
    """It has 64 random bits; only a test draws it twice."""
    with pytest.raises(FileExistsError):
        create_temporary(victim.parent / "report")

    assert victim.read_text() == "untouched"


FORGED = "x\nerror[forged]: all is lost\r\x1b[2K\u202e"


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("error[forged]", "\x1b"))]


def test_names_and_codes_from_s3_begin_no_line(shell: Shell, tmp_path: Path) -> None:
    shell.open_store_error = AccessDeniedError(
        FORGED, remedy=FORGED, context={FORGED: FORGED}, slug=FORGED
    )

    ended = shell.headless("--verbose", "ls", "s3://b")

    assert "error[forged]" in ended.stderr
    assert lines_of(ended.stderr) == []
    assert "\x1b" not in ended.stderr


@pytest.mark.parametrize("words", [["ls", "s3://b"], ["find", "s3://b"]])
def test_keys_begin_no_line_of_a_table(shell: Shell, words: list[str]) -> None:
    shell.store.put("b", FORGED)
    shell.headless("scan", "s3://b")

    ended = shell.headless(*words)

    assert "error[forged]" in ended.stdout
    assert lines_of(ended.stdout + ended.stderr) == []
    assert "\x1b" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_a_spreadsheet_would_run_are_neutralised_on_demand(
    shell: Shell, begins: str
) -> None:
    shell.store.put("b", f"{begins}cmd|x")

    usual = shell.headless("--output", "csv", "ls", "s3://b").stdout
    safe = shell.headless("--output", "csv", "--csv-safe", "ls", "s3://b").stdout

    assert f"'{begins}cmd" not in usual
    assert f"'{begins}cmd" in safe


def test_a_clock_set_back_does_not_make_an_old_count_new(tmp_path: Path) -> None:
    store = MemoryStore()
    store.put("b", "k")
    clock = datetime(2026, 11, 20, tzinfo=UTC)

    def scans(now: datetime) -> Scans:
        return Scans(
            open_store=lambda: store,
            scans_file=tmp_path / "scans.sqlite3",
            publish=lambda event: None,
            retry_attempts=0,
            retention=ScanRetention(scans=3, reuse=timedelta(minutes=5)),
            now=lambda: now,
        )

    place = S3Uri("b")
    with closing(scans(clock)) as then:
        then.count(place)
    store.put("b", "k2")
    with closing(scans(clock - timedelta(days=2))) as back:
        assert back.reusable(place) is None
        counted = back.count(place)
        latest = back.latest(place)

    assert not counted.is_reused
    assert counted.record.objects == 2
    assert latest is not None
    assert latest.objects == 2


DAMAGES = {
    "no table": "DROP TABLE {table}",
    "other type": "UPDATE {table} SET {column} = 'nonsense'",
    "bytes": "UPDATE {table} SET {column} = x'ff00'",
}
ASKED = {
    "journal.sqlite3": (["jobs", "list"], "jobs", "created_at"),
    "scans.sqlite3": (["buckets"], "scans", "size_bytes"),
    "scrapes.sqlite3": (["scrape", "list"], "scrapes", "start_time"),
}


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_reported_with_a_remedy(
    shell: Shell, filled: Path, name: str, damage: str
) -> None:
    words, table, column = ASKED[name]
    with closing(sqlite3.connect(filled / name)) as plain, plain:
        plain.execute("PRAGMA writable_schema = ON")
        plain.execute(DAMAGES[damage].format(table=table, column=column))

    ended = shell.headless(*words)

    assert "error[bug]" not in ended.stderr
    assert "free space" not in ended.stderr
    if ended.exit_code:
        assert (ended.exit_code, "error[damaged-database]" in ended.stderr) == (8, True)
        assert name in ended.stderr
        assert "move it away" in ended.stderr
