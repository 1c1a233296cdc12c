"""A listing that goes wrong: the plan fails clearly, or is whole; it is never silently short."""

from collections.abc import Callable
from pathlib import Path

import pytest

from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.transfer import ItemState, Selection, Source, Transfers
from tests.faults.storm import client
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
    Fault.REDIRECT: "wrong-region",
    Fault.NO_TOKEN: "bad-listing",
    Fault.CIRCLE: "bad-listing",
    Fault.WEB_PAGE: "bad-listing",
}
HARMLESS = (Fault.CHUNKED, Fault.DRIP)


def _page(number: int, fault: Fault, *, times: int = 1_000) -> Plan:
    """Spoil the `number`-th page from 1, and what is asked after it, so many times."""
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
        client(server, tmp_path) as transfers,
    ):
        server.put_all(stored)

        with pytest.raises(S3NavError) as raised:
            _plan(transfers, tmp_path)

        assert raised.value.reference == slug
        assert raised.value.remedy or raised.value.context
        assert transfers.jobs() == []
        assert server.gets() == []
        assert len(server.seen) < 100, "a listing in circles is left soon"


@pytest.mark.parametrize("fault", [*FAULTS, *HARMLESS], ids=lambda fault: fault.name.lower())
def test_a_page_that_goes_wrong_once_never_makes_a_short_plan(
    tmp_path: Path, stored: dict[str, bytes], fault: Fault
) -> None:
    once = _page(2, fault, times=1)
    with FaultyS3(plan=once, page_size=PAGE) as server, client(server, tmp_path) as transfers:
        server.put_all(stored)

        counted = _outcome(lambda: _plan(transfers, tmp_path))

    assert counted in {OBJECTS, None}
    assert counted == OBJECTS or fault not in HARMLESS


def test_an_object_listed_and_gone_is_told_and_costs_no_other(tmp_path: Path) -> None:
    with FaultyS3() as server, client(server, tmp_path) as transfers:
        server.put_all({"a": b"1", "b": b"2"})
        selection = Selection(sources=(Source(place=S3Uri(BUCKET)),), target=tmp_path / "out")
        job = transfers.plan(selection)
        server.delete("a")

        transfers.start(job.job_id)
        assert transfers.wait(job.job_id, 20)

        states = {item.source[-1]: item.state for item in transfers.items(job.job_id)}
    assert states == {"a": ItemState.FAILED, "b": ItemState.DONE}


def _outcome(plan: Callable[[], int]) -> int | None:
    """How many files were planned; None when the plan failed."""
    try:
        return plan()
    except S3NavError:
        return None
