"""A scan that has clerks, in a process of its own, and the signals that end it."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.listing_server import BUCKET, dated, total_bytes
from tests.support.headless import finish, start
from tests.support.listing_thread import ListingThread
from tests.support.tiers import rest_is_slow

OBJECTS = 120_000
PLACE = f"s3://{BUCKET}"
CLERKS = {"S3NAV_LIST_PROCESSES": "2"}
WAITS_S = 20.0


@pytest.fixture
def server() -> Iterator[ListingThread]:
    with ListingThread(dated(OBJECTS)) as server:
        yield server


def clerks_of(process: "subprocess.Popen[str]") -> set[int]:
    found: set[int] = set()
    for listed in Path(f"/proc/{process.pid}/task").glob("*/children"):
        try:
            found |= set(map(int, listed.read_text().split()))
        except OSError:
            continue  # that thread has just ended
    return found


def wait_until_gone(pids: set[int]) -> None:
    until = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < until
        time.sleep(0.02)


def with_clerks(server: ListingThread, home: Path) -> tuple["subprocess.Popen[str]", set[int]]:
    """A scan that hangs in its middle, and the clerks that it has by then."""
    server.hang(after=90, seconds=60.0)
    process = start(server, home, "scan", PLACE, extra=CLERKS)
    until = time.monotonic() + WAITS_S
    clerks: set[int] = set()
    while len(clerks) < 2 or len(server.requests) <= 90:
        assert time.monotonic() < until
        assert process.poll() is None
        clerks |= clerks_of(process)
        time.sleep(0.02)
    return process, clerks


def test_clerks_end_when_who_started_them_is_killed(server: ListingThread, tmp_path: Path) -> None:
    process, clerks = with_clerks(server, tmp_path)

    process.kill()

    finish(process)
    wait_until_gone(clerks)


@pytest.mark.parametrize("number", rest_is_slow([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_ends_a_scan_with_clerks_at_once_and_it_goes_on_later(
    server: ListingThread, tmp_path: Path, number: signal.Signals
) -> None:
    process, clerks = with_clerks(server, tmp_path)

    process.send_signal(number)
    code, _, err = finish(process, 5)

    assert code == 130, err
    assert "Traceback" not in err
    wait_until_gone(clerks)
    server.hang(after=10_000, seconds=0.0)
    since = len(server.requests)
    code, out, err = finish(
        start(server, tmp_path, "scan", PLACE, "--output", "json", extra=CLERKS)
    )
    assert code == 0, err
    told = json.loads(out)
    assert (told["objects"], told["size_bytes"]) == (OBJECTS, total_bytes(OBJECTS))
    assert told["complete"]
    assert len(server.requests) - since < OBJECTS // 1000
