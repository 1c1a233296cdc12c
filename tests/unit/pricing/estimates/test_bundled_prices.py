"""The bundled prices: all of them are read, none is changed."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from s3nav import pricing
from s3nav.pricing import GLOBAL_REGION, Snapshot
from s3nav.pricing.estimates.storage_classes import DEEP_ARCHIVE_OFFER, S3, TRANSFER

OFFERS = (S3, DEEP_ARCHIVE_OFFER, TRANSFER)


def test_every_row_of_the_file_is_a_tier() -> None:
    text = Path(pricing.__file__).with_name("estimates").joinpath("s3_prices.csv").read_text()
    rows = list(csv.DictReader(line for line in text.splitlines() if line[0] != "#"))
    snapshot = Snapshot()

    tiers = {
        (rate.region, rate.offer, rate.usage_type, rate.operation, tier.begin, tier.end, tier.price)
        for region in (*snapshot.regions(), GLOBAL_REGION)
        for offer in OFFERS
        for rate in snapshot.rates(offer, region)
        for tier in rate.tiers
    }

    assert tiers == {
        (
            *(row[name] for name in ("region", "offer", "usage_type", "operation")),
            Decimal(row["begin"]),
            Decimal(row["end"]) if row["end"] else None,
            Decimal(row["price"]),
        )
        for row in rows
    }
    assert len(tiers) == len(rows) == 2607


def test_it_knows_its_regions_and_its_day() -> None:
    snapshot = Snapshot()

    assert len(snapshot.regions()) == 31
    assert {"us-east-1", "us-east-2", "eu-west-1", "sa-east-1"} <= set(snapshot.regions())
    assert snapshot.as_of == date(2025, 6, 5)
    assert snapshot.rates(S3, "mars-north-1") == ()


def test_tiers_touch_and_do_not_overlap() -> None:
    snapshot = Snapshot()
    for region in snapshot.regions():
        for offer in OFFERS:
            for rate in snapshot.rates(offer, region):
                assert rate.tiers[0].begin == 0
                for lower, upper in zip(rate.tiers, rate.tiers[1:], strict=False):
                    assert lower.end == upper.begin


def test_a_tier_keeps_its_sku_and_rate_code() -> None:
    storage = next(
        rate
        for rate in Snapshot().rates(S3, "us-east-1")
        if rate.usage_type == "TimedStorage-ByteHrs"
    )

    assert storage.sku == "WP9ANXZGBYYSGJEA"
    assert storage.rate_code == "WP9ANXZGBYYSGJEA.JRTCKXETXF.PGHJ3S3EYE"
    assert [tier.price for tier in storage.tiers] == [
        Decimal(text) for text in ("0.023", "0.022", "0.021")
    ]
