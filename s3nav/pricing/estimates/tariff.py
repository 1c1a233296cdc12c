"""Find the exact S3 rates of a region among thousands of similar products.

Rates come from the indexed price list, else from the prices that come with s3nav.
"""

import csv
import logging
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.pricing.catalogue import GLOBAL_REGION, Rate, RateSource, Tier
from s3nav.pricing.estimates.storage_classes import (
    DEEP_ARCHIVE_OFFER,
    S3,
    STANDARD_STORAGE,
    TRANSFER,
    Product,
)

if TYPE_CHECKING:
    from s3nav.pricing.catalogue import Catalogue

logger = logging.getLogger(__name__)

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
PUBLISHED = date(2025, 6, 5)
"""The older of the two publication dates in the file's first line."""
_FILE = Path(__file__).with_name("s3_prices.csv")


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


class IndexedPrices:
    """The indexed price list: empty until prices are indexed, and when the index is damaged."""

    def __init__(self, file: Path, open_catalogue: "Callable[[], Catalogue]") -> None:
        self._file = file
        self._open = open_catalogue

    @property
    def as_of(self) -> date | None:
        """The day of the newest prices in it."""
        catalogue = self._catalogue()
        return None if catalogue is None else catalogue.as_of

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        """Return an offer's on-demand rates in a region; empty when they are not indexed."""
        catalogue = self._catalogue()
        return () if catalogue is None else catalogue.rates(offer, region)

    def published(self, region: str) -> date | None:
        """Return the publication day of the oldest of a region's three S3 offers."""
        from s3nav.pricing.catalogue import moment
        from s3nav.pricing.price_list import EVERYWHERE

        catalogue = self._catalogue()
        if catalogue is None:
            return None
        days = []
        for offer in (S3, DEEP_ARCHIVE_OFFER, TRANSFER):
            versions = catalogue.versions()
            chosen = versions.of(offer, region) or versions.of(offer, EVERYWHERE)
            day = moment(chosen[0].published_at) if chosen else None
            if day is not None:
                days.append(day.date())
        return min(days, default=None)

    def stamp(self) -> object:
        """Return a value that changes when something is indexed."""
        catalogue = self._catalogue()
        if catalogue is None:
            return None
        return max((version.version_id for version in catalogue.versions().all), default=None)

    def _catalogue(self) -> "Catalogue | None":
        if not self._file.exists():
            return None
        try:
            return self._open()
        except S3NavError as error:
            logger.warning("the price index cannot be read: %s", error.message)
            return None


class Snapshot:
    """Prices of some regions as of a day, enough without a network; read when first asked."""

    def __init__(self) -> None:
        self._regions: dict[str, Mapping[str, Sequence[Rate]]] = {}

    @property
    def as_of(self) -> date:
        """The day the prices were published."""
        return PUBLISHED

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        """Return an offer's rates in a region; empty when the file has none."""
        return self._of_region(region).get(offer, ())

    def published(self, _region: str) -> date:
        """Return the publication day, the same for all regions."""
        return PUBLISHED

    def stamp(self) -> object:
        """Return a constant: the snapshot never changes."""
        return PUBLISHED

    def regions(self) -> list[str]:
        """Return the regions with S3 prices, sorted."""
        regions = {line.partition(",")[0] for line in self._lines[1:]}
        return sorted(regions - {GLOBAL_REGION})

    def _of_region(self, region: str) -> Mapping[str, Sequence[Rate]]:
        """Parse one region on demand: few sessions need prices of more than one or two."""
        known = self._regions.get(region)
        if known is None:
            known = self._regions[region] = self._parse(region)
        return known

    def _parse(self, region: str) -> Mapping[str, Sequence[Rate]]:
        names, *lines = self._lines
        products: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
        start = f"{region},"
        for row in csv.DictReader([names, *(line for line in lines if line.startswith(start))]):
            products[row["offer"], row["usage_type"], row["operation"]].append(row)
        found: dict[str, list[Rate]] = defaultdict(list)
        for (offer, *_), rows in products.items():
            found[offer].append(_rate(rows))
        return found

    @cached_property
    def _lines(self) -> list[str]:
        """The header line, then the rows."""
        text = _FILE.read_text("utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")]


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
