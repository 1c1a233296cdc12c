"""What a download was planned to ask of S3 is what it asks, on every S3."""

from pathlib import Path

import pytest

from s3nav.middleware import StoreMiddleware
from s3nav.model.events import JobState
from s3nav.model.places import S3Uri
from s3nav.pricing import BillingOptions, DollarMeter, Estimator, Snapshot, Tariff
from s3nav.transfer import EngineTuning, Selection, Source, Transfers
from tests.contract.conftest import Bench

PART_BYTES = 64 * 1024


@pytest.fixture
def filled(bench: Bench) -> Bench:
    """Small objects, an empty one, one that is as long as a part, and two in parts."""
    for number in range(25):
        bench.put(f"small/{number:02}", bytes([number]) * (1000 + number))
    bench.put("small/empty")
    bench.put("part", b"p" * PART_BYTES)
    bench.put("large/one", b"1" * (3 * PART_BYTES))
    bench.put("large/two", b"2" * (5 * PART_BYTES + 7))
    return bench


def test_estimated_and_metered_are_equal_in_requests_and_bytes(
    filled: Bench, tmp_path: Path
) -> None:
    meter = DollarMeter()
    transfers = Transfers(
        store=StoreMiddleware(lambda: filled.store, meter=meter),
        journal_file=tmp_path / "journal.sqlite3",
        publish=lambda _: None,
        tuning=EngineTuning(parallel=4, part_bytes=PART_BYTES),
        asked=meter.of,
    )
    try:
        source = Source(place=S3Uri(filled.bucket))
        job_id = transfers.plan(Selection(sources=(source,), target=tmp_path / "out")).job_id
        transfers.start(job_id)
        assert transfers.wait(job_id, 300)
        assert transfers.job(job_id).state is JobState.DONE
        usage = transfers.usage(job_id)
    finally:
        transfers.close()

    planned, asked = (book[filled.bucket, "STANDARD"] for book in (usage.planned, usage.asked))
    assert (planned.lists, planned.gets, planned.heads) == (1, 27 + 3 + 6, 2)
    assert (asked.lists, asked.gets, asked.heads) == (planned.lists, planned.gets, planned.heads)
    assert asked.size_bytes == planned.size_bytes == 25_300 + 9 * PART_BYTES + 7
    estimator = Estimator(
        Tariff({"bundled snapshot": Snapshot()}), BillingOptions(), lambda _bucket: "us-east-1"
    )
    estimated, metered = (estimator.download(one) for one in (usage.planned, usage.asked))
    assert estimated == metered
    assert estimated.gaps == ()
