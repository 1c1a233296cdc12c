"""What a download or a month of storage costs: the same rules for plans, what-ifs and meters."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.objects import UNKNOWN_CLASS
from s3nav.model.request_counts import Usage, excess_of
from s3nav.pricing.estimates.bill import GB_BYTES, Bill, BillBuilder, Payer, exactly
from s3nav.pricing.estimates.storage_classes import (
    LIST,
    OWN_OVERHEAD_BYTES,
    SMALL_BYTES,
    STANDARD_OVERHEAD_BYTES,
    STANDARD_STORAGE,
    Product,
    rules_of,
)
from s3nav.pricing.estimates.tariff import ACCELERATION, INTERNET, RegionPrices, Tariff

INTERNET_PLACE = "internet"
SAME_REGION = "same-region"
CLOUDFRONT = "cloudfront"
KEYS_PER_LIST = 1000
DAYS_A_MONTH = 30
_NO_CLASS = "their class is not known"
_STEP = Decimal(1).scaleb(-30)
"""A thirtieth of a month has no end: so many digits of it are kept."""


class ClassUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one region and class, and what is asked of S3 for them."""

    region: str
    storage_class: str
    usage: Usage


class BillingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How things are fetched, as far as it changes the price."""

    to: str = INTERNET_PLACE
    """``internet``, ``same-region``, ``cloudfront`` or a region."""
    free_tier_used_bytes: int = 0
    """Of the free transfer of this month, by whatever came before."""
    requester_pays: bool = False
    restore: str = ""
    """``standard``, ``bulk`` or ``expedited``; empty: nothing is restored."""
    restore_days: int = 7
    accelerate: bool = False

    @property
    def asker(self) -> Payer:
        """Who pays for requests and transfer; storage and retrieval are the owner's."""
        return Payer.REQUESTER if self.requester_pays else Payer.OWNER


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one region and class that lie in a bucket."""

    region: str
    storage_class: str
    objects: int
    size_bytes: int
    small_objects: int | None = None
    """Of less than `SMALL_BYTES`; None when all are taken to have the same size."""
    small_bytes: int = 0
    """Of the small ones together."""

    @property
    def fill_bytes(self) -> int:
        """What all objects lack to have `SMALL_BYTES` each."""
        if self.small_objects is not None:
            return self.small_objects * SMALL_BYTES - self.small_bytes
        return max(0, self.objects * SMALL_BYTES - self.size_bytes)

    @property
    def large_objects(self) -> int:
        """Those of `SMALL_BYTES` and more."""
        if self.small_objects is not None:
            return self.objects - self.small_objects
        return 0 if self.fill_bytes else self.objects


def what_if(
    *, objects: int, size_bytes: int, part_bytes: int | None = None, head_per_object: bool = False
) -> Usage:
    """The usage of a download of objects of equal size that nobody has listed.

    One LIST for each thousand; one GET for each object, or for each part of `part_bytes`.
    """
    usage = Usage(objects=objects, size_bytes=size_bytes)
    usage.lists = -(-objects // KEYS_PER_LIST)
    usage.heads = objects if head_per_object else 0
    if not objects:
        return usage
    share, longer = divmod(size_bytes, objects)
    for count, each in ((objects - longer, share), (longer, share + 1)):
        is_whole = part_bytes is None or each <= part_bytes
        usage.gets += count * (1 if part_bytes is None or is_whole else -(-each // part_bytes))
        usage.excess_bytes += count * excess_of(each, part_bytes)
    return usage


def download_bill(piles: Iterable[ClassUsage], terms: BillingOptions, tariff: Tariff) -> Bill:
    """What a download costs. Raises UsageError for a class or a restore that does not exist."""
    with exactly():
        till = BillBuilder(tariff)
        moved: dict[str, int] = {}
        for pile in _merged(piles):
            prices = till.region(pile.region)
            moved[pile.region] = moved.get(pile.region, 0) + pile.usage.size_bytes
            if prices is not None:
                _buy_requests(till, prices, pile, terms)
                _buy_restore(till, prices, pile, terms)
        _buy_transfer(till, moved, terms)
        return till.bill(terms.asker)


def storage_bill(piles: Iterable[Stored], tariff: Tariff, *, days: int | None = None) -> Bill:
    """What storage costs a month, or for `days`: at least as long as the class asks for.

    Raises UsageError for a class that does not exist.
    """
    with exactly():
        till = BillBuilder(tariff)
        for pile in sorted(piles, key=lambda pile: (pile.region, pile.storage_class)):
            prices = till.region(pile.region)
            if prices is not None:
                _buy_storage(till, prices, pile, days)
        return till.bill(Payer.OWNER)


def check_restore(storage_class: str, restore: str) -> None:
    """Raise UsageError when a class has no such restore."""
    rules = rules_of(storage_class)
    if not restore or restore in rules.restores:
        return
    ways = ", ".join(rules.restores)
    raise UsageError(
        f"{storage_class} has no {restore} restore",
        remedy=f"choose {ways}" if ways else "leave --restore out: its objects are there to read",
        slug="no-such-restore",
    )


def _merged(piles: Iterable[ClassUsage]) -> Iterator[ClassUsage]:
    """One pile for each region and class; the LISTs of a region, of no class, with its first."""
    sums: dict[str, dict[str, Usage]] = {}
    for pile in piles:
        sums.setdefault(pile.region, {}).setdefault(pile.storage_class, Usage()).add(pile.usage)
    for region, by_class in sorted(sums.items()):
        lists = sum(usage.lists for usage in by_class.values())
        for storage_class, usage in sorted(by_class.items()):
            usage.lists, lists = lists, 0
            yield ClassUsage(region=region, storage_class=storage_class, usage=usage)


def _buy_requests(
    till: BillBuilder, prices: RegionPrices, pile: ClassUsage, terms: BillingOptions
) -> None:
    usage, name = pile.usage, pile.storage_class
    till.buy("LIST", Decimal(usage.lists), prices, LIST, terms.asker)
    if name == UNKNOWN_CLASS:
        if usage.gets or usage.heads:
            till.miss(f"requests for {usage.objects} objects: {_NO_CLASS}")
        return
    rules = rules_of(name)
    till.buy(f"GET, {name}", Decimal(usage.gets), prices, rules.get, terms.asker)
    till.buy(f"HEAD, {name}", Decimal(usage.heads), prices, rules.get, terms.asker)
    if rules.retrieval is not None:
        read = usage.excess_bytes if rules.is_retrieval_of_excess else usage.size_bytes
        till.buy(f"retrieval, {name}", _gb(read), prices, rules.retrieval, Payer.OWNER)


def _buy_restore(
    till: BillBuilder, prices: RegionPrices, pile: ClassUsage, terms: BillingOptions
) -> None:
    """The request is the requester's; reading the archive and the copy are the owner's."""
    if pile.storage_class == UNKNOWN_CLASS:
        return  # named with its requests
    restore = rules_of(pile.storage_class).restores.get(terms.restore)
    if restore is None:
        return
    usage, words = pile.usage, f"{terms.restore} restore, {pile.storage_class}"
    till.buy(f"request of {words}", Decimal(usage.objects), prices, restore.request, terms.asker)
    till.buy(words, _gb(usage.size_bytes), prices, restore.retrieval, Payer.OWNER)
    month, times = _span(_gb(usage.size_bytes), terms.restore_days)
    copy = f"restored copy for {terms.restore_days} days"
    till.buy(copy, month, prices, STANDARD_STORAGE, Payer.OWNER, times=times)


def _buy_transfer(till: BillBuilder, moved: dict[str, int], terms: BillingOptions) -> None:
    free_gb = _free_gb(till, terms) if terms.to == INTERNET_PLACE and any(moved.values()) else None
    for region, size_bytes in moved.items():
        prices = till.region(region)
        if prices is None or not size_bytes:
            continue
        gb, payer = _gb(size_bytes), terms.asker
        if terms.to in {SAME_REGION, CLOUDFRONT, region}:
            where = "to CloudFront" if terms.to == CLOUDFRONT else "within the region"
            till.add(f"transfer {where}", gb, "GB", Decimal(0), payer, region=region)
        elif terms.to == INTERNET_PLACE:
            free = min(gb, free_gb or Decimal(0))
            free_gb = (free_gb or Decimal(0)) - free
            words = "transfer to the internet"
            if free:
                till.add(f"{words}, free tier", free, "GB", Decimal(0), payer, region=region)
            till.buy(words, gb - free, prices, INTERNET, payer)
            if terms.accelerate:
                till.buy("acceleration of it", gb, prices, ACCELERATION, payer)
        else:
            _buy_between(till, prices, terms, gb)


def _buy_between(
    till: BillBuilder, prices: RegionPrices, terms: BillingOptions, gb: Decimal
) -> None:
    rate = prices.to_region(terms.to)
    words = f"transfer to {terms.to}"
    if rate is None:
        till.miss(f"{words}: no price in {prices.region}")
    else:
        till.buy_at(rate, words, gb, terms.asker)


def _free_gb(till: BillBuilder, terms: BillingOptions) -> Decimal:
    """What is left of the free tier, which all regions share."""
    free = till.free_gb()
    if free is None:
        till.miss("free tier of transfer out: not in the prices")
        return Decimal(0)
    return max(Decimal(0), free - _gb(terms.free_tier_used_bytes))


def _buy_storage(till: BillBuilder, prices: RegionPrices, pile: Stored, days: int | None) -> None:
    name = pile.storage_class
    if name == UNKNOWN_CLASS:
        till.miss(f"storage of {pile.size_bytes} bytes: {_NO_CLASS}")
        return
    rules = rules_of(name)
    span = None if days is None else max(days, rules.shortest_days)
    behind = f", {span} days" if span else ""

    def buy(what: str, amount: Decimal, product: Product) -> None:
        month, times = _span(amount, span)
        till.buy(f"{what}{behind}", month, prices, product, Payer.OWNER, times=times)

    billed = pile.size_bytes + (pile.fill_bytes if rules.fills_small else 0)
    if rules.has_overhead:
        billed += pile.objects * OWN_OVERHEAD_BYTES
    buy(f"storage, {name}", _gb(billed), rules.storage)
    if rules.has_overhead:
        buy(f"names of {name}", _gb(pile.objects * STANDARD_OVERHEAD_BYTES), STANDARD_STORAGE)
    if rules.monitoring is not None:
        buy(f"monitoring, {name}", Decimal(pile.large_objects), rules.monitoring)


def _gb(size_bytes: int) -> Decimal:
    return Decimal(size_bytes) / GB_BYTES


def _span(amount: Decimal, days: int | None) -> tuple[Decimal, Decimal]:
    """What is billed in a month, and for how many months; a part of a month is less of one."""
    if days is None:
        return amount, Decimal(1)
    if days < DAYS_A_MONTH:
        return (amount * days / DAYS_A_MONTH).quantize(_STEP), Decimal(1)
    return amount, (Decimal(days) / DAYS_A_MONTH).quantize(_STEP)
