"""Costs of uploads and copies, computed by hand."""

from decimal import Decimal

import pytest

from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import GIB
from s3nav.pricing import CLASSES, BillingOptions, Estimator, Snapshot, Tariff


def estimator(**regions: str) -> Estimator:
    tariff = Tariff({"a list": Snapshot()})
    return Estimator(tariff, BillingOptions(), lambda bucket: regions.get(bucket, "us-east-1"))


def test_an_upload_costs_its_requests_and_nothing_for_bytes() -> None:
    bill = estimator().writing("b", "", writes=1_000, part_writes=200)

    assert bill.total_usd == Decimal("0.006")
    assert [line.what for line in bill.lines] == ["PUT, STANDARD", "parts, STANDARD"]
    assert bill.gaps == ()


def test_parts_of_archive_uploads_are_billed_as_standard() -> None:
    bill = estimator().writing("b", "GLACIER", writes=10, part_writes=20)

    assert bill.total_usd == 10 * Decimal("0.00003") + 20 * Decimal("0.000005")


def test_a_copy_to_another_region_reads_and_moves() -> None:
    reads = {("src", "STANDARD_IA"): Usage(heads=3, objects=3, size_bytes=2 * GIB)}

    near = estimator().writing("b", "", writes=3, reads=reads)
    far = estimator(b="eu-west-1").writing("b", "", writes=3, reads=reads)

    reading = 3 * Decimal("0.000001") + 2 * Decimal("0.01")
    assert near.total_usd == 3 * Decimal("0.000005") + reading
    assert far.total_usd == 3 * Decimal("0.000005") + reading + 2 * Decimal("0.02")
    assert {used.region for used in far.prices} == {"us-east-1", "eu-west-1"}


def test_a_region_without_prices_is_a_gap_and_never_zero() -> None:
    bill = estimator(b="mars-1").writing("b", "", writes=3)

    assert bill.gaps == ("no prices of mars-1",)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_has_a_price_for_writing(name: str) -> None:
    bill = estimator().writing("b", name, writes=1, part_writes=1)

    assert bill.gaps == ()
    assert bill.total_usd > 0
