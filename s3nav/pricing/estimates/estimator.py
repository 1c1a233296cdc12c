"""Price usage by bucket, from the tariff, the user's billing options and the buckets' regions."""

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
    StoredObjects,
    Written,
    download_bill,
    storage_bill,
    write_bill,
)
from s3nav.pricing.estimates.storage_classes import CLASSES, SMALL_BYTES
from s3nav.pricing.estimates.tariff import IndexedPrices, Snapshot, Tariff

_BILLED_BY_BYTES = {"STANDARD", "REDUCED_REDUNDANCY", "EXPRESS_ONEZONE"}
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d+")


class ClassTotals(msgspec.Struct, kw_only=True):
    """Totals of the objects of one bucket and storage class."""

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
    """Combine the user's price list with the bundled snapshot as fallback; both load lazily."""
    return Tariff({"price list": prices, "bundled snapshot": Snapshot()})


def priced_regions() -> list[str]:
    """Return the regions with bundled prices."""
    return Snapshot().regions()


def read_billing_options(*, to: str, free_tier_used: str) -> BillingOptions:
    """Parse billing options as the user writes them. Raises UsageError."""
    if to not in {INTERNET_PLACE, SAME_REGION, CLOUDFRONT} and not _REGION.fullmatch(to):
        raise UsageError(
            f"`{to}` is not a transfer destination",
            remedy="name internet, same-region, cloudfront or a region such as eu-west-1",
            slug="bad-place",
        )
    return BillingOptions(to=to, free_tier_used_bytes=parse_size(free_tier_used))


class Estimator:
    """Prices usage; thread-safe. `region_of` may send S3 one request per bucket."""

    def __init__(
        self, tariff: Tariff, options: BillingOptions, region_of: Callable[[str], str]
    ) -> None:
        self.tariff = tariff
        self.options = options
        self._region_of = region_of

    def download(
        self,
        book: Mapping[tuple[str, str], Usage],
        *,
        requester_pays: bool = False,
        options: BillingOptions | None = None,
    ) -> Bill:
        """Return the bill of a download, given usage by bucket and class. Raises UsageError."""
        options = replace(options or self.options, requester_pays=requester_pays)
        usages = [
            ClassUsage(region=self._region(bucket), storage_class=known_class(name), usage=usage)
            for (bucket, name), usage in book.items()
        ]
        return download_bill(usages, options, self.tariff)

    def writing(
        self,
        bucket: str,
        storage_class: str,
        *,
        writes: int,
        size_bytes: int,
        part_writes: int = 0,
        reads: Mapping[tuple[str, str], Usage] | None = None,
    ) -> Bill:
        """Return the bill of an upload, or of a copy of `reads` (by bucket and class).

        The storage of the written objects is not included.
        """
        usages = [
            ClassUsage(region=self._region(name), storage_class=known_class(kind), usage=usage)
            for (name, kind), usage in (reads or {}).items()
        ]
        written = Written(
            region=self._region(bucket),
            storage_class=known_class(storage_class or "STANDARD"),
            writes=writes,
            size_bytes=size_bytes,
            part_writes=part_writes,
        )
        return write_bill(written, usages, self.tariff)

    def storage(
        self, totals_by_class: Mapping[tuple[str, str], ClassTotals], *, days: int | None = None
    ) -> Bill:
        """Return the bill of stored objects, by bucket and class, for a month or for `days`."""
        return storage_bill(
            [
                _stored(self._region(bucket), name, totals)
                for (bucket, name), totals in totals_by_class.items()
            ],
            self.tariff,
            days=days,
        )

    def month(self, region: str, totals_by_class: Mapping[str, ClassTotals]) -> Bill:
        """Return the monthly bill of objects by class in a known region, without any request."""
        stored = [_stored(region, name, totals) for name, totals in totals_by_class.items()]
        return storage_bill(stored, self.tariff)

    def month_of(
        self, region: str, objects: int, bytes_by_class: Mapping[str, int]
    ) -> tuple[Bill, bool]:
        """Return a counted bucket's monthly bill; False marks it as a lower bound.

        With one class, all objects are assumed to have equal size. With several, the number of
        objects in each class is unknown, so charges per object are left out.
        """
        is_one = len(bytes_by_class) == 1
        stored = [
            StoredObjects(
                region=region,
                storage_class=known_class(name),
                objects=objects if is_one else 0,
                size_bytes=size_bytes,
            )
            for name, size_bytes in bytes_by_class.items()
        ]
        is_plain = all(known_class(name) in _BILLED_BY_BYTES for name in bytes_by_class)
        return storage_bill(stored, self.tariff), is_one or is_plain

    def _region(self, bucket: str) -> str:
        try:
            return self._region_of(bucket)
        except S3NavError:
            # No prices exist under this name, so the bill shows the bucket as a gap.
            return f"the region of {bucket}"


def _stored(region: str, name: str, totals: ClassTotals) -> StoredObjects:
    return StoredObjects(
        region=region,
        storage_class=known_class(name),
        objects=totals.objects,
        size_bytes=totals.size_bytes,
        small_objects=totals.small_objects,
        small_bytes=totals.small_bytes,
    )


def known_class(name: str) -> str:
    """Map a storage class to one with a price.

    Classes of S3-compatible servers are priced as Standard. An unknown class stays unknown:
    bills show it as a gap.
    """
    return name if name in CLASSES or name == UNKNOWN_CLASS else "STANDARD"
