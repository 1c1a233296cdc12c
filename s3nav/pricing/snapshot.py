"""The prices that come with s3nav: dated, of some regions, and enough without a network."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib import resources
from types import MappingProxyType

from s3nav.pricing.rates import Rate, Tier

PUBLISHED = date(2025, 6, 5)
"""The older of the two dates in the file's first line."""
_FILE = "s3_prices.csv"
_Key = tuple[str, str]


class Snapshot:
    """A rate source on the bundled file, which is read when first asked."""

    @property
    def as_of(self) -> date:
        """The day the prices were published."""
        return PUBLISHED

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        """The rates of an offer in a region; empty when the file has none."""
        return self._rates.get((offer, region), ())

    def regions(self) -> list[str]:
        """The regions whose S3 prices are there."""
        return sorted(region for offer, region in self._rates if offer == "AmazonS3")

    @cached_property
    def _rates(self) -> Mapping[_Key, tuple[Rate, ...]]:
        text = resources.files("s3nav.pricing").joinpath(_FILE).read_text("utf-8")
        lines = (line for line in text.splitlines() if not line.startswith("#"))
        products: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
        for row in csv.DictReader(lines):
            names = ("offer", "region", "usage_type", "operation")
            products[tuple(row[name] for name in names)].append(row)
        found: dict[_Key, list[Rate]] = defaultdict(list)
        for (offer, region, *_), rows in products.items():
            found[offer, region].append(_rate(rows))
        return {key: tuple(rates) for key, rates in found.items()}


def _rate(rows: Sequence[dict[str, str]]) -> Rate:
    first = rows[0]
    pairs = (pair.partition("=") for pair in first["attributes"].split(";") if pair)
    code = first["rate_code"]
    return Rate(
        offer=first["offer"],
        region=first["region"],
        usage_type=first["usage_type"],
        operation=first["operation"],
        unit=first["unit"],
        tiers=tuple(
            Tier(
                begin=Decimal(row["begin"]),
                end=Decimal(row["end"]) if row["end"] else None,
                price=Decimal(row["price"]),
            )
            for row in rows
        ),
        sku=first["sku"],
        rate_code=f"{first['sku']}.{code}" if code else "",
        attributes=MappingProxyType({name: value for name, _, value in pairs}),
    )
