"""Similar products are told apart: each known trap of AWS's price lists has a test."""

from datetime import date
from decimal import Decimal

import pytest

from s3nav.pricing import CLASSES, GLOBAL_REGION, Rate, Snapshot, Tariff, Tier
from s3nav.pricing.estimates.storage_classes import LIST, STANDARD_STORAGE, Product
from s3nav.pricing.estimates.tariff import INTERNET, RegionPrices
from tests.support.rate_list import RateList, rate


def prices_of(source: RateList, region: str = "us-east-1") -> RegionPrices:
    prices = Tariff({"a list": source}).region(region)
    assert prices is not None
    return prices


def price(prices: RegionPrices, product: Product) -> Decimal | None:
    found = prices.rate(product)
    return found.tiers[0].price if found else None


# usage by class: storage, GET per 1,000, retrieval
EXPECTED = {
    "STANDARD": ("0.023", "0.0004", None),
    "INTELLIGENT_TIERING/FA": ("0.023", "0.0004", None),
    "INTELLIGENT_TIERING/IA": ("0.0125", "0.0004", None),
    "INTELLIGENT_TIERING/AIA": ("0.004", "0.0004", None),
    "INTELLIGENT_TIERING/AA": ("0.0036", "0.0004", None),
    "INTELLIGENT_TIERING/DAA": ("0.00099", "0.0004", None),
    "STANDARD_IA": ("0.0125", "0.001", "0.01"),
    "ONEZONE_IA": ("0.01", "0.001", "0.01"),
    "GLACIER_IR": ("0.004", "0.01", "0.03"),
    "GLACIER": ("0.0036", "0.0004", None),
    "DEEP_ARCHIVE": ("0.00099", "0.0004", None),
    "EXPRESS_ONEZONE": ("0.11", "0.00003", "0.0006"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_classes_of_us_east_1_cost_what_the_table_says(name: str) -> None:
    prices, rules = prices_of(RateList()), CLASSES[name]
    storage, get, retrieval = EXPECTED[name]

    assert price(prices, rules.storage) == Decimal(storage)
    get_price = price(prices, rules.get)
    assert get_price is not None
    assert get_price * 1000 == Decimal(get)
    assert (retrieval is None) == (rules.retrieval is None)
    if rules.retrieval is not None and retrieval is not None:
        assert price(prices, rules.retrieval) == Decimal(retrieval)


EXPRESS_REGIONS = {
    *("us-east-1", "us-east-2", "us-west-2", "eu-west-1"),
    *("eu-north-1", "ap-northeast-1", "ap-south-1"),
}


@pytest.mark.parametrize("region", Snapshot().regions())
def test_every_region_of_the_snapshot_has_every_class_it_sells(region: str) -> None:
    prices = prices_of(RateList(), region)
    sells_express = region in EXPRESS_REGIONS
    for name, rules in CLASSES.items():
        expected = sells_express or name != "EXPRESS_ONEZONE"
        assert (price(prices, rules.storage) is not None) is expected, name
        assert (price(prices, rules.get) is not None) is expected, name


def test_deep_archive_is_stored_at_the_price_of_its_own_offer_not_of_staging() -> None:
    staging = rate("TimedStorage-GDA-Staging", "0.021", volumeType="Glacier Deep Archive")
    decoy = rate("TimedStorage-GDA-ByteHrs", "0.021", volumeType="Glacier Deep Archive")
    source = RateList([staging, decoy])

    assert price(prices_of(source), CLASSES["DEEP_ARCHIVE"].storage) == Decimal("0.00099")
    without = RateList([staging, decoy], without=frozenset({"TimedStorage-GDA-ByteHrs"}))
    assert price(prices_of(without), CLASSES["DEEP_ARCHIVE"].storage) is None


def test_flexible_storage_is_not_its_staging() -> None:
    assert price(prices_of(RateList()), CLASSES["GLACIER"].storage) == Decimal("0.0036")


def test_egress_of_the_s3_offer_is_not_that_to_the_internet() -> None:
    decoy = rate("DataTransfer-Out-Bytes", "0", offer="AmazonS3")
    inbound = rate(
        "DataTransfer-Out-Bytes", "0", offer="AWSDataTransfer", transferType="IntraRegion"
    )
    source = RateList([decoy, inbound])

    assert price(prices_of(source), INTERNET) == Decimal("0.09")
    without = RateList([decoy, inbound], without=frozenset({"DataTransfer-Out-Bytes"}))
    assert price(prices_of(without), INTERNET) is None


@pytest.mark.parametrize("kind", ["Tables", "Vectors", "Files", "Annotation"])
def test_usage_types_that_share_an_ending_are_not_matched(kind: str) -> None:
    alike = [
        rate(f"{kind}-TimedStorage-ByteHrs", "9"),
        rate(f"{kind}-Requests-Tier1", "9"),
        rate(f"{kind}-Requests-Tier2", "9"),
    ]
    prices = prices_of(RateList(alike))

    assert price(prices, STANDARD_STORAGE) == Decimal("0.023")
    assert price(prices, LIST) == Decimal("0.000005")
    assert price(prices, CLASSES["STANDARD"].get) == Decimal("0.0000004")


def test_the_prefix_of_a_region_is_that_of_its_standard_storage() -> None:
    alike = [
        rate("EU-Tables-TimedStorage-ByteHrs", "9", region="eu-west-1"),
        rate("Tables-TimedStorage-ByteHrs", "9", region="eu-west-1"),
        rate("EUW1-TimedStorage-ByteHrs", "9", region="eu-west-1", volumeType="Tags"),
        rate("Requests-Tier2", "9", region="eu-west-1"),
    ]
    prices = prices_of(RateList(alike), "eu-west-1")

    found = prices.rate(CLASSES["STANDARD"].get)
    assert found is not None
    assert found.usage_type == "EU-Requests-Tier2"


def test_us_east_1_has_no_prefix() -> None:
    found = prices_of(RateList()).rate(STANDARD_STORAGE)
    assert found is not None
    assert found.usage_type == "TimedStorage-ByteHrs"


def test_one_usage_type_has_a_price_for_each_operation() -> None:
    prices = prices_of(RateList())
    flexible, deep = CLASSES["GLACIER"].restores, CLASSES["DEEP_ARCHIVE"].restores

    assert price(prices, flexible["standard"].retrieval) == Decimal("0.01")
    assert price(prices, deep["standard"].retrieval) == Decimal("0.02")
    assert price(prices, flexible["bulk"].retrieval) == Decimal(0)
    assert price(prices, deep["bulk"].retrieval) == Decimal("0.0025")
    # Requests-Tier3 is a restore, and a transition at other prices.
    assert price(prices, flexible["standard"].request) == Decimal("0.00005")
    assert price(prices, deep["standard"].request) == Decimal("0.0001")
    assert price(prices, deep["bulk"].request) == Decimal("0.000025")
    assert price(prices, flexible["expedited"].request) == Decimal("0.01")
    assert price(prices, flexible["expedited"].retrieval) == Decimal("0.03")


def test_an_operation_that_is_not_the_one_asked_for_is_no_match() -> None:
    without = frozenset({"Standard-Retrieval-Bytes"})
    other = rate("Standard-Retrieval-Bytes", "7", operation="IntAARestoreObject")
    restore = CLASSES["GLACIER"].restores["standard"]

    assert price(prices_of(RateList([other], without=without)), restore.retrieval) is None


def test_an_empty_operation_is_a_product_without_one() -> None:
    named = rate("Requests-Tier2", "7", operation="StorageLens")

    assert price(prices_of(RateList([named])), CLASSES["STANDARD"].get) == Decimal("0.0000004")


def test_a_price_in_another_currency_is_missing_not_mixed_in() -> None:
    yuan = rate("Requests-Tier2", "0.000003", currency="CNY")
    source = RateList([yuan], without=frozenset({"Requests-Tier2"}))

    assert price(prices_of(source), CLASSES["STANDARD"].get) is None


def test_the_free_tier_is_a_product_of_no_region() -> None:
    tariff = Tariff({"bundled snapshot": Snapshot()})
    internet = prices_of(RateList()).rate(INTERNET)

    assert tariff.free_gb() == 100
    assert internet is not None
    assert internet.tiers[0].begin == 0  # beside the free tier, not behind it
    assert internet.tiers[0].price == Decimal("0.09")


def test_without_the_global_product_nothing_is_free() -> None:
    source = RateList(without=frozenset({"Global-DataTransfer-Out-Bytes"}))

    assert Tariff({"a list": source}).free_gb() is None


def test_a_list_that_knows_the_region_goes_before_the_snapshot() -> None:
    newer = rate("Requests-Tier2", "0.0000005")
    source = RateList([newer], without=frozenset({"Requests-Tier2"}))
    tariff = Tariff({"price list": source, "bundled snapshot": Snapshot()})

    prices = tariff.region("us-east-1")

    assert prices is not None
    assert price(prices, CLASSES["STANDARD"].get) == Decimal("0.0000005")
    assert prices.used.source == "price list"
    assert prices.used.as_of == date(2026, 11, 18)


def test_a_list_without_all_offers_of_a_region_leaves_it_to_the_snapshot() -> None:
    only_s3 = RateList([rate("TimedStorage-ByteHrs", "9")], with_snapshot=False)
    tariff = Tariff({"price list": only_s3, "bundled snapshot": Snapshot()})

    prices = tariff.region("us-east-1")

    assert prices is not None
    assert prices.used.source == "bundled snapshot"
    assert prices.used.as_of == date(2025, 6, 5)


def test_an_unknown_region_has_no_prices() -> None:
    assert Tariff({"bundled snapshot": Snapshot()}).region("us-east-7") is None


def test_a_local_zone_without_storage_products_has_no_prices() -> None:
    # The region index of S3 has local zones and `aws-other`, with a few products each.
    zone = [rate("BOS1-Requests-Tier2", "0.1", region="us-east-1-bos-1")]
    prices = prices_of(RateList(zone, with_snapshot=False), "us-east-1-bos-1")

    assert price(prices, CLASSES["STANDARD"].get) is None
    assert price(prices, STANDARD_STORAGE) is None


def test_newer_prices_are_seen_after_a_refresh() -> None:
    source = RateList(with_snapshot=False)
    tariff = Tariff({"price list": source})
    tariff.refresh()
    assert tariff.region("us-east-1") is None

    source.with_snapshot = True
    tariff.refresh()

    assert tariff.region("us-east-1") is not None
    assert tariff.free_gb() == 100


def test_transfer_between_regions_is_found_by_both() -> None:
    ohio = prices_of(RateList()).to_region("us-east-2")
    oregon = prices_of(RateList()).to_region("us-west-2")

    assert ohio is not None
    assert oregon is not None
    assert (ohio.usage_type, ohio.tiers[0].price) == ("USE1-USE2-AWS-Out-Bytes", Decimal("0.01"))
    assert oregon.tiers[0].price == Decimal("0.02")
    assert prices_of(RateList()).to_region("mx-central-1") is None


def test_inbound_transfer_of_the_same_pair_is_not_matched() -> None:
    inbound = Rate(
        offer="AWSDataTransfer",
        region="us-east-1",
        usage_type="USE1-MXC1-AWS-In-Bytes",
        unit="GB",
        tiers=(Tier(begin=Decimal(0), end=None, price=Decimal(0)),),
        attributes={"transferType": "InterRegion Inbound", "toRegionCode": "mx-central-1"},
    )

    assert prices_of(RateList([inbound])).to_region("mx-central-1") is None


def test_the_global_region_has_a_name_of_its_own() -> None:
    assert Snapshot().rates("AWSDataTransfer", GLOBAL_REGION)[0].tiers[0].end == 100
