"""What S3 costs in a region: exact rates out of thousands of products that look alike."""

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

import msgspec

from s3nav.pricing.catalogue import GLOBAL_REGION, Rate, RateSource
from s3nav.pricing.estimates.storage_classes import (
    DEEP_ARCHIVE_OFFER,
    S3,
    STANDARD_STORAGE,
    TRANSFER,
    Product,
)

FREE_TIER = "Global-DataTransfer-Out-Bytes"
INTERNET = Product(
    suffix="DataTransfer-Out-Bytes", offer=TRANSFER, attributes={"transferType": "AWS Outbound"}
)
"""In the offer of data transfer: the usage type of the same name in that of S3 is not egress."""
ACCELERATION = Product(suffix="DataTransfer-Out-ABytes-T1", offer=TRANSFER)
_BETWEEN_REGIONS = "InterRegion Outbound"
_AWS_OUT = "-AWS-Out-Bytes"
_OFFERS = (S3, DEEP_ARCHIVE_OFFER, TRANSFER)
_PREFIXED_STANDARD = re.compile(rf"((?:[A-Z]+\d*-)?){re.escape(STANDARD_STORAGE.suffix)}")
"""`Tables-`, `Vectors-`, `Files-` and `Annotation-` stand where a region prefix would."""


class PricesUsed(msgspec.Struct, frozen=True, kw_only=True):
    """Whose prices a number was made of."""

    region: str
    source: str
    """As in ``price list`` or ``bundled snapshot``."""
    as_of: date | None


class PriceSource(RateSource, Protocol):
    """A source of rates that can say how old they are."""

    def published(self, region: str) -> date | None:
        """The day the S3 prices of a region were published; None when it does not know them."""
        ...

    def stamp(self) -> object:
        """Another one whenever there are other rates."""
        ...


class RegionPrices:
    """The rates of one region, found by product."""

    def __init__(self, region: str, used: PricesUsed, rates: Sequence[Rate]) -> None:
        self.region = region
        self.used = used
        self._by_type: dict[tuple[str, str], list[Rate]] = {}
        for rate in rates:
            self._by_type.setdefault((rate.offer, rate.usage_type), []).append(rate)
        self._prefix = _region_prefix(rates)
        self._to_region = {
            rate.attributes.get("toRegionCode", ""): rate
            for rate in rates
            if rate.usage_type.endswith(_AWS_OUT)
            and rate.attributes.get("transferType") == _BETWEEN_REGIONS
        }

    def rate(self, product: Product) -> Rate | None:
        """The rate of a product; None when the price is missing or not in dollars."""
        usage_type = f"{self._prefix}{product.suffix}"
        for operation in product.operations:
            for rate in self._by_type.get((product.offer, usage_type), ()):
                if rate.operation == operation and _fits(rate, product.attributes):
                    return rate if rate.currency == "USD" else None
        return None

    def to_region(self, region: str) -> Rate | None:
        """The rate of transfer to another region."""
        return self._to_region.get(region)


class Tariff:
    """Prices of all regions, each from the first source that knows all of it.

    Any thread may ask; what was found is kept until `refresh` finds newer ones.
    """

    def __init__(self, sources: Mapping[str, PriceSource]) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._regions: dict[str, RegionPrices | None] = {}
        self._free: Decimal | None = None
        self._stamps: list[object] = []

    def region(self, region: str) -> RegionPrices | None:
        """The prices of a region; None when no source knows it."""
        with self._lock:
            if region not in self._regions:
                self._regions[region] = self._look_up(region)
            return self._regions[region]

    def free_gb(self) -> Decimal | None:
        """GB a month that go to the internet for nothing, all regions together; None: unknown.

        They belong to a product of no region, beside which the paid tiers start at 0.
        """
        with self._lock:
            if self._free is None:
                rates = (
                    rate
                    for source in self._sources.values()
                    for rate in source.rates(TRANSFER, GLOBAL_REGION)
                    if rate.usage_type == FREE_TIER
                )
                rate = next(rates, None)
                if rate is not None and rate.tiers[0].price == 0:
                    self._free = rate.tiers[0].end
            return self._free

    def refresh(self) -> None:
        """Look prices up again if there are newer ones."""
        stamps = [source.stamp() for source in self._sources.values()]
        with self._lock:
            if stamps != self._stamps:
                self._stamps = stamps
                self._regions.clear()
                self._free = None

    def _look_up(self, region: str) -> RegionPrices | None:
        """From the first source with all offers, else the first with that of S3."""
        partial = None
        for name, source in self._sources.items():
            found = [source.rates(offer, region) for offer in _OFFERS]
            if not found[0]:
                continue
            used = PricesUsed(region=region, source=name, as_of=source.published(region))
            prices = RegionPrices(region, used, [rate for rates in found for rate in rates])
            if all(found):
                return prices
            partial = partial or prices
        return partial


def _region_prefix(rates: Sequence[Rate]) -> str:
    """What AWS writes before the usage types of the region; nothing in us-east-1."""
    for rate in rates:
        match = _PREFIXED_STANDARD.fullmatch(rate.usage_type)
        if match and rate.offer == S3 and _fits(rate, STANDARD_STORAGE.attributes):
            return match[1]
    return ""


def _fits(rate: Rate, wanted: Mapping[str, str]) -> bool:
    return all(rate.attributes.get(name, value) == value for name, value in wanted.items())
