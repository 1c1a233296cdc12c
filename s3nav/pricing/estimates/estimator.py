"""Prices usage by bucket: the tariff, the terms of this user, and where buckets are."""

import re
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.objects import UNKNOWN_CLASS
from s3nav.model.request_counts import Usage
from s3nav.model.text.quantities import parse_size
from s3nav.pricing.estimates.bill import Bill
from s3nav.pricing.estimates.cost_rules import (
    CLOUDFRONT,
    INTERNET_PLACE,
    SAME_REGION,
    BillingOptions,
    ClassUsage,
    Stored,
    download_bill,
    storage_bill,
)
from s3nav.pricing.estimates.price_sources import IndexedPrices, Snapshot
from s3nav.pricing.estimates.storage_classes import CLASSES, SMALL_BYTES
from s3nav.pricing.estimates.tariff import Tariff
from s3nav.pricing.estimates.write_costs import Written, write_bill

_BILLED_BY_BYTES = {"STANDARD", "REDUCED_REDUNDANCY", "EXPRESS_ONEZONE"}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d+")


class ClassTotals(msgspec.Struct, kw_only=True):
    """Objects of one bucket and class, counted one by one."""

    objects: int = 0
    size_bytes: int = 0
    small_objects: int = 0
    small_bytes: int = 0

    def put(self, size_bytes: int) -> None:
        """Count an object."""
        self.objects += 1
        self.size_bytes += size_bytes
        if size_bytes < SMALL_BYTES:
            self.small_objects += 1
            self.small_bytes += size_bytes


def open_tariff(prices: IndexedPrices) -> Tariff:
    """The user's price list before what came with s3nav; both are read when first asked."""
    return Tariff({"price list": prices, "bundled snapshot": Snapshot()})


def priced_regions() -> list[str]:
    """Regions whose prices come with s3nav."""
    return Snapshot().regions()


def read_billing_options(*, to: str, free_tier_used: str) -> BillingOptions:
    """The terms a user writes in words. Raises UsageError."""
    if to not in {INTERNET_PLACE, SAME_REGION, CLOUDFRONT} and not _REGION.fullmatch(to):
        raise UsageError(
            f"`{to}` is no place to transfer to",
            remedy="name internet, same-region, cloudfront or a region such as eu-west-1",
            slug="bad-place",
        )
    return BillingOptions(to=to, free_tier_used_bytes=parse_size(free_tier_used))


class Estimator:
    """Any thread may ask. `region_of` may ask S3, once for each bucket."""

    def __init__(
        self, tariff: Tariff, terms: BillingOptions, region_of: Callable[[str], str]
    ) -> None:
        self.tariff = tariff
        self.terms = terms
        self._region_of = region_of

    def download(
        self,
        book: Mapping[tuple[str, str], Usage],
        *,
        requester_pays: bool = False,
        terms: BillingOptions | None = None,
    ) -> Bill:
        """What usage by bucket and class costs. Raises UsageError."""
        terms = replace(terms or self.terms, requester_pays=requester_pays)
        piles = [
            ClassUsage(region=self._place(bucket), storage_class=known_class(name), usage=usage)
            for (bucket, name), usage in book.items()
        ]
        return download_bill(piles, terms, self.tariff)

    def writing(
        self,
        bucket: str,
        storage_class: str,
        *,
        writes: int,
        part_writes: int = 0,
        reads: Mapping[tuple[str, str], Usage] | None = None,
    ) -> Bill:
        """What an upload costs, or a copy of `reads` by bucket and class; its storage apart."""
        piles = [
            ClassUsage(region=self._place(name), storage_class=known_class(kind), usage=usage)
            for (name, kind), usage in (reads or {}).items()
        ]
        written = Written(
            region=self._place(bucket),
            storage_class=known_class(storage_class or "STANDARD"),
            writes=writes,
            part_writes=part_writes,
        )
        return write_bill(written, piles, self.tariff)

    def storage(
        self, shelves: Mapping[tuple[str, str], ClassTotals], *, days: int | None = None
    ) -> Bill:
        """What objects by bucket and class cost a month, or for `days`."""
        return storage_bill(
            [
                Stored(
                    region=self._place(bucket),
                    storage_class=known_class(name),
                    objects=shelf.objects,
                    size_bytes=shelf.size_bytes,
                    small_objects=shelf.small_objects,
                    small_bytes=shelf.small_bytes,
                )
                for (bucket, name), shelf in shelves.items()
            ],
            self.tariff,
            days=days,
        )

    def month(self, region: str, shelves: Mapping[str, ClassTotals]) -> Bill:
        """What objects by class cost a month in a region; no bucket is asked where it is."""
        stored = [
            Stored(
                region=region,
                storage_class=known_class(name),
                objects=shelf.objects,
                size_bytes=shelf.size_bytes,
                small_objects=shelf.small_objects,
                small_bytes=shelf.small_bytes,
            )
            for name, shelf in shelves.items()
        ]
        return storage_bill(stored, self.tariff)

    def month_of(
        self, region: str, objects: int, bytes_by_class: Mapping[str, int]
    ) -> tuple[Bill, bool]:
        """What a counted bucket costs a month; False when it costs at least so much.

        With one class, its objects are taken to be of equal size. With several, nobody has counted
        which object is of which: what is billed by the object is left out.
        """
        is_one = len(bytes_by_class) == 1
        stored = [
            Stored(
                region=region,
                storage_class=known_class(name),
                objects=objects if is_one else 0,
                size_bytes=size_bytes,
            )
            for name, size_bytes in bytes_by_class.items()
        ]
        is_plain = all(known_class(name) in _BILLED_BY_BYTES for name in bytes_by_class)
        return storage_bill(stored, self.tariff), is_one or is_plain

    def _place(self, bucket: str) -> str:
        try:
            return self._region_of(bucket)
        except S3NavError:
            # There are no prices of such a region: the bill names it as a gap.
            return f"the region of {bucket}"


def known_class(name: str) -> str:
    """A class with a price; servers that are not AWS invent others, which are Standard's kin.

    One that nobody knows stays unknown: bills name it as a gap.
    """
    return name if name in CLASSES or name == UNKNOWN_CLASS else "STANDARD"
