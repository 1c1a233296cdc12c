"""Compute the cost of a download, an upload, a copy or storage.

Plans, what-if questions and the meters of running jobs share these rules.

Source: the S3 pricing page, tabs "Storage & requests" and "Data transfer", and in the S3 User
Guide "Using Requester Pays buckets" for who pays what.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.objects import UNKNOWN_CLASS
from s3nav.model.request_counts import Usage
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
"""Decimals kept of a part of a month: 1/30 has no exact decimal form."""


class ClassUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one region and storage class, and the requests sent for them."""

    region: str
    storage_class: str
    usage: Usage


class BillingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of a download that change its price."""

    to: str = INTERNET_PLACE
    """``internet``, ``same-region``, ``cloudfront`` or a region."""
    free_tier_used_bytes: int = 0
    """Part of this month's free transfer that is already used."""
    requester_pays: bool = False
    restore: str = ""
    """``standard``, ``bulk`` or ``expedited``; empty when nothing is restored."""
    restore_days: int = 7
    accelerate: bool = False

    @property
    def asker(self) -> Payer:
        """Who pays for requests and transfer; the owner always pays storage and retrieval."""
        return Payer.REQUESTER if self.requester_pays else Payer.OWNER


class StoredObjects(msgspec.Struct, frozen=True, kw_only=True):
    """Stored objects of one region and storage class."""

    region: str
    storage_class: str
    objects: int
    size_bytes: int
    small_objects: int | None = None
    """Objects smaller than `SMALL_BYTES`; None: unknown, so all are assumed to have equal size."""
    small_bytes: int = 0
    """Total size of the small objects."""

    @property
    def fill_bytes(self) -> int:
        """Bytes billed on top so that every object counts as at least `SMALL_BYTES`."""
        if self.small_objects is not None:
            return self.small_objects * SMALL_BYTES - self.small_bytes
        return max(0, self.objects * SMALL_BYTES - self.size_bytes)

    @property
    def large_objects(self) -> int:
        """Number of objects of at least `SMALL_BYTES`."""
        if self.small_objects is not None:
            return self.objects - self.small_objects
        return 0 if self.fill_bytes else self.objects


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to one region and class; transfer into S3 is free (S3 pricing page)."""

    region: str
    storage_class: str
    writes: int
    """PutObject, CopyObject and CompleteMultipartUpload requests."""
    size_bytes: int
    """Bytes of all objects written."""
    part_writes: int = 0
    """UploadPart, UploadPartCopy and CreateMultipartUpload requests."""


def what_if(
    *, objects: int, size_bytes: int, part_bytes: int | None = None, head_per_object: bool = False
) -> Usage:
    """Return the usage of a hypothetical download of objects of equal size.

    It has one LIST per 1,000 objects and one GET per object, or per part of `part_bytes`.
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
    return usage


def download_bill(usages: Iterable[ClassUsage], options: BillingOptions, tariff: Tariff) -> Bill:
    """Return a download's bill. Raises UsageError for an unknown class or restore speed."""
    with exactly():
        builder = BillBuilder(tariff)
        moved: dict[str, int] = {}
        for class_usage in _merged(usages):
            prices = builder.region(class_usage.region)
            moved[class_usage.region] = (
                moved.get(class_usage.region, 0) + class_usage.usage.size_bytes
            )
            if prices is not None:
                _buy_requests(builder, prices, class_usage, options)
                _buy_restore(builder, prices, class_usage, options)
        _buy_transfer(builder, moved, options)
        return builder.bill(options.asker)


def write_bill(written: Written, reads: Iterable[ClassUsage], tariff: Tariff) -> Bill:
    """Return the bill of an upload, or of a copy of `reads`. Raises UsageError (unknown class)."""
    with exactly():
        builder = BillBuilder(tariff)
        prices = builder.region(written.region)
        if prices is not None:
            _buy_writes(builder, prices, written)
        options = BillingOptions(to=written.region)
        for class_usage in reads:
            prices = builder.region(class_usage.region)
            if prices is None:
                continue
            _buy_requests(builder, prices, class_usage, options)
            if class_usage.region != written.region and class_usage.usage.size_bytes:
                _buy_between(builder, prices, options, _gb(class_usage.usage.size_bytes))
        return builder.bill(Payer.OWNER)


