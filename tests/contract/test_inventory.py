"""An inventory delivered to every S3 becomes a scan; missing parts are reported."""

from pathlib import Path

import pytest

from s3nav.browse import Scans, open_inventory
from s3nav.model.errors import IntegrityError, NotFoundError
from s3nav.model.objects import ListRequest
from s3nav.persistence import Directories
from s3nav.transfer import EngineTuning, Selection, Transfers
from tests.contract.conftest import Bench
from tests.support.inventories import Inventory, row

KEYS = ("a b+c%", "ä/é日", *(f"logs/{number}" for number in range(3000)))


def delivered(bench: Bench, *, is_parquet: bool) -> Inventory:
    rows = [row(key, len(key)) for key in KEYS]
    return Inventory(
        [rows[1000:], rows[:1000]],
        is_parquet=is_parquet,
        document={"destinationBucket": f"arn:aws:s3:::{bench.bucket}"},
    )


def test_files_that_were_not_delivered_are_missed(bench: Bench, scans: Scans) -> None:
    inventory = delivered(bench, is_parquet=False)
    for key, content in inventory.contents().items():
        if "data/1" not in key:
            bench.put(key, content)

    with pytest.raises(NotFoundError, match=r"data/1\.csv\.gz` does not exist"):
        scans.count_inventory(f"s3://{bench.bucket}/{inventory.manifest_key}")

    assert scans.history() == []


def test_files_that_were_replaced_are_refused(bench: Bench, scans: Scans) -> None:
    inventory = delivered(bench, is_parquet=False)
    for key, content in inventory.contents().items():
        bench.put(key, content[::-1] if "data/1" in key else content)

    with pytest.raises(IntegrityError):
        scans.count_inventory(f"s3://{bench.bucket}/{inventory.manifest_key}")

    assert scans.history() == []


@pytest.mark.parametrize("is_parquet", [False, True], ids=["csv", "parquet"])
def test_every_object_is_counted(bench: Bench, scans: Scans, is_parquet: bool) -> None:
    inventory = delivered(bench, is_parquet=is_parquet)
    for key, content in inventory.contents().items():
        bench.put(key, content)

    counted = scans.count_inventory(f"s3://{bench.bucket}/{inventory.manifest_key}")

    assert counted is not None
    pages = scans.pages(counted.record.scan_id)
    assert [key for page in pages for key in page.keys] == sorted(KEYS)
    assert counted.record.size_bytes == sum(map(len, KEYS))


def test_a_plan_from_an_inventory_is_that_of_a_listing(
    bench: Bench, directories: Directories, tmp_path: Path
) -> None:
    for number in range(12):
        bench.put(f"logs/{number}", b"x" * number)
    listed = bench.store.list_page(ListRequest(bucket=bench.bucket, prefix="logs/")).objects
    rows = [
        row(
            fact.key,
            fact.size_bytes,
            Bucket=bench.bucket,
            ETag=fact.etag,
            LastModifiedDate=fact.modified_at,
        )
        for fact in reversed(listed)
    ]
    arn = f"arn:aws:s3:::{bench.bucket}"
    inventory = Inventory(
        [rows[:5], rows[5:]], document={"sourceBucket": bench.bucket, "destinationBucket": arn}
    )
    for key, content in inventory.contents().items():
        bench.put(key, content)
    bench.put("logs/7", b"changed since")
    listing = open_inventory(
        f"s3://{bench.bucket}/{inventory.manifest_key}",
        open_store=lambda: bench.store,
        directory=directories.scans_file.parent,
        retry_attempts=5,
    )

    transfers = Transfers(
        store=bench.store,
        journal_file=directories.journal_file,
        publish=lambda _: None,
        tuning=EngineTuning(),
    )
    try:
        job = transfers.plan(Selection(target=tmp_path / "here", inventory=listing))
        transfers.start(job.job_id)
        assert transfers.wait(job.job_id, 300)
        report = transfers.report(job.job_id)
    finally:
        transfers.close()

    here = tmp_path / "here" / bench.bucket / "logs"
    assert report.failed == 0
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        str(number): b"changed since" if number == 7 else b"x" * number for number in range(12)
    }
