"""One product in full, and the same thing in other regions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from s3nav.pricing.catalogue.price_tiers import PriceTiers
from s3nav.pricing.catalogue.rates import Tier
from s3nav.pricing.catalogue.search_result import Hit
from s3nav.pricing.index import IndexedVersion


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """A product, what it is, and all its prices."""

    hit: Hit
    attributes: Mapping[str, str]
    ladders: tuple[PriceTiers, ...]
    """On demand first."""
    version: IndexedVersion


class RegionPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The same thing in one region."""

    region: str
    sku: str
    usage_type: str
    unit: str
    currency: str
    tiers: tuple[Tier, ...]
    difference: Decimal | None
    """Of the first tier's price, as a part of the reference's: 0.1 is a tenth more. None where it
    makes no sense: another unit or currency, or a reference that costs nothing."""
    is_reference: bool = False


def first_price(tiers: Sequence[Tier]) -> Decimal | None:
    """What the first unit costs; None without tiers."""
    return tiers[0].price if tiers else None


def differences(pages: Sequence[ProductPage], reference: ProductPage) -> list[RegionPrice]:
    """One line a region, the cheapest first; those without a price last."""
    base = reference.ladders[0] if reference.ladders else None
    lines = []
    for page in pages:
        ladder = page.ladders[0] if page.ladders else None
        lines.append(
            RegionPrice(
                region=page.hit.region,
                sku=page.hit.sku,
                usage_type=page.hit.usage_type,
                unit=page.hit.unit,
                currency=page.hit.currency,
                tiers=ladder.tiers if ladder else (),
                difference=_difference(ladder, base),
                is_reference=page.hit.product_id == reference.hit.product_id,
            )
        )
    return sorted(lines, key=_cheapest_first)


def _cheapest_first(line: RegionPrice) -> tuple[bool, Decimal, str]:
    price = first_price(line.tiers)
    return (price is None, price or Decimal(0), line.region)


def _difference(ladder: PriceTiers | None, base: PriceTiers | None) -> Decimal | None:
    if ladder is None or base is None:
        return None
    price, reference = first_price(ladder.tiers), first_price(base.tiers)
    if price is None or not reference:
        return None
    if (ladder.unit, ladder.currency) != (base.unit, base.currency):
        return None
    return price / reference - 1
