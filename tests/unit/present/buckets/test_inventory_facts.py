"""The facts shown about an S3 Inventory that replaces a listing."""

from datetime import timedelta

from s3nav.browse import InventoryFacts
from s3nav.browse.inventory.inventory_rows import RowCounts
from s3nav.present.buckets.inventory_facts import inventory_lines
from tests.support.scan_records import NOW

MADE = NOW - timedelta(hours=30)


def test_an_inventory_says_how_old_it_is_and_that_it_may_be_of_a_prefix() -> None:
    assert inventory_lines(InventoryFacts(created_at=MADE), NOW) == [
        "inventory of 2026-11-19 06:00, 30 h old, without later changes",
        "it may cover only one prefix; the manifest does not say",
    ]


def test_rows_that_were_left_out_are_counted_by_kind() -> None:
    rows = RowCounts(old_versions=1, delete_markers=2_000, elsewhere=3)

    lines = inventory_lines(InventoryFacts(created_at=MADE, row_counts=rows), NOW)

    assert lines[2] == (
        "left out: 1 old version, 2,000 delete markers, 3 objects outside the place"
    )


def test_columns_that_the_inventory_lacks_are_unknown() -> None:
    facts = InventoryFacts(created_at=MADE, missing=("ETag", "StorageClass"))

    assert inventory_lines(facts, NOW)[2] == (
        "not in the inventory, so unknown: ETag, StorageClass"
    )
