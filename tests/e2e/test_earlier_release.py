"""Files that an earlier release wrote are opened, shown, and gone on with."""

import json
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.places import S3Uri
from s3nav.transfer import Selection, Source
from s3nav.transfer.planning import fingerprint
from tests.support.faulty_s3 import BUCKET, FaultyS3
from tests.support.headless import final_files, finish, start

EARLIER = Path(__file__).parents[1] / "data" / "earlier_release"
JOB, SCAN = "cc92a3da", "261130-cdcebf"
ENDPOINT = ("--endpoint-url", "http://127.0.0.1:9")
"""The endpoint of the scan; nothing listens there."""
CONTENT = {
    "small": b"a few bytes",
    "dir/other": b"other bytes" * 50,
    "large": bytes(range(256)) * 1024,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's files, as the earlier release left them."""
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    for file in EARLIER.glob("*.sqlite3"):
        shutil.copy(file, home / "data")
    shutil.copytree(EARLIER / "out", home / "out")
    with sqlite3.connect(home / "data" / "journal.sqlite3") as journal:
        for column in ("target", "wish"):
            journal.execute(
                f"UPDATE jobs SET {column} = replace({column}, '/home/user/out', ?)",
                (str(home / "out"),),
            )
    journal.close()
    return home


def run(
    home: Path,
    *words: str,
    server: FaultyS3 | None = None,
    extra: Mapping[str, str] | None = None,
) -> str:
    code, out, err = finish(start(server, home, *words, extra=extra))
    assert code == 0, err
    return out


def test_an_unfinished_download_is_shown_and_finished_from_its_parts(home: Path) -> None:
    with FaultyS3() as server:
        url = server.url
        server.put_all(CONTENT)
        jobs = json.loads(run(home, "--output", "json", "jobs", "list"))
        code, _, notice = finish(start(server, home, "jobs", "resume", JOB))
        gets = {seen.byte_range for seen in server.gets() if seen.key == "large"}

    assert code == 0
    assert f"using {url}: an earlier s3nav planned `{JOB}`" in notice
    assert [job["job"] for job in jobs] == [JOB]
    assert final_files(home) == CONTENT
    assert not {"bytes=65536-131071", "bytes=131072-196607"} & gets
    assert len(gets) == 2, "the parts that were not recorded, and no others"


def test_the_selection_of_an_unfinished_download_is_recognised() -> None:
    with sqlite3.connect(EARLIER / "journal.sqlite3") as journal:
        [(known,)] = journal.execute("SELECT fingerprint FROM jobs").fetchall()
    journal.close()
    sources = (Source(place=S3Uri(BUCKET)),)

    again = fingerprint(Selection(sources=sources, target=Path("/home/user/out")))

    assert again == known


def test_a_scan_is_listed_and_searched(home: Path) -> None:
    scans = json.loads(run(home, *ENDPOINT, "--output", "json", "scan", "list"))
    found = run(home, *ENDPOINT, "find", f"s3://{BUCKET}", "--scan", SCAN, "--include", "*arge")

    assert [(scan["id"], scan["objects"]) for scan in scans] == [(SCAN, 3)]
    assert "large" in found


def test_a_scan_without_a_recorded_endpoint_is_of_aws_and_not_reused(home: Path) -> None:
    scans = home / "data" / "scans.sqlite3"
    with sqlite3.connect(scans) as database:
        database.execute("UPDATE scans SET endpoint = '', started_at = unixepoch()")
    database.close()
    with FaultyS3() as server:
        server.put_all({"new": b"1"})
        elsewhere = json.loads(
            run(home, "--output", "json", "scan", "list", extra={"AWS_ENDPOINT_URL": server.url})
        )
        listed = json.loads(run(home, "--output", "json", "scan", "list"))

    assert [scan["id"] for scan in listed] == [SCAN]
    assert elsewhere == []
    kept = ScanStore(scans)
    assert [record.connection for record in kept.records("aws")] == [None]
    kept.close()


def test_a_scrape_is_listed_and_searched(home: Path) -> None:
    scrapes = json.loads(run(home, "--output", "json", "scrape", "list"))
    documents = run(home, "scrape", "query")

    assert [scrape["total_resources_saved"] for scrape in scrapes] == [8]
    assert "ListBuckets" in documents


def test_prices_are_searched(home: Path) -> None:
    assert "USE2-TimedStorage-ByteHrs" in run(home, "pricing", "search", "storage")


def test_a_settings_file_is_read(home: Path) -> None:
    shown = json.loads(
        run(home, "--config", str(EARLIER / "settings.toml"), "--output", "json", "config", "show")
    )

    values = {row["name"]: row["value"] for row in shown}
    assert (values["retry_attempts"], values["ascii_icons"]) == (7, True)
    assert {row["source"] for row in shown if row["name"] == "retry_attempts"} != {"default"}
