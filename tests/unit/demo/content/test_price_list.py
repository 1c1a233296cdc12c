"""The demo's price list answers as AWS's does, with a sample of EC2 in it."""

import json
from collections.abc import Iterable
from datetime import date

import pytest

from s3nav.demo.content.price_list import ROOT, DemoPrices

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def prices() -> DemoPrices:
    return DemoPrices(TODAY)


def read(prices: DemoPrices, path: str) -> object:
    statuses: list[str] = []

    def start(status: str, _headers: Iterable[tuple[str, str]]) -> None:
        statuses.append(status)

    body = b"".join(prices({"PATH_INFO": path}, start))
    assert statuses == ["200 OK"]
    return json.loads(body)


def test_the_list_names_ec2_beside_s3(prices: DemoPrices) -> None:
    index = read(prices, f"{ROOT}/index.json")

    assert isinstance(index, dict)
    assert {"AmazonS3", "AmazonEC2"} <= index["offers"].keys()


def test_both_regions_of_the_account_have_prices_of_instances(prices: DemoPrices) -> None:
    regions = read(prices, f"{ROOT}/AmazonEC2/current/region_index.json")
    assert isinstance(regions, dict)

    found = {}
    for region in ("us-east-2", "eu-west-1"):
        offer = read(prices, regions["regions"][region]["currentVersionUrl"])
        assert isinstance(offer, dict)
        (sku,) = [
            sku
            for sku, product in offer["products"].items()
            if product["attributes"].get("instanceType") == "m6i.large"
        ]
        assert offer["products"][sku]["productFamily"] == "Compute Instance"
        (term,) = offer["terms"]["OnDemand"][sku].values()
        (dimension,) = term["priceDimensions"].values()
        found[region] = float(dimension["pricePerUnit"]["USD"])

    assert found == {"us-east-2": 0.096, "eu-west-1": 0.107}


def test_every_family_of_ec2_is_there(prices: DemoPrices) -> None:
    offer = read(prices, f"{ROOT}/AmazonEC2/current/index.json")
    assert isinstance(offer, dict)

    families = {product["productFamily"] for product in offer["products"].values()}

    assert {"Compute Instance", "Storage", "Storage Snapshot", "Data Transfer"} <= families
