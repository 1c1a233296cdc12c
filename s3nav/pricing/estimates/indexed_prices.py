"""The indexed price list as a price source of the tariff."""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.model.errors import S3NavError
from s3nav.pricing.catalogue import Rate
from s3nav.pricing.estimates.storage_classes import DEEP_ARCHIVE_OFFER, S3, TRANSFER

if TYPE_CHECKING:
    from s3nav.pricing.catalogue import Catalogue

logger = logging.getLogger(__name__)


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
