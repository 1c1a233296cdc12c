"""Rates and tiers in AWS's own terms, and the protocol of the sources that supply them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

import msgspec

GLOBAL_REGION = "global"
"""The region of products that belong to no region, such as the free tier of data transfer."""


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A range of quantity with one price per unit."""

    begin: Decimal
    end: Decimal | None
    """Exclusive; None for everything above `begin`."""
    price: Decimal
    """Price of one unit of the rate, in its currency."""
    description: str = ""
    """In AWS's words; empty where only prices are compared."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """The price of one usage type in one region, with the product it belongs to."""

    offer: str
    """The offer code, as in ``AmazonS3``."""
    region: str
    """As in ``eu-west-1``, or `GLOBAL_REGION`."""
    usage_type: str
    """As AWS writes it, region prefix included: ``EU-TimedStorage-ByteHrs``."""
    operation: str = ""
    """Empty when the product names none."""
    unit: str
    """As AWS writes it: ``GB-Mo``, ``Requests``, ``GB``, ``Objects``."""
    tiers: tuple[Tier, ...]
    """Sorted by `begin`, without gaps or overlaps."""
    currency: str = "USD"
    sku: str = ""
    rate_code: str = ""
    """Rate code of the first tier; empty when the source has none."""
    description: str = ""
    attributes: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """The product's other attributes: ``volumeType``, ``toRegionCode``, ``transferType``…"""


class RateSource(Protocol):
    """A source of on-demand rates: the catalogue or the bundled snapshot."""

    @property
    def as_of(self) -> date | None:
        """The day of its newest prices; None when it has none."""
        ...

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        """Return an offer's on-demand rates in a region; empty when it has none.

        Several rates can share a usage type and differ by operation.
        """
        ...
