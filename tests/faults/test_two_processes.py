"""Two programs on one journal: the same job is refused by name, different jobs go side by side."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kills import objects
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3
from tests.support.headless import final_files, finish, start

USAGE = 2


@pytest.fixture
def server() -> Iterator[FaultyS3]:
    with FaultyS3() as server:
        server.put_all(objects(seed=5))
        yield server


class _Gate:
    """Lets twenty GETs through, and the others when it is opened."""

    def __init__(self, server: FaultyS3) -> None:
        self._opened = threading.Event()
        self._server = server
        server.plan = self._plan

    def wait_until_reached(self) -> None:
        self._server.wait_for(lambda: len(self._server.gets()) >= 20)

    def open(self) -> None:
        self._opened.set()

    def _plan(self, verb: str, _key: str, _range: str) -> Fault:
        if verb == "GET" and len(self._server.gets()) >= 20:
            assert self._opened.wait(300)
        return Fault.NONE


def test_the_same_download_twice_at_once_is_refused_and_names_the_process(
    server: FaultyS3, tmp_path: Path
) -> None:
    gate = _Gate(server)
    with start(server, tmp_path) as first:
        gate.wait_until_reached()
        code, _, err = finish(start(server, tmp_path))
        gate.open()
        first_code, _, first_err = finish(first)

    assert code == USAGE, err
    assert "error[job-locked]" in err
    assert str(first.pid) in err
    assert first_code == 0, first_err
    assert final_files(tmp_path) == {key: versions[-1] for key, versions in server.versions.items()}
    assert len(server.gets()) == len({(one.key, one.byte_range) for one in server.gets()})


@pytest.mark.parametrize("verb", ["resume", "cancel"])
def test_a_job_of_another_process_is_neither_resumed_nor_cancelled(
    server: FaultyS3, tmp_path: Path, verb: str
) -> None:
    gate = _Gate(server)
    with start(server, tmp_path) as first:
        gate.wait_until_reached()
        _, out, _ = finish(start(server, tmp_path, "jobs", "list", "--output", "json"))
        (job,) = json.loads(out)
        code, _, err = finish(start(server, tmp_path, "jobs", verb, job["job"]))
        gate.open()
        first_code, _, first_err = finish(first)

    assert job["state"] == "running"
    assert code == USAGE, err
    assert str(first.pid) in err
    assert first_code == 0, first_err


def test_different_jobs_share_a_journal(server: FaultyS3, tmp_path: Path) -> None:
    words = ("download", "--download-dir", str(tmp_path / "out"))
    with (
        start(server, tmp_path, *words, f"s3://{BUCKET}/small/") as small,
        start(server, tmp_path, *words, f"s3://{BUCKET}/large/") as large,
    ):
        ends = [finish(process) for process in (small, large)]

    assert [code for code, _, _ in ends] == [0, 0], ends
    stored = {key: versions[-1] for key, versions in server.versions.items() if "/" in key}
    assert final_files(tmp_path) == stored
    _, out, _ = finish(start(server, tmp_path, "jobs", "list", "--output", "json"))
    assert [job["state"] for job in json.loads(out)] == ["done", "done"]


def test_a_lock_whose_process_is_gone_can_be_taken(server: FaultyS3, tmp_path: Path) -> None:
    gate = _Gate(server)
    with start(server, tmp_path) as first:
        gate.wait_until_reached()
        first.kill()
    gate.open()

    code, _, err = finish(start(server, tmp_path))

    assert code == 0, err
    assert not list((tmp_path / "data" / "journal.locks").iterdir())
    assert os.listdir(tmp_path / "out") == [BUCKET]  # noqa: PTH208  # names only
