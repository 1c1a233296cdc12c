"""A rate source made of what a test says, on top of another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from s3nav.pricing import Rate, Snapshot, Tier


@dataclass
class RateList:
    """Rates in a list, before those of the snapshot when `with_snapshot`."""

    listed: list[Rate] = field(default_factory=list)
    without: frozenset[str] = frozenset()
    """Usage types of the snapshot that are left out."""
    with_snapshot: bool = True
    as_of: date | None = date(2026, 11, 18)

    def published(self, _region: str) -> date | None:
        return self.as_of

    def stamp(self) -> object:
        return self.with_snapshot

    def rates(self, offer: str, region: str) -> Sequence[Rate]:
        found = [rate for rate in self.listed if (rate.offer, rate.region) == (offer, region)]
        if self.with_snapshot:
            found += [
                r for r in Snapshot().rates(offer, region) if r.usage_type not in self.without
            ]
        return found


def rate(
    usage_type: str,
    price: str,
    *,
    offer: str = "AmazonS3",
    region: str = "us-east-1",
    operation: str = "",
    currency: str = "USD",
    **attributes: str,
) -> Rate:
    """A rate of one tier."""
    return Rate(
        offer=offer,
        region=region,
        usage_type=usage_type,
        operation=operation,
        unit="GB",
        tiers=(Tier(begin=Decimal(0), end=None, price=Decimal(price)),),
        currency=currency,
        attributes=attributes,
    )
