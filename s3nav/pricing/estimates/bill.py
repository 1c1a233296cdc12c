"""A bill: lines that add up, whose prices they are, and which prices were missing."""

from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext
from enum import StrEnum

import msgspec

from s3nav.model.text.quantities import GIB
from s3nav.pricing.catalogue import Rate
from s3nav.pricing.estimates.storage_classes import Product
from s3nav.pricing.estimates.tariff import PricesUsed, RegionPrices, Tariff

GB_BYTES = GIB
"""AWS writes GB and means 2^30 bytes."""
DIGITS = 60
"""Of the arithmetic: bytes as GB have 30 behind the point, prices 10."""


_ONCE = Decimal(1)


class Payer(StrEnum):
    """Who finds a line on the bill."""

    OWNER = "owner"
    """Whose bucket it is."""
    REQUESTER = "requester"
    """Who asks, of a bucket where the requester pays."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So much of something, at one price."""

    what: str
    quantity: Decimal
    unit: str
    unit_price_usd: Decimal
    usd: Decimal
    payer: Payer
    region: str


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What something costs, exactly; nothing is rounded before it is shown."""

    lines: tuple[Line, ...] = ()
    gaps: tuple[str, ...] = ()
    """What has no known price, and is missing from the sum."""
    prices: tuple[PricesUsed, ...] = ()
    payer: Payer = Payer.OWNER
    """Whose bill it is: the sum is what they pay."""

    @property
    def total_usd(self) -> Decimal:
        """What `payer` pays."""
        return self.usd_of(self.payer)

    def usd_of(self, payer: Payer) -> Decimal:
        """The sum of somebody's lines."""
        return exact_sum([line.usd for line in self.lines if line.payer is payer])


class BillBuilder:
    """Adds lines up, a tier after the other, as if all were bought in one month."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._lines: list[Line] = []
        self._gaps: dict[str, None] = {}
        self._used: dict[str, PricesUsed] = {}
        self._bought: dict[int, Decimal] = {}
        self._rates: list[Rate] = []

    def region(self, region: str) -> RegionPrices | None:
        """The prices of a region; a gap is noted when there are none."""
        prices = self._tariff.region(region)
        if prices is None:
            self._gaps[f"no prices of {region}"] = None
        else:
            self._used[region] = prices.used
        return prices

    def free_gb(self) -> Decimal | None:
        """GB a month that go to the internet for nothing; None when nobody says."""
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
        """Add what so much of a product of a region costs, `times` a month."""
        if quantity:
            rate = prices.rate(product)
            if rate is None:
                self.miss(f"{what}: no price of {product.suffix} in {prices.region}")
            else:
                self.buy_at(rate, what, quantity, payer, times=times)

    def buy_at(
        self, rate: Rate, what: str, quantity: Decimal, payer: Payer, *, times: Decimal = _ONCE
    ) -> None:
        """Add what so much of a rate costs, behind what was bought of it before."""
        start = self._bought.get(id(rate), Decimal(0))
        stop = start + quantity
        self._rates.append(rate)  # an id is somebody's only while they live
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
        """Note a price that is not there."""
        self._gaps[gap] = None

    def bill(self, payer: Payer) -> Bill:
        """All that was added."""
        return Bill(
            lines=tuple(self._lines),
            gaps=tuple(self._gaps),
            prices=tuple(self._used.values()),
            payer=payer,
        )


def exactly() -> AbstractContextManager[Context]:
    """Arithmetic in which no digit of a bill is lost."""
    return localcontext(prec=DIGITS)


def unit_of(rate: Rate) -> str:
    """A rate's unit in words a bill can print."""
    return {"GB-Mo": "GB-month", "Requests": "requests", "Objects": "objects"}.get(
        rate.unit, rate.unit
    )


def exact_sum(amounts: list[Decimal]) -> Decimal:
    """The sum with all its digits."""
    with exactly():
        return sum(amounts, Decimal(0))


def _span(begin: Decimal, end: Decimal | None) -> str:
    if end is None:
        return f"beyond {begin:,} GB"
    return f"{begin:,} to {end:,} GB" if begin else f"first {end:,} GB"
