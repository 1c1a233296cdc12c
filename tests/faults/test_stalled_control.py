"""Pause, resume, cancel and close act within a second also while no answer comes."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.transfer import Selection, Source, Transfers
from tests.faults.storm import PART_BYTES, WORKERS, client
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3

READ_TIMEOUT_S = 30.0
SOON_S = 8.0
"""Far less than the read timeout; a second is wanted, more is granted to a busy machine."""
SIZES = {"small": 2_000, "whole": PART_BYTES - 5, "large": 6 * PART_BYTES}


def _stall(server: FaultyS3, transfers: Transfers, home: Path, size: int) -> str:
    """A job all of whose workers wait for bytes that do not come."""
    count = 1 if size > PART_BYTES else WORKERS
    server.put_all({f"k{n}": bytes([n]) * size for n in range(count)})
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    server.wait_for(lambda: len(server.gets()) >= min(WORKERS, 6))
    return job_id


def _always(fault: Fault) -> Callable[[str, str, str], Fault]:
    return lambda verb, _key, _range: fault if verb == "GET" else Fault.NONE


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.SILENCE, Fault.LONG_DRIP])
def test_a_stalled_job_pauses_soon_and_resumes(tmp_path: Path, fault: Fault, size: int) -> None:
    with (
        FaultyS3(plan=_always(fault)) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        job_id = _stall(server, transfers, tmp_path, size)

        transfers.pause(job_id)

        assert transfers.wait(job_id, SOON_S)
        assert transfers.job(job_id).state is JobState.PAUSED
        server.plan = lambda _verb, _key, _range: Fault.NONE
        transfers.resume(job_id)
        assert transfers.wait(job_id, 20)
        assert transfers.job(job_id).state is JobState.DONE


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_stalled_job_is_cancelled_soon_and_leaves_no_temporary_file(
    tmp_path: Path, size: int
) -> None:
    with (
        FaultyS3(plan=_always(Fault.STALL)) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        job_id = _stall(server, transfers, tmp_path, size)

        transfers.cancel(job_id)

        assert transfers.wait(job_id, SOON_S)
        assert transfers.job(job_id).state is JobState.CANCELLED
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_closing_does_not_wait_for_a_stalled_connection(tmp_path: Path) -> None:
    with FaultyS3(plan=_always(Fault.SILENCE)) as server:
        with client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers:
            _stall(server, transfers, tmp_path, SIZES["large"])
            began = time.monotonic()
        assert time.monotonic() - began < SOON_S
