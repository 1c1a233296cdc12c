"""Prices are searched, looked up, and compared between regions and versions."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.persistence import Database
from s3nav.present.price_words import price_tier_rows
from s3nav.pricing.catalogue.catalogue import Catalogue
from s3nav.pricing.catalogue.price_tiers import cost, parse_quantity, shares
from s3nav.pricing.catalogue.rates import GLOBAL_REGION, RateSource, Tier
from s3nav.pricing.index.offer_index import OfferIndex
from tests.support.price_files import offer, on_demand, product, real, storage_offer

STANDARD = (
    Tier(begin=Decimal(0), end=Decimal(51200), price=Decimal("0.023")),
    Tier(begin=Decimal(51200), end=None, price=Decimal("0.022")),
)


@pytest.fixture
def index(prices: Database, tmp_path: Path):  # type: ignore[no-untyped-def]
    def add(content: bytes, code: str = "AmazonS3", region: str = "us-east-1") -> None:
        path = tmp_path / "offer"
        path.write_bytes(content)
        OfferIndex(prices).add(path, offer=code, region=region)

    return add


@pytest.fixture
def catalogue(prices: Database, index) -> Catalogue:  # type: ignore[no-untyped-def]
    index(storage_offer())
    index(storage_offer("EU-", "eu-west-1", price="0.0240000000"), region="eu-west-1")
    return Catalogue(prices)


def test_an_empty_catalogue_finds_nothing_and_has_no_date(prices: Database) -> None:
    catalogue = Catalogue(prices)

    assert catalogue.search("anything").hits == ()
    assert (catalogue.as_of, catalogue.rates("AmazonS3", "us-east-1")) == (None, [])


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (lambda c: c.service("amazons4"), "did you mean `AmazonS3`?"),
        (lambda c: c.region("eu-wst-1"), "did you mean `eu-west-1` or `us-east-1`?"),
        (lambda c: c.diff("AmazonS3", "eu-west-1"), "keeps the older versions"),
        (lambda c: c.named("NOSUCHTHING"), "pricing search"),
    ],
    ids=["service", "region", "version", "product"],
)
def test_an_unknown_name_is_refused_with_a_remedy(catalogue: Catalogue, call, remedy) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFoundError) as caught:
        call(catalogue)

    assert remedy in caught.value.remedy


def test_a_name_of_several_products_asks_for_a_region(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match="more than one product") as caught:
        catalogue.named("Retrieval")

    assert "READus-east-1" in caught.value.remedy


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("retrieval sia", {"Retrieval-SIA", "EU-Retrieval-SIA"}),
        ("timed sto", {"TimedStorage-ByteHrs", "EU-TimedStorage-ByteHrs"}),
        ("reading standard-ia ireland", {"EU-Retrieval-SIA"}),
        ("READeu-west-1", {"EU-Retrieval-SIA"}),
        ("0.0240000000 per GB-Mo", {"EU-TimedStorage-ByteHrs"}),
        ("retrieval nonsense", set()),
        ('"quotes" AND (brackets* NEAR', set()),
    ],
)
def test_search_matches_prefixes_of_any_words(
    catalogue: Catalogue, query: str, found: set[str]
) -> None:
    assert {hit.usage_type for hit in catalogue.search(query).hits} == found


def test_a_typo_is_corrected_and_reported(catalogue: Catalogue) -> None:
    found = catalogue.search("retreival")

    assert found.corrected == {"retreival": "retrieval"}
    assert {hit.usage_type for hit in found.hits} == {"Retrieval-SIA", "EU-Retrieval-SIA"}


def test_facets_count_what_matches_and_narrow_it(catalogue: Catalogue) -> None:
    all_found = catalogue.search("")
    narrowed = catalogue.search("", narrowed={"region": "eu-west-1", "kind": "requests"})

    assert dict(all_found.facets["region"]) == {"us-east-1": 3, "eu-west-1": 3}
    assert dict(all_found.facets["kind"]) == {"storage": 2, "retrieval": 2, "requests": 2}
    assert [hit.usage_type for hit in narrowed.hits] == ["EU-Requests-Tier2"]
    assert catalogue.search("", narrowed={"kind": "moon"}).total == 0


def test_a_product_page_has_every_tier(catalogue: Catalogue) -> None:
    page = catalogue.named("STOREus-east-1")

    (prices,) = page.price_tiers
    assert [(t.begin, t.end, t.price) for t in prices.tiers] == [
        (Decimal(0), Decimal(51200), Decimal("0.0230000000")),
        (Decimal(51200), Decimal(512000), Decimal("0.0220000000")),
        (Decimal(512000), None, Decimal("0.0210000000")),
    ]
    assert page.hit.words == "storing in Standard, for a month"


def test_each_tier_has_its_own_words(catalogue: Catalogue) -> None:
    (prices,) = catalogue.named("STOREus-east-1").price_tiers

    rows = price_tier_rows([prices])

    said = [row.values[-1] for row in rows]
    assert said == [tier.description for tier in prices.tiers]
    assert len(set(said)) == len(prices.tiers)


def test_reserved_terms_keep_their_lease_and_upfront_fee(prices: Database, index) -> None:  # type: ignore[no-untyped-def]
    index(real("2018/AmazonRedshift.json"), "AmazonRedshift", "global")

    page = Catalogue(prices).named("U4V6Y3USKUYCB6Q5")

    assert page.price_tiers[0].term_type == "OnDemand"
    upfront = [
        prices for prices in page.price_tiers if prices.tiers[0].description == "Upfront Fee"
    ]
    assert upfront
    assert upfront[0].terms["PurchaseOption"] in {"All Upfront", "Partial Upfront"}


def test_a_product_is_compared_between_regions(catalogue: Catalogue) -> None:
    lines = catalogue.regions(catalogue.named("TimedStorage-ByteHrs", region="us-east-1"))

    assert [(line.region, line.is_reference) for line in lines] == [
        ("us-east-1", True),
        ("eu-west-1", False),
    ]
    assert lines[1].difference is not None
    assert round(lines[1].difference, 4) == Decimal("0.0435")


def test_two_versions_differ_rate_by_rate(catalogue: Catalogue, index) -> None:  # type: ignore[no-untyped-def]
    newer = storage_offer(price="0.0250000000", version="20260301000000")
    index(newer.replace(b"READus-east-1", b"READING-us-east-1"))

    before, after, found = catalogue.diff("amazons3", "us-east-1")

    assert (before.version, after.version) == ("20260116160258", "20260301000000")
    assert {(c.change, c.sku, c.old_price, c.new_price) for c in found} == {
        ("changed", "STOREus-east-1", "0.0230000000", "0.0250000000"),
        ("removed", "READus-east-1", "0.0100000000", ""),
        ("added", "READING-us-east-1", "", "0.0100000000"),
    }


def test_the_catalogue_is_a_source_of_rates(catalogue: Catalogue) -> None:
    source: RateSource = catalogue

    rates = {rate.usage_type: rate for rate in source.rates("AmazonS3", "eu-west-1")}

    assert source.as_of == date(2026, 1, 16)
    storage = rates["EU-TimedStorage-ByteHrs"]
    assert (storage.unit, storage.currency, storage.sku) == ("GB-Mo", "USD", "STOREeu-west-1")
    assert storage.tiers[0].price == Decimal("0.024")
    assert storage.attributes["volumeType"] == "Standard"
    assert source.rates("AmazonS3", "ap-south-1") == []


def test_rates_of_the_file_of_all_regions_are_those_of_the_region(prices: Database, index) -> None:  # type: ignore[no-untyped-def]
    index(real("2016/AmazonS3.json"), "AmazonS3", "global")

    ireland = Catalogue(prices).rates("AmazonS3", "eu-west-1")

    assert "EU-TimedStorage-ByteHrs" in {rate.usage_type for rate in ireland}
    assert all(not rate.usage_type.startswith(("APN", "USW", "SAE")) for rate in ireland)


def test_products_of_no_region_are_global(prices: Database, index) -> None:  # type: ignore[no-untyped-def]
    free = product("FREE", "Global-DataTransfer-Out-Bytes", location="Any")
    index(offer("AWSDataTransfer", [free], {"FREE": on_demand("FREE", ("0", "100", "0"))}),
          "AWSDataTransfer")  # fmt: skip

    (rate,) = Catalogue(prices).rates("AWSDataTransfer", GLOBAL_REGION)

    assert rate.usage_type == "Global-DataTransfer-Out-Bytes"
    assert Catalogue(prices).rates("AWSDataTransfer", "us-east-1") == []


def test_a_price_that_cannot_be_read_is_no_rate(prices: Database, index) -> None:  # type: ignore[no-untyped-def]
    index(offer("X", [product("A", "u")], {"A": on_demand("A", ("0", "Inf", "see contract"))}), "X")

    assert Catalogue(prices).rates("X", "us-east-1") == []


@pytest.mark.parametrize(
    ("quantity", "usd"),
    [("0", "0"), ("1", "0.023"), ("51200", "1177.6"), ("51201", "1177.622"), ("5120", "117.76")],
)
def test_a_quantity_is_priced_tier_by_tier(quantity: str, usd: str) -> None:
    assert cost(STANDARD, Decimal(quantity)) == Decimal(usd)
    assert sum(share.quantity for share in shares(STANDARD, Decimal(quantity))) == Decimal(quantity)


@pytest.mark.parametrize(
    ("text", "unit", "quantity"),
    [
        ("5 TiB", "GB", "5120"),
        ("512MiB", "GB-Mo", "0.5"),
        ("1,000,000", "Requests", "1000000"),
        ("1.5M", "Requests", "1500000"),
        ("720", "Hrs", "720"),
    ],
)
def test_quantities_are_read_in_the_unit_of_the_price(text: str, unit: str, quantity: str) -> None:
    assert parse_quantity(text, unit) == Decimal(quantity)


@pytest.mark.parametrize(("text", "unit"), [("much", "GB"), ("-1", "GB"), ("5TiB", "Requests"),
                                            ("NaN", "GB"), ("", "Hrs")])  # fmt: skip
def test_an_invalid_quantity_is_refused_with_an_example(text: str, unit: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_quantity(text, unit)

    assert caught.value.remedy
