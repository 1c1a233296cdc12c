"""Pause, resume, cancel and close act also while no answer comes, or never ends."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.transfer import Selection, Source, Transfers
from tests.faults.storm import PART_BYTES, WORKERS, client
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, no_fault
from tests.support.waiting import eventually

READ_TIMEOUT_S = 3000.0
DEADLINE_S = 300.0
"""Less than the read timeout, and than a byte now and then takes to the end of an object."""
Stop = Callable[[Transfers, str], None]
HELD_AFTER = 3 * WORKERS
AT_THE_SOCKET = {"connection.py", "selectors.py"}
"""Where a thread is that waits for bytes."""
SIZES = {"small": 2_000, "whole": PART_BYTES - 5, "large": 6 * PART_BYTES}


def _stall(server: FaultyS3, transfers: Transfers, home: Path, size: int) -> str:
    """A job all of whose workers wait for bytes that do not come."""
    count = 1 if size > PART_BYTES else WORKERS
    server.put_all({f"k{n}": bytes([n]) * size for n in range(count)})
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    # Small objects are asked for ahead: a server that is stuck has read few of the requests.
    server.wait_for(lambda: len(server.gets()) >= (6 if size == SIZES["large"] else 1))
    eventually(_all_wait_for_s3, what="no worker waits for S3")
    return job_id


def _all_wait_for_s3() -> bool:
    """The workers are at the socket, and those without work wait for some."""
    frames = sys._current_frames()
    workers = [one for one in threading.enumerate() if one.name.startswith("s3nav-fetch")]
    places = {
        Path(frames[one.ident].f_code.co_filename).name
        for one in workers
        if one.ident is not None and one.ident in frames
    }
    return bool(places & AT_THE_SOCKET) and places <= {*AT_THE_SOCKET, "threading.py"}


def _always(fault: Fault) -> Callable[[str, str, str], Fault]:
    return lambda verb, _key, _range: fault if verb == "GET" else Fault.NONE


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.SILENCE, Fault.LONG_DRIP])
def test_a_stalled_job_pauses_and_resumes(tmp_path: Path, fault: Fault, size: int) -> None:
    with (
        FaultyS3(plan=_always(fault)) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        job_id = _stall(server, transfers, tmp_path, size)

        transfers.pause(job_id)

        assert transfers.wait(job_id, DEADLINE_S)
        assert transfers.job(job_id).state is JobState.PAUSED
        server.plan = lambda _verb, _key, _range: Fault.NONE
        transfers.resume(job_id)
        assert transfers.wait(job_id, 300)
        assert transfers.job(job_id).state is JobState.DONE


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_stalled_job_is_cancelled_and_leaves_no_temporary_file(tmp_path: Path, size: int) -> None:
    with (
        FaultyS3(plan=_always(Fault.STALL)) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        job_id = _stall(server, transfers, tmp_path, size)

        transfers.cancel(job_id)

        assert transfers.wait(job_id, DEADLINE_S)
        assert transfers.job(job_id).state is JobState.CANCELLED
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_closing_does_not_wait_for_a_stalled_connection(tmp_path: Path) -> None:
    with (
        FaultyS3(plan=_always(Fault.SILENCE)) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        job_id = _stall(server, transfers, tmp_path, SIZES["large"])

        transfers.close()

        assert transfers.wait(job_id, DEADLINE_S)


@pytest.mark.parametrize(
    ("stop", "state"),
    [(Transfers.pause, JobState.PAUSED), (Transfers.cancel, JobState.CANCELLED)],
    ids=["pause", "cancel"],
)
@pytest.mark.parametrize("fault", [Fault.DRIP, Fault.LONG_DRIP, Fault.NONE], ids=lambda f: f.name)
@pytest.mark.parametrize(("size", "count"), [(2_000, 2_000), (60 * PART_BYTES, 2)])
def test_a_flowing_job_stops_within_its_objects_and_goes_on(
    tmp_path: Path, stop: Stop, state: JobState, fault: Fault, size: int, count: int
) -> None:
    taken: list[None] = []
    may_flow = threading.Event()

    def hold_back(verb: str, _key: str, _range: str) -> Fault:
        """Most of the job waits for the stop, however slow whoever stops it is."""
        if verb == "GET" and len(server.gets()) > HELD_AFTER:
            may_flow.wait(DEADLINE_S)
        return fault if verb == "GET" else Fault.NONE

    with (
        FaultyS3(plan=hold_back) as server,
        client(server, tmp_path, read_timeout_s=READ_TIMEOUT_S) as transfers,
    ):
        server.sent = lambda: taken.append(None)
        server.put_all({f"k{n:05}": bytes([n % 256]) * size for n in range(count)})
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "out")
        job_id = transfers.plan(selection).job_id
        transfers.start(job_id)
        server.wait_for(lambda: len(taken) >= WORKERS)

        stop(transfers, job_id)
        may_flow.set()

        assert transfers.wait(job_id, DEADLINE_S)
        assert transfers.job(job_id).state is state
        number = len(server.gets())
        assert number < count * -(-size // PART_BYTES), "it was stopped, and not through"
        server.plan = no_fault
        transfers.resume(job_id)
        server.wait_for(lambda: len(server.gets()) > number)
