"""Where the tariff has rates from: the indexed price list, and the prices that come with s3nav."""

import csv
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from s3nav.model.errors import S3NavError
from s3nav.pricing.catalogue import GLOBAL_REGION, Rate, Tier
from s3nav.pricing.estimates.storage_classes import DEEP_ARCHIVE_OFFER, S3, TRANSFER

if TYPE_CHECKING:
    from s3nav.pricing.catalogue import Catalogue

logger = logging.getLogger(__name__)

PUBLISHED = date(2025, 6, 5)
"""The older of the two publication dates in the file's first line."""
_FILE = Path(__file__).with_name("s3_prices.csv")


class IndexedPrices:
    """Empty until prices are indexed; a damaged index is logged and treated as empty."""

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
