"""Find the exact S3 rates of a region among thousands of similar products."""

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
"""From the data transfer offer: the S3 offer has this usage type too, but not for egress."""
ACCELERATION = Product(suffix="DataTransfer-Out-ABytes-T1", offer=TRANSFER)
_BETWEEN_REGIONS = "InterRegion Outbound"
_AWS_OUT = "-AWS-Out-Bytes"
_OFFERS = (S3, DEEP_ARCHIVE_OFFER, TRANSFER)
_PREFIXED_STANDARD = re.compile(rf"((?:[A-Z]+\d*-)?){re.escape(STANDARD_STORAGE.suffix)}")
"""Excludes `Tables-`, `Vectors-`, `Files-` and `Annotation-`, which are not region prefixes."""


class PricesUsed(msgspec.Struct, frozen=True, kw_only=True):
    """The source and date of the prices behind an amount."""

    region: str
    source: str
    """``price list`` or ``bundled snapshot``."""
    as_of: date | None


class PriceSource(RateSource, Protocol):
    """A source of rates that knows their age."""

    def published(self, region: str) -> date | None:
        """Return the day a region's S3 prices were published; None when it has none."""
        ...

    def stamp(self) -> object:
        """Return a value that changes whenever the rates change."""
        ...


class RegionPrices:
    """The rates of one region, looked up by product."""

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
        """Return a product's rate; None when it is missing or not in US dollars."""
        usage_type = f"{self._prefix}{product.suffix}"
        for operation in product.operations:
            for rate in self._by_type.get((product.offer, usage_type), ()):
                if rate.operation == operation and _fits(rate, product.attributes):
                    return rate if rate.currency == "USD" else None
        return None

    def to_region(self, region: str) -> Rate | None:
        """Return the rate of transfer to another region; None when it is missing."""
        return self._to_region.get(region)


class Tariff:
    """Prices of all regions, each from the first source that has all its offers.

    Thread-safe; results are cached until `refresh` finds newer prices.
    """

    def __init__(self, sources: Mapping[str, PriceSource]) -> None:
        self._sources = sources
        self._lock = threading.Lock()
        self._regions: dict[str, RegionPrices | None] = {}
        self._free: Decimal | None = None
        self._stamps: list[object] = []

    def region(self, region: str) -> RegionPrices | None:
        """Return the prices of a region; None when no source has them."""
        with self._lock:
            if region not in self._regions:
                self._regions[region] = self._look_up(region)
            return self._regions[region]

    def free_gb(self) -> Decimal | None:
        """Return the free GB of internet transfer per month, for all regions together.

        None when unknown. The free tier is a product without a region; the paid products' tiers
        also start at 0 (AWSDataTransfer offer).
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
        """Drop cached prices if a source has newer ones."""
        stamps = [source.stamp() for source in self._sources.values()]
        with self._lock:
            if stamps != self._stamps:
                self._stamps = stamps
                self._regions.clear()
                self._free = None

    def _look_up(self, region: str) -> RegionPrices | None:
        """Use the first source with all three offers, else the first with the S3 offer."""
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
    """Return the region's prefix of usage types; empty in us-east-1."""
    for rate in rates:
        match = _PREFIXED_STANDARD.fullmatch(rate.usage_type)
        if match and rate.offer == S3 and _fits(rate, STANDARD_STORAGE.attributes):
            return match[1]
    return ""


def _fits(rate: Rate, wanted: Mapping[str, str]) -> bool:
    return all(rate.attributes.get(name, value) == value for name, value in wanted.items())