def storage_bill(
    stored: Iterable[StoredObjects], tariff: Tariff, *, days: int | None = None
) -> Bill:
    """Return the bill of storage for a month, or for `days` but at least the class's minimum.

    Raises UsageError for an unknown class.
    """
    with exactly():
        builder = BillBuilder(tariff)
        for each in sorted(stored, key=lambda each: (each.region, each.storage_class)):
            prices = builder.region(each.region)
            if prices is not None:
                _buy_storage(builder, prices, each, days)
        return builder.bill(Payer.OWNER)


def check_restore(storage_class: str, restore: str) -> None:
    """Raise UsageError when a class does not offer a restore speed."""
    rules = rules_of(storage_class)
    if not restore or restore in rules.restores:
        return
    ways = ", ".join(rules.restores)
    raise UsageError(
        f"{storage_class} has no {restore} restore",
        remedy=f"choose {ways}" if ways else "omit --restore: its objects can be read directly",
        slug="no-such-restore",
    )


def _merged(usages: Iterable[ClassUsage]) -> Iterator[ClassUsage]:
    """Merge usage by region and class; a region's LISTs, which have no class, go to its first."""
    sums: dict[str, dict[str, Usage]] = {}
    for class_usage in usages:
        sums.setdefault(class_usage.region, {}).setdefault(class_usage.storage_class, Usage()).add(
            class_usage.usage
        )
    for region, by_class in sorted(sums.items()):
        lists = sum(usage.lists for usage in by_class.values())
        for storage_class, usage in sorted(by_class.items()):
            usage.lists, lists = lists, 0
            yield ClassUsage(region=region, storage_class=storage_class, usage=usage)


def _buy_requests(
    builder: BillBuilder, prices: RegionPrices, class_usage: ClassUsage, options: BillingOptions
) -> None:
    usage, name = class_usage.usage, class_usage.storage_class
    builder.buy("LIST", Decimal(usage.lists), prices, LIST, options.asker)
    if name == UNKNOWN_CLASS:
        if usage.gets or usage.heads:
            builder.miss(f"requests for {usage.objects} objects: {_NO_CLASS}")
        return
    rules = rules_of(name)
    builder.buy(f"GET, {name}", Decimal(usage.gets), prices, rules.get, options.asker)
    builder.buy(f"HEAD, {name}", Decimal(usage.heads), prices, rules.get, options.asker)
    if rules.retrieval is not None:
        read = _gb(usage.size_bytes)
        builder.buy(f"retrieval, {name}", read, prices, rules.retrieval, Payer.OWNER)


def _buy_writes(builder: BillBuilder, prices: RegionPrices, written: Written) -> None:
    rules, name = rules_of(written.storage_class), written.storage_class
    builder.buy(f"PUT, {name}", Decimal(written.writes), prices, rules.put, Payer.OWNER)
    # Parts of an archive upload are billed as Standard until it is complete (S3 User Guide,
    # "Multipart upload and pricing").
    parts = LIST if rules.has_overhead else rules.put
    builder.buy(f"parts, {name}", Decimal(written.part_writes), prices, parts, Payer.OWNER)
    if rules.upload is not None:
        builder.buy(f"upload, {name}", _gb(written.size_bytes), prices, rules.upload, Payer.OWNER)


def _buy_restore(
    builder: BillBuilder, prices: RegionPrices, class_usage: ClassUsage, options: BillingOptions
) -> None:
    """The requester pays the request; the owner pays the retrieval and the restored copy."""
    if class_usage.storage_class == UNKNOWN_CLASS:
        return  # already recorded as a gap by `_buy_requests`
    restore = rules_of(class_usage.storage_class).restores.get(options.restore)
    if restore is None:
        return
    usage, words = class_usage.usage, f"{options.restore} restore, {class_usage.storage_class}"
    builder.buy(
        f"request of {words}", Decimal(usage.objects), prices, restore.request, options.asker
    )
    builder.buy(words, _gb(usage.size_bytes), prices, restore.retrieval, Payer.OWNER)
    month, times = _span(_gb(usage.size_bytes), options.restore_days)
    copy = f"restored copy for {options.restore_days} days"
    builder.buy(copy, month, prices, STANDARD_STORAGE, Payer.OWNER, times=times)


