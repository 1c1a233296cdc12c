"""One product in full, and the same product in other regions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from s3nav.pricing.catalogue.price_tiers import PriceTiers
from s3nav.pricing.catalogue.rates import Tier
from s3nav.pricing.catalogue.search import Hit
from s3nav.pricing.index import IndexedVersion


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its attributes and all its prices."""

    hit: Hit
    attributes: Mapping[str, str]
    price_tiers: tuple[PriceTiers, ...]
    """On demand first."""
    version: IndexedVersion


class RegionPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a product in one region."""

    region: str
    sku: str
    usage_type: str
    unit: str
    currency: str
    tiers: tuple[Tier, ...]
    difference: Decimal | None
    """Relative difference of the first tier's price from the reference's: 0.1 is 10 % more.

    None when they cannot be compared: another unit or currency, or a free reference.
    """
    is_reference: bool = False


def first_price(tiers: Sequence[Tier]) -> Decimal | None:
    """Return the price of the first unit; None without tiers."""
    return tiers[0].price if tiers else None


def differences(pages: Sequence[ProductPage], reference: ProductPage) -> list[RegionPrice]:
    """Return one line for each region, cheapest first, those without a price last."""
    base = reference.price_tiers[0] if reference.price_tiers else None
    lines = []
    for page in pages:
        prices = page.price_tiers[0] if page.price_tiers else None
        lines.append(
            RegionPrice(
                region=page.hit.region,
                sku=page.hit.sku,
                usage_type=page.hit.usage_type,
                unit=page.hit.unit,
                currency=page.hit.currency,
                tiers=prices.tiers if prices else (),
                difference=_difference(prices, base),
                is_reference=page.hit.product_id == reference.hit.product_id,
            )
        )
    return sorted(lines, key=_cheapest_first)


def _cheapest_first(line: RegionPrice) -> tuple[bool, Decimal, str]:
    price = first_price(line.tiers)
    return (price is None, price or Decimal(0), line.region)


def _difference(prices: PriceTiers | None, base: PriceTiers | None) -> Decimal | None:
    if prices is None or base is None:
        return None
    price, reference = first_price(prices.tiers), first_price(base.tiers)
    if price is None or not reference:
        return None
    if (prices.unit, prices.currency) != (base.unit, base.currency):
        return None
    return price / reference - 1
