"""Tier ladders: what a unit costs from which quantity on, and what N of it cost."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import parse_size
from s3nav.persistence import Reader, Row
from s3nav.pricing.catalogue.rates import Tier
from s3nav.pricing.index import RATES_BITS

GB = Decimal(2**30)
"""AWS means this by GB, whatever the letters say."""
_SCALES = {"k": Decimal(10**3), "m": Decimal(10**6), "g": Decimal(10**9), "b": Decimal(10**9)}

RATES_OF = """
SELECT r.*, t.term_type, t.attributes, u.word AS unit, c.word AS currency, e.word AS effective
FROM rates r JOIN terms t ON t.id = r.term_id JOIN words u ON u.id = r.unit_id
JOIN words c ON c.id = r.currency_id JOIN words e ON e.id = r.effective_id
WHERE r.id >= ? AND r.id < ?
ORDER BY t.term_type <> 'OnDemand', r.id
"""


class PriceTiers(msgspec.Struct, frozen=True, kw_only=True):
    """One term's prices for one unit."""

    term_type: str
    terms: Mapping[str, str]
    """``LeaseContractLength`` and the like; empty on demand."""
    unit: str
    currency: str
    effective: str
    description: str
    rate_code: str
    tiers: tuple[Tier, ...]
    """Empty when the price is none that can be read."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one tier has of a quantity."""

    tier: Tier
    quantity: Decimal
    cost: Decimal


def ladders(reader: Reader, product_id: int) -> list[PriceTiers]:
    """All prices of a product, on demand first."""
    bounds = (product_id << RATES_BITS, (product_id + 1) << RATES_BITS)
    together: dict[tuple[object, ...], list[Row]] = {}
    for row in reader.rows(RATES_OF, bounds):
        # An upfront fee has no ranges and stands for itself.
        key = (row["term_id"], row["unit_id"], row["currency_id"], row["effective_id"])
        together.setdefault((*key, "" if row["begins"] else row["rate_code"]), []).append(row)
    return [_ladder(rows) for rows in together.values()]


def tiers_of(rows: Sequence[Row]) -> tuple[Tier, ...]:
    """Tiers of rates, the lowest first; empty when a number cannot be read."""
    try:
        tiers = [
            Tier(
                begin=Decimal(row["begins"] or "0"),
                end=None if row["ends"] in {"Inf", ""} else Decimal(row["ends"]),
                price=Decimal(row["price"]),
            )
            for row in rows
        ]
    except InvalidOperation:
        return ()
    return tuple(sorted(tiers, key=lambda tier: tier.begin))


def shares(tiers: Sequence[Tier], quantity: Decimal) -> list[Share]:
    """How a quantity climbs the ladder: one share a tier that it reaches."""
    found = []
    for tier in tiers:
        top = quantity if tier.end is None else min(quantity, tier.end)
        if top > tier.begin or (tier.begin == 0 and quantity == 0):
            inside = top - tier.begin
            found.append(Share(tier=tier, quantity=inside, cost=inside * tier.price))
    return found


def cost(tiers: Sequence[Tier], quantity: Decimal) -> Decimal:
    """What a quantity costs; what lies below the first tier costs nothing here."""
    return sum((share.cost for share in shares(tiers, quantity)), Decimal(0))


def parse_quantity(text: str, unit: str) -> Decimal:
    """``5 TiB`` for a price by GB, ``1.5M`` or ``1,000,000`` for one by requests.

    Raises UsageError.
    """
    wanted = text.strip().replace(",", "").replace("_", "")
    try:
        found = Decimal(wanted)
    except InvalidOperation:
        found = _scaled(wanted, text, unit)
    if not found.is_finite() or found < 0:
        raise UsageError(f"`{text}` is no quantity", remedy=_example(unit))
    return found


def _scaled(wanted: str, text: str, unit: str) -> Decimal:
    if unit.startswith("GB"):
        try:
            return Decimal(parse_size(wanted)) / GB
        except UsageError as error:
            raise UsageError(f"`{text}` is no quantity of {unit}", remedy=_example(unit)) from error
    scale = _SCALES.get(wanted[-1:].lower())
    try:
        if scale is not None:
            return Decimal(wanted[:-1].strip()) * scale
    except InvalidOperation:
        pass
    raise UsageError(f"`{text}` is no quantity of {unit}", remedy=_example(unit))


def _example(unit: str) -> str:
    return "as in 5TiB, 500GB or 104" if unit.startswith("GB") else "as in 1000, 1.5M or 10k"


def _ladder(rows: Sequence[Row]) -> PriceTiers:
    first = rows[0]
    return PriceTiers(
        term_type=first["term_type"],
        terms=msgspec.json.decode(first["attributes"], type=dict[str, str]),
        unit=first["unit"],
        currency=first["currency"],
        effective=first["effective"],
        description=first["description"],
        rate_code=first["rate_code"],
        tiers=tiers_of(rows),
    )
