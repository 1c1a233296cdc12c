"""Costs of uploads and copies, computed by hand."""

from decimal import Decimal

import pytest

from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import GIB, KIB
from s3nav.pricing import CLASSES, BillingOptions, Estimator, Snapshot, Tariff


def estimator(**regions: str) -> Estimator:
    tariff = Tariff({"a list": Snapshot()})
    return Estimator(tariff, BillingOptions(), lambda bucket: regions.get(bucket, "us-east-1"))


def test_an_upload_costs_its_requests_and_nothing_for_bytes() -> None:
    bill = estimator().writing("b", "", writes=1_000, size_bytes=9 * GIB, part_writes=200)

    assert bill.total_usd == Decimal("0.006")
    assert [line.what for line in bill.lines] == ["PUT, STANDARD", "parts, STANDARD"]
    assert bill.gaps == ()


def test_express_bills_every_byte_written_as_in_the_example_of_its_faq() -> None:
    million = 1_000_000
    bill = estimator().writing(
        "b", "EXPRESS_ONEZONE", writes=million, size_bytes=million * 10 * KIB
    )

    assert [(line.what, round(line.usd, 2)) for line in bill.lines] == [
        ("PUT, EXPRESS_ONEZONE", Decimal("1.13")),
        ("upload, EXPRESS_ONEZONE", Decimal("0.03")),
    ]


def test_a_copy_from_express_pays_for_every_byte_read() -> None:
    reads = {("src", "EXPRESS_ONEZONE"): Usage(objects=1, size_bytes=GIB)}

    bill = estimator().writing("b", "", writes=1, size_bytes=GIB, reads=reads)

    assert bill.total_usd == Decimal("0.000005") + Decimal("0.0006")


def test_parts_of_archive_uploads_are_billed_as_standard() -> None:
    bill = estimator().writing("b", "GLACIER", writes=10, size_bytes=GIB, part_writes=20)

    assert bill.total_usd == 10 * Decimal("0.00003") + 20 * Decimal("0.000005")


def test_a_copy_to_another_region_reads_and_moves() -> None:
    reads = {("src", "STANDARD_IA"): Usage(heads=3, objects=3, size_bytes=2 * GIB)}

    near = estimator().writing("b", "", writes=3, size_bytes=2 * GIB, reads=reads)
    far = estimator(b="eu-west-1").writing("b", "", writes=3, size_bytes=2 * GIB, reads=reads)

    reading = 3 * Decimal("0.000001") + 2 * Decimal("0.01")
    assert near.total_usd == 3 * Decimal("0.000005") + reading
    assert far.total_usd == 3 * Decimal("0.000005") + reading + 2 * Decimal("0.02")
    assert {used.region for used in far.prices} == {"us-east-1", "eu-west-1"}


def test_a_region_without_prices_is_a_gap_and_never_zero() -> None:
    bill = estimator(b="mars-1").writing("b", "", writes=3, size_bytes=1)

    assert bill.gaps == ("no prices of mars-1",)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_has_a_price_for_writing(name: str) -> None:
    bill = estimator().writing("b", name, writes=1, size_bytes=1, part_writes=1)

    assert bill.gaps == ()
    assert bill.total_usd > 0
