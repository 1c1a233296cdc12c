"""The real client on an S3 that misbehaves: each fault has its outcome, no byte is wrong."""

from collections import Counter
from pathlib import Path

import pytest

from s3nav.aws.http import pipelined_connections
from s3nav.model.errors import ExpiredCredentialsError
from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.retries.request_retries import BUDGET
from s3nav.transfer import ItemState, Selection, Source, Transfers
from tests.faults.storm import FAULTS, PART_BYTES, Outcome, Shape, client, run
from tests.support.faulty_answers import WEB_PAGE
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan
from tests.support.tiers import rest_is_slow

REQUESTS = 40
RETRIED = frozenset(FAULTS) - {Fault.DRIP}


@pytest.mark.parametrize("shape", rest_is_slow(Shape))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_every_fault_costs_time_and_no_byte(tmp_path: Path, fault: Fault, shape: Shape) -> None:
    seen = run(fault, shape, requests=REQUESTS, seed=1, home=tmp_path)

    assert seen.faults, "nothing went wrong: the test tests nothing"
    assert (seen.wrong_files, seen.missing_files, seen.hangs) == (0, 0, 0)
    assert (seen.state, seen.failed) == (JobState.DONE, ())
    assert (seen.retried >= 1) is (fault in RETRIED)
    assert not _temporaries(tmp_path)
    _check_outcome(fault, seen)


def _check_outcome(fault: Fault, seen: Outcome) -> None:
    """What is special about some faults; the others are tried again and come right."""
    if fault is Fault.EXPIRED_TOKEN:
        assert isinstance(seen.problem, ExpiredCredentialsError)
        assert "log in again" in seen.problem.remedy
        assert seen.renewals == seen.faults
    else:
        assert seen.problem is None
        assert seen.renewals == 0


def _temporaries(home: Path) -> list[Path]:
    return [path for path in (home / "out").rglob("*.part") if path.is_file()]


def _always(fault: Fault) -> Plan:
    return lambda verb, _key, _range: fault if verb == "GET" else Fault.NONE


def _download(transfers: Transfers, home: Path, deadline_s: float = 300.0) -> str:
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, deadline_s)
    return job_id


@pytest.mark.parametrize(
    ("fault", "slug"),
    [
        (Fault.FLIPPED_BIT, "checksum-mismatch"),
        (Fault.WRONG_LENGTH, "wrong-length"),
        (Fault.CHUNKED, "bad-answer"),
        (Fault.GARBAGE_HEADERS, "bad-answer"),
        (Fault.TRUNCATION, "truncated"),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Fault) else value,
)
@pytest.mark.parametrize("size", [700, 3 * PART_BYTES])
def test_a_fault_that_stays_fails_the_file_and_leaves_no_name(
    tmp_path: Path, fault: Fault, slug: str, size: int
) -> None:
    with (
        FaultyS3(plan=_always(fault)) as server,
        client(server, tmp_path, retry_attempts=2) as transfers,
    ):
        server.put("k", bytes(size))

        job_id = _download(transfers, tmp_path)

        failed = transfers.items(job_id, state=ItemState.FAILED)
        assert len(failed) == 1
        assert transfers.job(job_id).state is JobState.FAILED
        tries = Counter((one.key, one.byte_range) for one in server.gets())
    assert max(tries.values()) == 3, "as often as asked for, and not that often again"
    assert failed[0].reason.startswith((slug, "wrong-range"))
    assert not (tmp_path / "out" / BUCKET / "k").exists()


def test_successes_pay_for_the_retries_of_many_small_files(tmp_path: Path) -> None:
    seen = run(Fault.SERVER_ERROR, Shape.SMALL, requests=900, seed=2, home=tmp_path)

    assert seen.faults > BUDGET, "the budget was never in danger"
    assert (seen.state, seen.failed, seen.wrong_files) == (JobState.DONE, (), 0)


def test_a_web_page_as_long_as_the_object_never_lands(tmp_path: Path) -> None:
    plan = _always(Fault.WEB_PAGE)
    with FaultyS3(plan=plan) as server, client(server, tmp_path, retry_attempts=1) as transfers:
        server.put("k", bytes(len(WEB_PAGE)))

        job_id = _download(transfers, tmp_path)

        (item,) = transfers.items(job_id)
    assert item.state is ItemState.FAILED
    assert not (tmp_path / "out" / BUCKET / "k").exists()


def test_an_object_that_keeps_changing_is_given_up_and_never_spliced(tmp_path: Path) -> None:
    with FaultyS3(plan=_always(Fault.CHANGED)) as server, client(server, tmp_path) as transfers:
        server.put("k", bytes(3 * PART_BYTES))

        job_id = _download(transfers, tmp_path)

        (item,) = transfers.items(job_id)
    assert item.state is ItemState.FAILED
    assert "keeps changing" in item.reason
    assert not (tmp_path / "out" / BUCKET / "k").exists()


def test_an_object_that_is_deleted_fails_alone(tmp_path: Path) -> None:
    with FaultyS3() as server, client(server, tmp_path) as transfers:
        server.put_all({"gone": b"1", "there": b"2"})
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "out")
        job_id = transfers.plan(selection).job_id
        server.delete("gone")

        transfers.start(job_id)
        assert transfers.wait(job_id, 300)

        (failed,) = transfers.items(job_id, state=ItemState.FAILED)
    assert failed.reason.startswith("no-such-key")
    assert (tmp_path / "out" / BUCKET / "there").read_bytes() == b"2"


def test_a_server_that_is_gone_pauses_the_job_and_the_rest_follows_later(tmp_path: Path) -> None:
    stored = {f"k{n:03}": bytes([n]) * 50 for n in range(60)}
    with FaultyS3(plan=_always(Fault.RESET)) as server, client(server, tmp_path) as transfers:
        server.put_all(stored)

        job_id = _download(transfers, tmp_path)

        assert transfers.job(job_id).state in {JobState.PAUSED, JobState.FAILED}
        server.plan = lambda _verb, _key, _range: Fault.NONE
        transfers.resume(job_id)
        assert transfers.wait(job_id, 300)
        assert transfers.job(job_id).state is JobState.DONE
    landed = {p.name: p.read_bytes() for p in (tmp_path / "out" / BUCKET).iterdir()}
    assert landed == stored


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_every_fault_among_several_requests_on_one_connection_costs_no_byte(
    tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelined_connections, "SAMPLE_S", -1.0)
    monkeypatch.setattr(pipelined_connections, "LOW_WAIT_SHARE", 2.0)

    seen = run(fault, Shape.SMALL, requests=200, seed=3, home=tmp_path)

    assert seen.faults, "nothing went wrong: the test tests nothing"
    assert (seen.wrong_files, seen.missing_files, seen.hangs) == (0, 0, 0)
    assert (seen.state, seen.failed) == (JobState.DONE, ())
