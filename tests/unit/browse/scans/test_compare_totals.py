"""Scans whose objects are no longer kept: compared by the totals of their prefixes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.browse import Scans, ScanState
from s3nav.browse.scans.scan_records import ScanRecord
from s3nav.model.errors import UsageError
from tests.unit.browse.scans.test_scans import ROADS, Desk

pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, scans_kept=20)
    yield made
    made.scans.close()


def count(desk: Desk) -> ScanRecord:
    desk.later(hours=1)
    return desk.scans.count(ROADS, fresh=True).record


def grown(scans: Scans, *ids: str, depth: int) -> dict[str, tuple[int, int]]:
    found = scans.compare(*ids, depth=depth)
    return {p: (c.grown_objects, c.grown_bytes) for p, c in found.by_prefix.items()}


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_totals_show_the_growth_that_objects_show(desk: Desk, depth: int) -> None:
    desk.fill(90)
    desk.store.put("roads", "readme", b"12345")
    before = count(desk).scan_id
    desk.store.delete("roads", "logs/0/00000")
    desk.store.put("roads", "logs/3/new", b"1")
    desk.store.put("roads", "new/deep/a", b"12")
    desk.store.put("roads", "readme", b"1")
    after = count(desk).scan_id
    by_object = desk.scans.compare(before, after, depth=depth)
    exact = grown(desk.scans, before, after, depth=depth)
    for _ in range(3):
        count(desk)

    by_totals = desk.scans.compare(before, after, depth=depth)

    assert (by_object.by_object, by_totals.by_object) == (True, False)
    assert by_totals.is_complete
    assert by_totals.whole.grown_bytes == by_object.whole.grown_bytes
    assert by_totals.whole.grown_objects == by_object.whole.grown_objects
    assert grown(desk.scans, before, after, depth=depth) == exact


def test_an_old_scan_is_compared_with_the_newest(desk: Desk) -> None:
    before = count(desk).scan_id
    desk.fill(10)
    after = [count(desk).scan_id for _ in range(4)][-1]

    assert grown(desk.scans, before, after, depth=1) == {"logs/": (10, sum(range(10)))}


def test_killed_scans_do_not_push_out_the_objects_of_complete_ones(desk: Desk) -> None:
    desk.fill(2500)
    complete = [count(desk) for _ in range(3)]
    for _ in range(4):
        desk.later(hours=1)
        desk.store.requests.clear()
        part = desk.scans.count(ROADS, desk.stop_after(1), fresh=True).record
        assert part.state is ScanState.CANCELLED

    assert all(desk.scans.record(each.scan_id).has_objects for each in complete)


def test_totals_of_a_part_are_not_compared(desk: Desk) -> None:
    desk.fill(2500)
    part = desk.scans.count(ROADS, desk.stop_after(1), fresh=True).record
    complete = [count(desk) for _ in range(4)]

    assert not desk.scans.record(part.scan_id).has_objects
    with pytest.raises(UsageError, match="is not complete"):
        desk.scans.compare(part.scan_id, complete[-1].scan_id)
