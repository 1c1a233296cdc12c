"""A listing that goes wrong: the plan fails clearly, or is whole; it is never silently short."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.transfer import ItemState, PlanStoppedError, Selection, Source, Transfers
from tests.faults.storm import client, patience_s
from tests.support.faulty_s3 import BUCKET, Fault, FaultyS3, Plan

PAGE = 50
PAGES = 3
OBJECTS = PAGE * PAGES - 7
FAULTS = {
    Fault.RESET: "unreachable",
    Fault.STALL: "stalled",
    Fault.SILENCE: "stalled",
    Fault.TRUNCATION: "truncated",
    Fault.WRONG_LENGTH: "bad-listing",
    Fault.SERVER_ERROR: "unavailable",
    Fault.SLOW_DOWN: "slow-down",
    Fault.EXPIRED_TOKEN: "credentials-expired",
    Fault.GARBAGE: "bad-answer",
    Fault.GARBAGE_HEADERS: "bad-answer",
    Fault.REDIRECT: "redirected",
    Fault.NO_TOKEN: "bad-listing",
    Fault.CIRCLE: "bad-listing",
    Fault.WEB_PAGE: "bad-listing",
}
HARMLESS = (Fault.CHUNKED, Fault.DRIP)
FINAL = (Fault.EXPIRED_TOKEN, Fault.REDIRECT)
"""What asking again cannot help against."""
PASSING = tuple(fault for fault in FAULTS if fault not in FINAL)


def _page(number: int, fault: Fault, *, times: int = 1_000) -> Plan:
    """Damage the `number`-th page from 1, and the responses after it, this number of times."""
    asked = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal asked
        asked += verb == "LIST"
        return fault if verb == "LIST" and number <= asked < number + times else Fault.NONE

    return plan


def _plan(transfers: Transfers, home: Path) -> int:
    selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=home / "out")
    return transfers.plan(selection).total_files


@pytest.fixture(scope="module")
def stored() -> dict[str, bytes]:
    return {f"k{n:05}": b"x" for n in range(OBJECTS)}


@pytest.mark.parametrize("page", [1, 2, PAGES])
@pytest.mark.parametrize(("fault", "slug"), FAULTS.items(), ids=lambda value: str(value).lower())
def test_a_page_that_stays_wrong_fails_the_plan_and_leaves_no_job(
    tmp_path: Path, stored: dict[str, bytes], fault: Fault, slug: str, page: int
) -> None:
    with (
        FaultyS3(plan=_page(page, fault), page_size=PAGE) as server,
        client(server, tmp_path, retry_attempts=1, read_timeout_s=patience_s(fault)) as transfers,
    ):
        server.put_all(stored)

        with pytest.raises(S3NavError) as raised:
            _plan(transfers, tmp_path)

        assert raised.value.reference == slug
        assert raised.value.remedy or raised.value.context
        assert transfers.jobs() == []
        assert server.gets() == []
        assert len(server.seen) < 100, "a listing in circles is left soon"


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (page, fault)
        for page in (1, 2, PAGES)
        for fault in (*PASSING, *HARMLESS)
        # A first page that leads to itself looks like any first page.
        if (page, fault) != (1, Fault.CIRCLE)
    ],
    ids=lambda value: str(value).lower(),
)
def test_a_page_that_goes_wrong_twice_costs_a_moment_and_no_object(
    tmp_path: Path, stored: dict[str, bytes], fault: Fault, page: int
) -> None:
    # An endpoint that has never answered gets one more chance only.
    times = 1 if page == 1 else 2
    passing = _page(page, fault, times=times)
    with (
        FaultyS3(plan=passing, page_size=PAGE) as server,
        client(server, tmp_path, read_timeout_s=patience_s(fault)) as transfers,
    ):
        server.put_all(stored)

        counted = _plan(transfers, tmp_path)

        listings = [one for one in server.seen if one.verb == "LIST"]
    assert counted == OBJECTS
    assert any(one.fault is fault for one in listings)
    assert len(listings) == PAGES + (times if fault in PASSING else 0), (
        "no good page is asked again"
    )


@pytest.mark.parametrize("fault", FINAL, ids=lambda fault: fault.name.lower())
def test_what_does_not_pass_is_not_asked_again(
    tmp_path: Path, stored: dict[str, bytes], fault: Fault
) -> None:
    always = _page(2, fault)
    with FaultyS3(plan=always, page_size=PAGE) as server, client(server, tmp_path) as transfers:
        server.put_all(stored)

        with pytest.raises(S3NavError):
            _plan(transfers, tmp_path)

        assert len([one for one in server.seen if one.verb == "LIST"]) == 2


def test_a_dead_endpoint_is_left_after_one_more_try(tmp_path: Path) -> None:
    with (
        FaultyS3(plan=_page(1, Fault.SILENCE)) as server,
        client(server, tmp_path, read_timeout_s=patience_s(Fault.SILENCE)) as transfers,
    ):
        server.put_all({"a": b"1"})

        with pytest.raises(S3NavError, match="silent"):
            _plan(transfers, tmp_path)

        assert len(server.seen) == 2


@pytest.mark.parametrize("fault", [Fault.SLOW_DOWN, Fault.NONE], ids=["slow-down", "silence"])
def test_a_cancelled_plan_ends_without_a_response_and_leaves_no_job(
    tmp_path: Path, stored: dict[str, bytes], fault: Fault
) -> None:
    """While it waits to ask again, and while S3 says nothing for ever."""
    stopped = threading.Event()
    plan = _page(2, fault if fault is not Fault.NONE else Fault.SILENCE)
    with (
        FaultyS3(plan=plan, page_size=PAGE) as server,
        client(server, tmp_path, read_timeout_s=3000, retry_attempts=100_000) as transfers,
        ThreadPoolExecutor(1) as other,
    ):
        server.put_all(stored)
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "out")
        planning = other.submit(transfers.plan, selection, is_stopped=stopped.is_set)
        server.wait_for(lambda: len(server.seen) >= 2)

        stopped.set()

        with pytest.raises(PlanStoppedError):
            planning.result(300)
        assert transfers.jobs() == []
        assert not (tmp_path / "out").exists()


def test_an_object_deleted_after_its_listing_is_reported_and_costs_no_other(tmp_path: Path) -> None:
    with FaultyS3() as server, client(server, tmp_path) as transfers:
        server.put_all({"a": b"1", "b": b"2"})
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "out")
        job = transfers.plan(selection)
        server.delete("a")

        transfers.start(job.job_id)
        assert transfers.wait(job.job_id, 300)

        states = {item.source[-1]: item.state for item in transfers.items(job.job_id)}
    assert states == {"a": ItemState.FAILED, "b": ItemState.DONE}
