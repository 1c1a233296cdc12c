"""Price tiers: the price of a unit in each range of quantity, and the cost of a quantity."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import parse_size
from s3nav.persistence import Reader, Row
from s3nav.pricing.catalogue.rates import Tier
from s3nav.pricing.index import RATES_BITS

GB = Decimal(2**30)
"""AWS bills a GB as 2^30 bytes (S3 FAQ, "How will I be charged and billed")."""
_SCALES = {"k": Decimal(10**3), "m": Decimal(10**6), "g": Decimal(10**9), "b": Decimal(10**9)}

RATES_OF = """
SELECT r.*, t.term_type, t.attributes, u.word AS unit, c.word AS currency, e.word AS effective
FROM rates r JOIN terms t ON t.id = r.term_id JOIN words u ON u.id = r.unit_id
JOIN words c ON c.id = r.currency_id JOIN words e ON e.id = r.effective_id
WHERE r.id >= ? AND r.id < ?
ORDER BY t.term_type <> 'OnDemand', r.id
"""


class PriceTiers(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one product under one term, for one unit."""

    term_type: str
    terms: Mapping[str, str]
    """Attributes of the term, such as ``LeaseContractLength``; empty on demand."""
    unit: str
    currency: str
    effective: str
    rate_code: str
    """Of the first tier."""
    tiers: tuple[Tier, ...]
    """Empty when a price cannot be read."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a quantity that falls into one tier."""

    tier: Tier
    quantity: Decimal
    cost: Decimal


def price_tiers_of(reader: Reader, product_id: int) -> list[PriceTiers]:
    """Return all prices of a product, on demand first."""
    bounds = (product_id << RATES_BITS, (product_id + 1) << RATES_BITS)
    rows_by_term: dict[tuple[object, ...], list[Row]] = {}
    for row in reader.rows(RATES_OF, bounds):
        # An upfront fee has no ranges: each is a price of its own, not a tier of another.
        key = (row["term_id"], row["unit_id"], row["currency_id"], row["effective_id"])
        rows_by_term.setdefault((*key, "" if row["begins"] else row["rate_code"]), []).append(row)
    return [_price_tiers(rows) for rows in rows_by_term.values()]


def tiers_of(rows: Sequence[Row]) -> tuple[Tier, ...]:
    """Return the tiers in rows of `rates`, lowest first; empty when a number is unreadable."""
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


def _described(rows: Sequence[Row]) -> tuple[Tier, ...]:
    tiers = tiers_of(rows)
    words = {Decimal(row["begins"] or "0"): row["description"] for row in rows} if tiers else {}
    return tuple(replace(tier, description=words[tier.begin]) for tier in tiers)


def shares(tiers: Sequence[Tier], quantity: Decimal) -> list[Share]:
    """Split a quantity over the tiers it reaches, one share for each."""
    found = []
    for tier in tiers:
        top = quantity if tier.end is None else min(quantity, tier.end)
        if top > tier.begin or (tier.begin == 0 and quantity == 0):
            inside = top - tier.begin
            found.append(Share(tier=tier, quantity=inside, cost=inside * tier.price))
    return found


def cost(tiers: Sequence[Tier], quantity: Decimal) -> Decimal:
    """Return the cost of a quantity; units below the first tier are free."""
    return sum((share.cost for share in shares(tiers, quantity)), Decimal(0))


def parse_quantity(text: str, unit: str) -> Decimal:
    """Parse ``5 TiB`` for a unit of GB, ``1.5M`` or ``1,000,000`` for a unit of requests.

    Raises UsageError.
    """
    wanted = text.strip().replace(",", "").replace("_", "")
    try:
        found = Decimal(wanted)
    except InvalidOperation:
        found = _scaled(wanted, text, unit)
    if not found.is_finite() or found < 0:
        raise UsageError(f"`{text}` is not a quantity", remedy=_example(unit))
    return found


def _scaled(wanted: str, text: str, unit: str) -> Decimal:
    if unit.startswith("GB"):
        try:
            return Decimal(parse_size(wanted)) / GB
        except UsageError as error:
            raise UsageError(
                f"`{text}` is not a quantity of {unit}", remedy=_example(unit)
            ) from error
    scale = _SCALES.get(wanted[-1:].lower())
    try:
        if scale is not None:
            return Decimal(wanted[:-1].strip()) * scale
    except InvalidOperation:
        pass
    raise UsageError(f"`{text}` is not a quantity of {unit}", remedy=_example(unit))


def _example(unit: str) -> str:
    return "as in 5TiB, 500GB or 104" if unit.startswith("GB") else "as in 1000, 1.5M or 10k"


def _price_tiers(rows: Sequence[Row]) -> PriceTiers:
    first = rows[0]
    return PriceTiers(
        term_type=first["term_type"],
        terms=msgspec.json.decode(first["attributes"], type=dict[str, str]),
        unit=first["unit"],
        currency=first["currency"],
        effective=first["effective"],
        rate_code=first["rate_code"],
        tiers=_described(rows),
    )
