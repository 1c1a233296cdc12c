"""What a price is: tiers of a rate of a product, in AWS's own words, and where rates come from."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

import msgspec

GLOBAL_REGION = "global"
"""The region of products that belong to no region, such as the free tier of transfer."""


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A span of quantity that costs the same a unit."""

    begin: Decimal
    end: Decimal | None
    """Not included; None for everything above `begin`."""
    price: Decimal
    """A unit of the rate, in its currency."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What one usage type costs in one region, and the product it is a price of."""

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
    """From the lowest `begin`; they touch and do not overlap."""
    currency: str = "USD"
    sku: str = ""
    rate_code: str = ""
    """Of the first tier; empty when the source does not say."""
    description: str = ""
    attributes: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """The product's other attributes: ``volumeType``, ``toRegionCode``, ``transferType``…"""


class RateSource(Protocol):
    """Something that knows on-demand rates: the catalogue, or the bundled snapshot."""

    @property
    def as_of(self) -> date | None:
        """The day of the newest prices in it; None when it has none."""
        ...

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        """All on-demand rates of an offer in a region; empty when it does not know them.

        Several rates may share a usage type: the operation tells them apart.
        """
        ...
