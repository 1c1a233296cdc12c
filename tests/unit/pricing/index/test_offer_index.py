import csv
import json
import threading
from pathlib import Path

import pytest

from s3nav.persistence import Database
from s3nav.pricing.catalogue.catalogue import Catalogue
from s3nav.pricing.index.offer_index import IndexedVersion, IndexingStopped, OfferIndex, read_offer
from s3nav.pricing.index.offer_records import (
    OfferDamagedError,
    OfferHead,
    Products,
    Rates,
    ShapeDiffersError,
)
from tests.support.price_files import (
    VERSION,
    offer,
    on_demand,
    pretty,
    product,
    real,
    storage_offer,
)

REAL = [
    ("AmazonRoute53", "2016/AmazonRoute53.json"),
    ("awskms", "2016/awskms.json"),
    ("AmazonCloudFront", "2016/AmazonCloudFront.json"),
    ("AmazonS3", "2016/AmazonS3.json"),
    ("AmazonGlacier", "2016/AmazonGlacier.json"),
    ("AmazonVPC", "2016/AmazonVPC.json"),
    ("AmazonRedshift", "2018/AmazonRedshift.json"),
    ("AmazonEC2", "2018/ReservedHostEC2.json"),
]
"""Every real JSON offer at hand; the last begins with a byte order mark."""
PLAN = {
    "version": "20260422194203",
    "publicationDate": "2026-04-22T19:42:03Z",
    "regionCode": "eu-west-1",
    "products": [
        {
            "sku": "PLAN1",
            "productFamily": "ComputeSavingsPlans",
            "serviceCode": "ComputeSavingsPlans",
            "usageType": "ComputeSP:1yrNoUpfront",
            "operation": "",
            "attributes": {"purchaseOption": "No Upfront", "granularity": "hourly"},
        }
    ],
    "terms": {
        "savingsPlan": [
            {
                "sku": "PLAN1",
                "description": "1 year No Upfront Compute Savings Plan",
                "effectiveDate": "2026-04-20T21:53:43Z",
                "leaseContractLength": {"duration": 1, "unit": "year"},
                "rates": [
                    {
                        "discountedSku": f"DISC{n}",
                        "discountedUsageType": f"EU-BoxUsage:m{n}.large",
                        "discountedOperation": "RunInstances",
                        "discountedServiceCode": "AmazonEC2",
                        "rateCode": f"PLAN1.DISC{n}",
                        "unit": "Hrs",
                        "discountedRate": {"price": f"0.0{n}", "currency": "USD"},
                    }
                    for n in range(5, 8)
                ],
            }
        ]
    },
}


def written(tmp_path: Path, content: bytes, name: str = "offer.json") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def add(
    prices: Database, path: Path, code: str = "AmazonS3", region: str = "us-east-1"
) -> IndexedVersion:
    return OfferIndex(prices).add(path, offer=code, region=region)


def rows(prices: Database, table: str) -> int:
    row = prices.reader().one(f"SELECT count(*) AS n FROM {table}")
    assert row is not None
    return int(row["n"])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!doctype html><p>log in", "a web page"),
        (b"", "empty"),
        (b"\x1f\x8b\x08", "neither JSON nor CSV"),
        (b'{"offers": {}}', "has no version"),
        (storage_offer()[:-700], "not a complete offer"),
        (storage_offer().replace(b'"begin', b"begin", 1), "not a complete offer"),
    ],
    ids=["html", "empty", "gzip", "index", "half", "spoilt"],
)
def test_a_file_that_is_no_offer_is_refused_and_the_catalogue_is_unchanged(
    prices: Database, tmp_path: Path, content: bytes, what: str
) -> None:
    add(prices, written(tmp_path, storage_offer(), "good.json"))
    before = [rows(prices, table) for table in ("products", "rates", "versions", "stems")]

    with pytest.raises(OfferDamagedError, match=what) as caught:
        add(prices, written(tmp_path, content), region="eu-west-1")

    assert caught.value.exit_code == 7
    after = [rows(prices, table) for table in ("products", "rates", "versions", "stems")]
    assert after == before