def _buy_transfer(builder: BillBuilder, moved: dict[str, int], options: BillingOptions) -> None:
    free_gb = (
        _free_gb(builder, options) if options.to == INTERNET_PLACE and any(moved.values()) else None
    )
    for region, size_bytes in moved.items():
        prices = builder.region(region)
        if prices is None or not size_bytes:
            continue
        gb, payer = _gb(size_bytes), options.asker
        if options.to in {SAME_REGION, CLOUDFRONT, region}:
            where = "to CloudFront" if options.to == CLOUDFRONT else "within the region"
            builder.add(f"transfer {where}", gb, "GB", Decimal(0), payer, region=region)
        elif options.to == INTERNET_PLACE:
            free = min(gb, free_gb or Decimal(0))
            free_gb = (free_gb or Decimal(0)) - free
            words = "transfer to the internet"
            if free:
                builder.add(f"{words}, free tier", free, "GB", Decimal(0), payer, region=region)
            builder.buy(words, gb - free, prices, INTERNET, payer)
            if options.accelerate:
                builder.buy("acceleration of it", gb, prices, ACCELERATION, payer)
        else:
            _buy_between(builder, prices, options, gb)


def _buy_between(
    builder: BillBuilder, prices: RegionPrices, options: BillingOptions, gb: Decimal
) -> None:
    rate = prices.to_region(options.to)
    words = f"transfer to {options.to}"
    if rate is None:
        builder.miss(f"{words}: no price in {prices.region}")
    else:
        builder.buy_at(rate, words, gb, options.asker)


def _free_gb(builder: BillBuilder, options: BillingOptions) -> Decimal:
    """Return the GB left of the free tier, which all regions share."""
    free = builder.free_gb()
    if free is None:
        builder.miss("free tier of transfer out: not in the prices")
        return Decimal(0)
    return max(Decimal(0), free - _gb(options.free_tier_used_bytes))


def _buy_storage(
    builder: BillBuilder, prices: RegionPrices, stored: StoredObjects, days: int | None
) -> None:
    name = stored.storage_class
    if name == UNKNOWN_CLASS:
        builder.miss(f"storage of {stored.size_bytes} bytes: {_NO_CLASS}")
        return
    rules = rules_of(name)
    span = None if days is None else max(days, rules.shortest_days)
    behind = f", {span} days" if span else ""

    def buy(what: str, amount: Decimal, product: Product) -> None:
        month, times = _span(amount, span)
        builder.buy(f"{what}{behind}", month, prices, product, Payer.OWNER, times=times)

    billed = stored.size_bytes + (stored.fill_bytes if rules.fills_small else 0)
    if rules.has_overhead:
        billed += stored.objects * OWN_OVERHEAD_BYTES
    buy(f"storage, {name}", _gb(billed), rules.storage)
    if rules.has_overhead:
        buy(f"names of {name}", _gb(stored.objects * STANDARD_OVERHEAD_BYTES), STANDARD_STORAGE)
    if rules.monitoring is not None:
        buy(f"monitoring, {name}", Decimal(stored.large_objects), rules.monitoring)


def _gb(size_bytes: int) -> Decimal:
    return Decimal(size_bytes) / GB_BYTES


def _span(amount: Decimal, days: int | None) -> tuple[Decimal, Decimal]:
    """Return the amount billed per month and the number of months.

    Less than a month is billed as a smaller amount for one month.
    """
    if days is None:
        return amount, Decimal(1)
    if days < DAYS_A_MONTH:
        return (amount * days / DAYS_A_MONTH).quantize(_STEP), Decimal(1)
    return amount, (Decimal(days) / DAYS_A_MONTH).quantize(_STEP)
