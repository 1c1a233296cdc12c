"""An inventory delivered to every S3 becomes a scan; what is not there is said."""

from collections.abc import Iterator

import pytest

from s3nav.browse import Keeping, Scans
from s3nav.model.errors import IntegrityError, NotFoundError
from s3nav.store import Directories
from tests.contract.conftest import Bench
from tests.support.inventories import Inventory, row

KEYS = ("a b+c%", "ä/é日", *(f"logs/{number}" for number in range(3000)))


@pytest.fixture
def scans(bench: Bench, directories: Directories) -> Iterator[Scans]:
    made = Scans(
        open_store=lambda: bench.store,
        scans_file=directories.scans_file,
        publish=lambda _: None,
        keeping=Keeping(),
    )
    yield made
    made.close()


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

    with pytest.raises(NotFoundError, match=r"data/1\.csv\.gz` is not there"):
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