def test_a_truncated_csv_is_refused(prices: Database, tmp_path: Path) -> None:
    cut = real("2026/comprehend-ap-south-1.csv")[:9000]

    with pytest.raises(OfferDamagedError, match="CSV offer"):
        add(prices, written(tmp_path, cut, "cut.csv"))

    assert rows(prices, "products") == 0


def test_stopping_leaves_nothing_of_the_file(prices: Database, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(IndexingStopped):
        OfferIndex(prices).add(
            written(tmp_path, storage_offer()), offer="A", region="r", is_cancelled=stop.is_set
        )

    assert rows(prices, "products") == rows(prices, "versions") == 0


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize(("code", "name"), REAL)
def test_real_offers_of_all_years_are_indexed_without_loss(
    prices: Database, tmp_path: Path, code: str, name: str, *, quick: bool
) -> None:
    content = real(name)
    if not quick:  # the same on one line: another layout, read another way
        content = json.dumps(json.loads(content.decode("utf-8-sig"))).encode()
    naive = json.loads(content.decode("utf-8-sig"))
    dimensions = [
        dimension
        for kind in naive["terms"].values()
        for terms in kind.values()
        for term in terms.values()
        for dimension in term["priceDimensions"].values()
    ]

    version = add(prices, written(tmp_path, content), code, "global")

    assert (version.products, version.rates) == (len(naive["products"]), len(dimensions))
    assert rows(prices, "products") == len(naive["products"])
    kept = {row["rate_code"]: row["price"] for row in prices.reader().rows("SELECT * FROM rates")}
    assert kept == {d["rateCode"]: next(iter(d["pricePerUnit"].values())) for d in dimensions}


@pytest.mark.parametrize(("code", "name"), REAL)
def test_both_ways_of_reading_json_say_the_same(tmp_path: Path, code: str, name: str) -> None:
    path = written(tmp_path, real(name))

    def lines(*, quick: bool) -> list[object]:
        batches = list(read_offer(path, quick=quick))
        return [each for batch in batches if not isinstance(batch, OfferHead) for each in batch]

    assert lines(quick=True) == lines(quick=False)


def test_a_real_csv_offer_is_indexed_without_loss(prices: Database, tmp_path: Path) -> None:
    content = real("2026/comprehend-ap-south-1.csv")
    lines = list(csv.DictReader(content.decode().splitlines()[5:]))

    version = add(prices, written(tmp_path, content, "c.csv"), "comprehend", "ap-south-1")

    assert (version.products, version.rates) == (len({line["SKU"] for line in lines}), len(lines))
    page = Catalogue(prices).named(lines[0]["SKU"])
    assert page.attributes["regionCode"] == "ap-south-1"
    assert page.hit.usage_type == lines[0]["usageType"]
    assert len(page.price_tiers[0].tiers) == 4


def test_savings_plans_in_csv_are_found_by_what_they_discount(
    prices: Database, tmp_path: Path
) -> None:
    content = real("2026/AWSDatabaseSavingsPlans-ap-south-2.csv")
    lines = list(csv.DictReader(content.decode().splitlines()[5:]))

    version = add(prices, written(tmp_path, content, "s.csv"), "AWSDatabaseSavingsPlans", "x")

    assert version.is_savings_plan
    assert (version.products, version.rates) == (len({line["SKU"] for line in lines}), len(lines))
    (hit,) = Catalogue(prices).search(lines[0]["RateCode"].replace(".", " ")).hits
    assert (hit.usage_type, hit.price) == (
        lines[0]["DiscountedUsageType"],
        lines[0]["DiscountedRate"],
    )


def test_savings_plans_in_json_are_indexed(prices: Database, tmp_path: Path) -> None:
    version = add(prices, written(tmp_path, pretty(PLAN)), "AWSComputeSavingsPlan", "eu-west-1")

    assert (version.is_savings_plan, version.products, version.rates) == (True, 1, 3)
    (hit,) = Catalogue(prices).search("m6.large no upfront").hits
    assert (hit.usage_type, hit.price, hit.currency) == ("EU-BoxUsage:m6.large", "0.06", "USD")


def test_prices_of_china_keep_their_currency(prices: Database, tmp_path: Path) -> None:
    content = offer(
        "AmazonS3",
        [product("CN", "CNN1-TimedStorage-ByteHrs")],
        {"CN": on_demand("CN", ("0", "Inf", "0.17"), currency="CNY")},
    )

    add(prices, written(tmp_path, content), region="cn-north-1")

    (hit,) = Catalogue(prices).search("TimedStorage").hits
    assert (hit.currency, hit.price, hit.region) == ("CNY", "0.17", "cn-north-1")


def test_odd_terms_and_unpriced_dimensions_are_kept(prices: Database, tmp_path: Path) -> None:
    naive = json.loads(offer("X", [product("A", "u")], {"A": on_demand("A", ("0", "Inf", "1"))}))
    naive["terms"]["FlatRate"] = {"A": {"monthly": "15"}}
    dimension = naive["terms"]["OnDemand"]["A"]["A.JRTCKXETXF"]["priceDimensions"]
    dimension["A.JRTCKXETXF.NONE"] = {"rateCode": "A.JRTCKXETXF.NONE", "unit": "GB"}

    version = add(prices, written(tmp_path, pretty(naive)), "X")

    assert version.rates == 3
    found = {r["rate_code"]: r["price"] for r in prices.reader().rows("SELECT * FROM rates")}
    assert found == {"A.JRTCKXETXF.TIER0": "1", "A.JRTCKXETXF.NONE": "", "A": ""}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.replace(b"  ", b"\t"),
        lambda c: c.replace(b"\n", b"\r\n"),
        lambda c: c.replace(b'"terms"', b'"more" : { },\n  "terms"'),
    ],
)
def test_another_layout_is_read_slowly(prices: Database, tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path, spoil(storage_offer()))

    with pytest.raises(ShapeDiffersError):
        list(read_offer(path))
    version = add(prices, path)

    assert (version.products, version.rates) == (3, 5)


