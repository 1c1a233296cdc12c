"""A scan that is killed or interrupted goes on, and asks for nothing it had."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.browse.scans.scan_records import missing
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.model.objects import KeySpan
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan, no_fault
from tests.support.headless import DEADLINE_S, finish, start
from tests.support.waiting import eventually

OBJECTS = 4000
PAGE = 20
PLACE = f"s3://{BUCKET}"


@pytest.fixture
def server() -> Iterator[FaultyS3]:
    with FaultyS3(page_size=PAGE) as server:
        server.put_all({f"logs/{n % 10}/{n:05}": b"x" * (n % 7) for n in range(OBJECTS)})
        yield server


def spans(home: Path) -> list[KeySpan]:
    """What is on the disk of the only scan."""
    kept = ScanStore(home / "data" / "scans.sqlite3")
    try:
        (record,) = kept.running()
        return kept.spans(record.scan_id)
    finally:
        kept.close()


def silent_after(server: FaultyS3, pages: int) -> Plan:
    """So many pages are listed, however fast whoever asks may be."""
    return lambda verb, _key, _range: (
        Fault.SILENCE if verb == "LIST" and len(server.listed_after) >= pages else Fault.NONE
    )


def is_inside(after: str, listed: list[KeySpan]) -> bool:
    """Whether a page that begins here lists again what is listed."""
    return any(s.after <= after and (s.upto is None or after < s.upto) for s in listed)


def test_a_killed_scan_goes_on_without_listing_again_what_is_on_the_disk(
    server: FaultyS3, tmp_path: Path
) -> None:
    pages = OBJECTS // PAGE
    server.plan = silent_after(server, pages * 4 // 10)
    process = start(server, tmp_path, "scan", PLACE)
    server.wait_for(lambda: len(server.listed_after) >= pages * 4 // 10)
    eventually(lambda: spans(tmp_path), DEADLINE_S, what="nothing comes to the disk")
    process.send_signal(signal.SIGKILL)
    finish(process)
    there = spans(tmp_path)
    at_kill = len(server.listed_after)
    assert missing(there)
    server.plan = no_fault

    code, out, err = finish(start(server, tmp_path, "scan", PLACE, "--output", "json"))

    assert code == 0, err
    document = json.loads(out)
    assert (document["objects"], document["complete"]) == (OBJECTS, True)
    assert document["size_bytes"] == sum(n % 7 for n in range(OBJECTS))
    assert document["coverage"]["share"] == 1.0
    again = server.listed_after[at_kill:]
    assert [after for after in again if is_inside(after, there)] == []
    assert len(again) < pages


def test_an_interrupted_scan_is_partial_and_says_how_to_go_on(
    server: FaultyS3, tmp_path: Path
) -> None:
    server.plan = silent_after(server, 40)
    process = start(server, tmp_path, "scan", PLACE, "--output", "json")
    server.wait_for(lambda: len(server.listed_after) >= 40)
    process.send_signal(signal.SIGINT)
    code, out, err = finish(process)
    server.plan = no_fault

    assert code == 130, err
    document = json.loads(out)
    assert document["complete"] is False
    assert 0 < document["objects"] < OBJECTS
    assert f"resume with: s3nav --headless --data-dir {tmp_path / 'data'}" in err
    assert "Traceback" not in err
    code, out, _ = finish(start(server, tmp_path, "scan", "list", "--output", "json"))
    assert [(s["state"], s["reason"]) for s in json.loads(out)] == [
        ("partial", "stopped before its end")
    ]

    code, out, err = finish(start(server, tmp_path, "scan", PLACE, "--output", "json"))

    assert code == 0, err
    assert json.loads(out)["id"] == document["id"]
    assert json.loads(out)["objects"] == OBJECTS
