"""The indexed versions of each offer, and which of them are current."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec

from s3nav.pricing.index import IndexedVersion
from s3nav.pricing.price_list import EVERYWHERE

STALE_AFTER_DAYS = 7
"""Prices older than this are called stale: offers that change do so about weekly."""


class Versions(msgspec.Struct, frozen=True):
    """All indexed versions, the newest of each offer and region first."""

    all: Sequence[IndexedVersion]

    def current(self) -> list[IndexedVersion]:
        """Return the newest version of each offer and region, in the order of their products."""
        newest: dict[tuple[str, str], IndexedVersion] = {}
        for each in self.all:
            newest.setdefault((each.offer, each.region), each)
        return sorted(newest.values(), key=lambda each: each.first_product)

    def of(self, offer: str, region: str) -> list[IndexedVersion]:
        """Return the versions of one offer in one region, newest first."""
        return [each for each in self.all if (each.offer, each.region) == (offer, region)]

    @property
    def as_of(self) -> date | None:
        """The day of the newest prices."""
        days = [parse_time(each.published_at) for each in self.all]
        known = [day for day in days if day is not None]
        return max(known).date() if known else None


class CurrentProducts:
    """Tell current products from those of older versions by their ids."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions.current()
        self._starts = [each.first_product for each in self._versions]
        self._regional = {(v.offer, v.region) for v in self._versions if v.region != EVERYWHERE}

    def version_of(self, product_id: int) -> IndexedVersion | None:
        """Return the current version a product belongs to; None when its version is older."""
        at = bisect_right(self._starts, product_id) - 1
        if at < 0 or product_id > self._versions[at].last_product:
            return None
        return self._versions[at]

    def is_doubled(self, version: IndexedVersion, region: str) -> bool:
        """True for a product of the all-regions file whose region is also indexed by itself."""
        return version.region == EVERYWHERE and (version.offer, region) in self._regional


def parse_time(text: str) -> datetime | None:
    """Parse a time as AWS writes it, in UTC; None when it is not a time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