def test_an_upfront_fee_has_no_ranges(tmp_path: Path) -> None:
    path = written(tmp_path, real("2018/AmazonRedshift.json"))

    fees = [
        line
        for batch in read_offer(path)
        if isinstance(batch, Rates)
        for line in batch
        if line.description == "Upfront Fee"
    ]

    assert fees
    assert {(line.begin, line.end, line.unit) for line in fees} == {("", "", "Quantity")}


def test_a_family_may_be_missing(tmp_path: Path) -> None:
    batches = list(read_offer(written(tmp_path, real("2018/AmazonRedshift.json"))))

    assert sum(not each.family for b in batches if isinstance(b, Products) for each in b) == 2


def test_the_same_version_is_not_indexed_twice(prices: Database, tmp_path: Path) -> None:
    path = written(tmp_path, storage_offer())
    first = add(prices, path)

    again = add(prices, path)

    assert (first.is_new, again.is_new, again.version_id) == (True, False, first.version_id)
    assert rows(prices, "products") == 3


def test_versions_stand_side_by_side_and_only_the_newest_is_found(
    prices: Database, tmp_path: Path
) -> None:
    add(prices, written(tmp_path, storage_offer(price="0.0230000000")))
    newer = storage_offer(price="0.0250000000", version="20260301000000")
    add(prices, written(tmp_path, newer, "newer.json"))

    found = Catalogue(prices).search("TimedStorage")

    assert [hit.price for hit in found.hits] == ["0.0250000000"]
    assert [v.version for v in Catalogue(prices).versions().all] == ["20260301000000", VERSION]


def test_an_older_version_indexed_later_does_not_replace_the_newer(
    prices: Database, tmp_path: Path
) -> None:
    newer = storage_offer(price="0.0250000000", version="20260301000000")
    add(prices, written(tmp_path, newer))
    add(prices, written(tmp_path, storage_offer(), "older.json"))

    assert [h.price for h in Catalogue(prices).search("TimedStorage").hits] == ["0.0250000000"]


def test_a_rate_without_a_product_is_kept(prices: Database, tmp_path: Path) -> None:
    content = offer("X", [product("A", "u")], {"B": on_demand("B", ("0", "Inf", "1"))})

    version = add(prices, written(tmp_path, content), "X")

    assert (version.products, version.rates) == (1, 1)
    assert [hit.sku for hit in Catalogue(prices).search("B").hits] == ["B"]
