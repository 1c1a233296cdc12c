"""Endpoints that list in another order than S3: everything is found, each key once."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3nav.browse import ScanRetention, Scans, list_parallel, list_versions_parallel
from s3nav.browse.scans.scan_records import missing
from s3nav.browse.scans.scan_store import ScanStore
from s3nav.browse.scans.version_sums import VersionSums, count_versions
from s3nav.model.objects import KeyPage, KeySpan, ListRequest, VersionPage
from s3nav.model.places import S3Uri
from tests.support.key_store import KeyStore, no_restart
from tests.support.odd_order import ORDERS, OddStore, awkward_keys, late_disorder

PLACE = S3Uri("bucket")
PAGE = 10
pytestmark = pytest.mark.usefixtures("short_waits")
every_order = pytest.mark.parametrize("kind", ORDERS)
key_sets = st.one_of(
    st.lists(awkward_keys, max_size=80, unique=True),
    st.integers(0, 120).map(late_disorder),
)


@dataclass
class Kept:
    """What a listing handed out since its last start."""

    keys: Counter[str] = field(default_factory=Counter)
    spans: list[KeySpan] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        self.keys.clear()
        self.spans.clear()

    def take(self, span: KeySpan, page: KeyPage) -> None:
        with self.lock:
            self.spans.append(span)
            self.keys.update(page.keys)

    def take_versions(self, page: VersionPage) -> None:
        with self.lock:
            self.keys.update(page.keys)


@pytest.mark.parametrize("workers", [1, 6])
@every_order
@given(key_sets, st.sampled_from([1, 3, PAGE]))
@settings(max_examples=40)
def test_a_parallel_listing_hands_out_every_key_once(
    kind: str, workers: int, keys: list[str], page: int
) -> None:
    store, kept = OddStore.of(keys, kind, page), Kept()

    outcome = list_parallel(
        store,
        PLACE,
        sink=kept.take,
        restart=kept.keys.clear,
        is_cancelled=lambda: False,
        retry_attempts=2,
        workers=workers,
        page_size=page,
    )

    assert outcome.complete
    assert kept.keys == Counter(set(keys))


@every_order
@given(key_sets, st.integers(1, 40), st.sampled_from([1, 3, PAGE]))
@settings(max_examples=60)
def test_a_cancelled_listing_that_goes_on_hands_out_every_key_once(
    kind: str, keys: list[str], stop_after: int, page: int
) -> None:
    store, kept = OddStore.of(keys, kind, page), Kept()
    outcome = None
    for most in (stop_after, 10**6):
        if not any(span.upto is None or span.after < span.upto for span in kept.spans):
            kept.clear()  # as a scan does with pages that prove nothing
        outcome = list_parallel(
            store,
            PLACE,
            todo=missing(kept.spans),
            sink=kept.take,
            restart=kept.clear,
            is_cancelled=lambda most=most: len(store.list_requests) >= most,  # type: ignore[misc]
            retry_attempts=2,
            workers=6,
            page_size=page,
        )

    assert outcome is not None
    assert outcome.complete
    assert kept.keys == Counter(set(keys))


def test_an_interval_that_ends_too_early_is_noticed_where_it_meets_the_next() -> None:
    keys = late_disorder(40)
    store, kept = OddStore.of(keys, "directory", PAGE), Kept()

    # An earlier run listed all behind `obj+/`: `x`, but not `obj/`, which comes before it here.
    outcome = list_parallel(
        store,
        PLACE,
        todo=(KeySpan(upto="obj+/"),),
        sink=kept.take,
        restart=kept.keys.clear,
        is_cancelled=lambda: False,
        retry_attempts=2,
        page_size=PAGE,
    )

    assert outcome.complete
    assert kept.keys == Counter(keys)


def test_a_key_that_comes_at_the_end_of_an_interval_meanwhile_is_no_disorder() -> None:
    store, kept = KeyStore.of([f"k{number:03}" for number in range(100)], PAGE), Kept()
    grown = [*store.keys[:55], "k054+", *store.keys[55:]]

    def grow(request: ListRequest) -> None:
        if request.start_after == "k054":  # asked of both sides at the end, not before
            store.keys = grown

    store.trouble = grow
    outcome = list_parallel(
        store,
        PLACE,
        todo=(KeySpan(upto="k054"),),
        sink=kept.take,
        restart=no_restart,
        is_cancelled=lambda: False,
        retry_attempts=2,
        page_size=PAGE,
    )

    assert outcome.complete
    assert kept.keys == Counter(grown[:55])


@every_order
@given(key_sets)
@settings(max_examples=40)
def test_versions_come_once(kind: str, keys: list[str]) -> None:
    store, kept = OddStore.of(keys, kind, PAGE), Kept()

    outcome = list_versions_parallel(
        store,
        PLACE,
        sink=kept.take_versions,
        restart=kept.keys.clear,
        is_cancelled=lambda: False,
        retry_attempts=2,
        page_size=PAGE,
    )

    assert outcome.complete
    assert kept.keys == Counter(set(keys))


def test_versions_that_such_an_endpoint_loses_are_missed() -> None:
    store, kept = OddStore.of(late_disorder(40), "encrypted name", PAGE), Kept()
    store.compares_markers = True

    outcome = list_versions_parallel(
        store,
        PLACE,
        sink=kept.take_versions,
        restart=kept.keys.clear,
        is_cancelled=lambda: False,
        retry_attempts=2,
        page_size=PAGE,
    )

    assert kept.keys != Counter(late_disorder(40))
    assert not outcome.complete
    assert [problem.error.reference for problem in outcome.problems] == ["bad-listing"]


def scans_of(store: OddStore, tmp_path: Path) -> Scans:
    return Scans(
        open_store=lambda: store,
        scans_file=tmp_path / "scans.sqlite3",
        publish=lambda _: None,
        retry_attempts=2,
        retention=ScanRetention(reuse=timedelta()),
        now=lambda: datetime(2026, 11, 30, tzinfo=UTC),
    )


@every_order
def test_a_scan_is_complete_and_its_objects_are_in_byte_order(kind: str, tmp_path: Path) -> None:
    keys = late_disorder(2500)
    scans = scans_of(OddStore.of(keys, kind), tmp_path)

    counted = scans.count(PLACE)
    listed = [key for page in scans.pages(counted.record.scan_id) for key in page.keys]
    total = scans.total(counted.record.scan_id, "obj+/")
    scans.close()

    assert counted.record.is_complete
    assert counted.record.objects == len(keys)
    assert listed == sorted(keys)
    assert total is not None
    assert total.objects == 2500


def test_a_scan_without_order_is_no_measure_of_how_far_a_later_one_is(tmp_path: Path) -> None:
    scans = scans_of(OddStore.of(late_disorder(300), "encrypted name", 100), tmp_path)
    scan_id = scans.count(PLACE).record.scan_id
    scans.close()

    kept = ScanStore(tmp_path / "scans.sqlite3")
    ends = kept.page_ends(scan_id)
    kept.close()

    assert ends == []


@every_order
def test_two_scans_of_one_content_have_no_difference(kind: str, tmp_path: Path) -> None:
    scans = scans_of(OddStore.of(late_disorder(1500), kind), tmp_path)

    ids = [scans.count(PLACE, fresh=True).record.scan_id for _ in range(2)]
    found = scans.compare(*ids)
    scans.close()

    assert found.is_complete
    assert not found.by_prefix


@every_order
def test_counted_versions_are_not_counted_twice(kind: str) -> None:
    keys = late_disorder(1500)

    counted = count_versions(
        OddStore.of(keys, kind), PLACE, VersionSums(0), is_cancelled=lambda: False, retry_attempts=2
    )

    assert counted.outcome.complete
    assert sum(sums.objects for sums in counted.current.values()) == len(keys)
