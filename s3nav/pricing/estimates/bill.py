"""A bill: its lines, their sum, the prices used and the prices that were missing."""

from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from enum import StrEnum

import msgspec

from s3nav.model.text.quantities import GIB
from s3nav.pricing.catalogue import Rate
from s3nav.pricing.estimates.storage_classes import Product
from s3nav.pricing.estimates.tariff import PricesUsed, RegionPrices, Tariff

GB_BYTES = GIB
"""AWS bills a GB as 2^30 bytes (S3 FAQ, "How will I be charged and billed")."""
DIGITS = 60
"""Precision of the arithmetic: a byte in GB has 30 decimals, a price has 10."""
_ONCE = Decimal(1)


class Payer(StrEnum):
    """The AWS account that a line is billed to."""

    OWNER = "owner"
    """The bucket's owner."""
    REQUESTER = "requester"
    """The account that sends the requests, for a Requester Pays bucket."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity at one unit price."""

    what: str
    quantity: Decimal
    unit: str
    unit_price_usd: Decimal
    usd: Decimal
    payer: Payer
    region: str


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """An exact bill; amounts are rounded only for display."""

    lines: tuple[Line, ...] = ()
    gaps: tuple[str, ...] = ()
    """Items without a known price; the sum does not include them."""
    prices: tuple[PricesUsed, ...] = ()
    payer: Payer = Payer.OWNER
    """Whose lines `total_usd` adds up."""

    @property
    def total_usd(self) -> Decimal:
        """What `payer` pays, in US dollars."""
        return self.usd_of(self.payer)

    def usd_of(self, payer: Payer) -> Decimal:
        """Return the sum of one payer's lines, in US dollars."""
        return exact_sum([line.usd for line in self.lines if line.payer is payer])


class BillBuilder:
    """Builds a bill, filling price tiers in order, as if everything fell into one month."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._lines: list[Line] = []
        self._gaps: dict[str, None] = {}
        self._used: dict[str, PricesUsed] = {}
        self._bought: dict[int, Decimal] = {}
        self._rates: list[Rate] = []

    def region(self, region: str) -> RegionPrices | None:
        """Return the prices of a region; without any, record a gap and return None."""
        prices = self._tariff.region(region)
        if prices is None:
            self._gaps[f"no prices of {region}"] = None
        else:
            self._used[region] = prices.used
        return prices

    def free_gb(self) -> Decimal | None:
        """Return the free GB of internet transfer per month; None when unknown."""
        return self._tariff.free_gb()

    def buy(
        self,
        what: str,
        quantity: Decimal,
        prices: RegionPrices,
        product: Product,
        payer: Payer,
        *,
        times: Decimal = _ONCE,
    ) -> None:
        """Add a quantity of a product at a region's prices, multiplied by `times` months."""
        if quantity:
            rate = prices.rate(product)
            if rate is None:
                self.miss(f"{what}: no price of {product.suffix} in {prices.region}")
            else:
                self.buy_at(rate, what, quantity, payer, times=times)

    def buy_at(
        self, rate: Rate, what: str, quantity: Decimal, payer: Payer, *, times: Decimal = _ONCE
    ) -> None:
        """Add a quantity of a rate, starting in the tier where earlier purchases of it ended."""
        start = self._bought.get(id(rate), Decimal(0))
        stop = start + quantity
        self._rates.append(rate)  # `_bought` is keyed by id(), which is unique only while it lives
        self._bought[id(rate)] = stop
        has_tiers = len(rate.tiers) > 1
        covered = Decimal(0)
        for tier in rate.tiers:
            end = stop if tier.end is None else min(stop, tier.end)
            amount = end - max(start, tier.begin)
            if amount <= 0:
                continue
            covered += amount
            words = f"{what}, {_span(tier.begin, tier.end)}" if has_tiers else what
            self.add(words, amount * times, unit_of(rate), tier.price, payer, region=rate.region)
        if covered < quantity:
            self.miss(f"{what}: no price of {rate.usage_type} beyond {start + covered:f}")

    def add(
        self,
        what: str,
        quantity: Decimal,
        unit: str,
        unit_price: Decimal,
        payer: Payer,
        *,
        region: str,
    ) -> None:
        """Add a line."""
        self._lines.append(
            Line(
                what=what,
                quantity=quantity,
                unit=unit,
                unit_price_usd=unit_price,
                usd=quantity * unit_price,
                payer=payer,
                region=region,
            )
        )

    def miss(self, gap: str) -> None:
        """Record a missing price."""
        self._gaps[gap] = None

    def bill(self, payer: Payer) -> Bill:
        """Return the bill of everything added."""
        return Bill(
            lines=tuple(self._lines),
            gaps=tuple(self._gaps),
            prices=tuple(self._used.values()),
            payer=payer,
        )


def exactly() -> AbstractContextManager[Context]:
    """Return a decimal context precise enough for every digit of a bill."""
    return localcontext(prec=DIGITS)


def unit_of(rate: Rate) -> str:
    """Return a rate's unit as a bill prints it."""
    return {"GB-Mo": "GB-month", "Requests": "requests", "Objects": "objects"}.get(
        rate.unit, rate.unit
    )


def exact_sum(amounts: list[Decimal]) -> Decimal:
    """Return the exact sum."""
    with exactly():
        return sum(amounts, Decimal(0))


def _span(begin: Decimal, end: Decimal | None) -> str:
    if end is None:
        return f"beyond {begin:,} GB"
    return f"{begin:,} to {end:,} GB" if begin else f"first {end:,} GB"
