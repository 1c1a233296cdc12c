"""What writing costs: requests, and what a copy reads and moves between regions."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from s3nav.pricing.estimates.bill import GB_BYTES, Bill, BillBuilder, Payer, exactly
from s3nav.pricing.estimates.cost_rules import ClassUsage
from s3nav.pricing.estimates.storage_classes import LIST, rules_of
from s3nav.pricing.estimates.tariff import Tariff


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that make objects of one region and class; bytes come in for nothing."""

    region: str
    storage_class: str
    writes: int
    """PUT, COPY and the ends of uploads in parts."""
    part_writes: int = 0
    """Parts, and the beginnings of uploads in parts."""


def write_bill(written: Written, reads: Iterable[ClassUsage], tariff: Tariff) -> Bill:
    """What an upload costs, or a copy of `reads`. Raises UsageError for an unknown class."""
    with exactly():
        till = BillBuilder(tariff)
        prices = till.region(written.region)
        if prices is not None:
            rules, name = rules_of(written.storage_class), written.storage_class
            till.buy(f"PUT, {name}", Decimal(written.writes), prices, rules.put, Payer.OWNER)
            # Until an archived object is complete its parts are billed as Standard.
            parts = LIST if rules.has_overhead else rules.put
            till.buy(f"parts, {name}", Decimal(written.part_writes), prices, parts, Payer.OWNER)
        for pile in reads:
            _buy_reading(till, pile, written.region)
        return till.bill(Payer.OWNER)


def _buy_reading(till: BillBuilder, pile: ClassUsage, to_region: str) -> None:
    prices = till.region(pile.region)
    if prices is None:
        return
    usage, rules, name = pile.usage, rules_of(pile.storage_class), pile.storage_class
    till.buy(f"HEAD, {name}", Decimal(usage.heads), prices, rules.get, Payer.OWNER)
    gb = Decimal(usage.size_bytes) / GB_BYTES
    if rules.retrieval is not None and not rules.is_retrieval_of_excess:
        till.buy(f"retrieval, {name}", gb, prices, rules.retrieval, Payer.OWNER)
    if pile.region == to_region or not gb:
        return
    rate = prices.to_region(to_region)
    words = f"transfer to {to_region}"
    if rate is None:
        till.miss(f"{words}: no price in {pile.region}")
    else:
        till.buy_at(rate, words, gb, Payer.OWNER)
