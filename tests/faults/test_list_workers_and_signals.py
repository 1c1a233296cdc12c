"""A scan with list workers, in a process of its own, and the signals that end it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.listing_server import BUCKET, dated, total_bytes
from tests.support.headless import finish, start
from tests.support.listing_thread import ListingThread
from tests.support.tiers import rest_is_slow
from tests.support.waiting import eventually

OBJECTS = 120_000
PLACE = f"s3://{BUCKET}"
WORKERS = {"S3NAV_LIST_PROCESSES": "2", "S3NAV_READ_TIMEOUT_S": "3000"}
HANGS_S = 3000.0
"""Longer than any test: whatever waits for this response does not end."""


@pytest.fixture
def server() -> Iterator[ListingThread]:
    with ListingThread(dated(OBJECTS)) as server:
        yield server


def workers_of(process: "subprocess.Popen[str]") -> set[int]:
    found: set[int] = set()
    for listed in Path(f"/proc/{process.pid}/task").glob("*/children"):
        try:
            found |= set(map(int, listed.read_text().split()))
        except OSError:
            continue  # that thread has just ended
    return found


def wait_until_gone(pids: set[int]) -> None:
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def with_list_workers(
    server: ListingThread, home: Path
) -> tuple["subprocess.Popen[str]", set[int]]:
    """A scan that hangs halfway, and its list workers."""
    server.hang(after=90, seconds=HANGS_S)
    process = start(server, home, "scan", PLACE, extra=WORKERS, with_list_workers=True)

    def is_in_its_middle() -> bool:
        assert process.poll() is None
        return len(workers_of(process)) == 2 and len(server.requests) > 90

    eventually(is_in_its_middle, 300)
    return process, workers_of(process)


def test_list_workers_end_when_their_starter_is_killed(
    server: ListingThread, tmp_path: Path
) -> None:
    process, workers = with_list_workers(server, tmp_path)

    process.kill()

    finish(process)
    wait_until_gone(workers)


@pytest.mark.parametrize("number", rest_is_slow([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
def test_a_signal_ends_a_scan_with_list_workers_while_s3_is_silent_and_it_resumes_later(
    server: ListingThread, tmp_path: Path, number: signal.Signals
) -> None:
    process, workers = with_list_workers(server, tmp_path)

    process.send_signal(number)
    code, _, err = finish(process)

    assert code == 130, err
    assert "Traceback" not in err
    wait_until_gone(workers)
    server.hang(after=10_000, seconds=0.0)
    since = len(server.requests)
    code, out, err = finish(
        start(server, tmp_path, "scan", PLACE, "--output", "json", extra=WORKERS)
    )
    assert code == 0, err
    record = json.loads(out)
    assert (record["objects"], record["size_bytes"]) == (OBJECTS, total_bytes(OBJECTS))
    assert record["complete"]
    assert len(server.requests) - since < OBJECTS // 1000
