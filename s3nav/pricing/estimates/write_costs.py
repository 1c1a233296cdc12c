"""Compute what uploads and copies cost: requests, bytes written and read, transfer."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from s3nav.pricing.estimates.bill import GB_BYTES, Bill, BillBuilder, Payer, exactly
from s3nav.pricing.estimates.cost_rules import ClassUsage
from s3nav.pricing.estimates.storage_classes import LIST, rules_of
from s3nav.pricing.estimates.tariff import Tariff


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


def write_bill(written: Written, reads: Iterable[ClassUsage], tariff: Tariff) -> Bill:
    """Return the bill of an upload, or of a copy of `reads`. Raises UsageError (unknown class)."""
    with exactly():
        builder = BillBuilder(tariff)
        prices = builder.region(written.region)
        if prices is not None:
            rules, name = rules_of(written.storage_class), written.storage_class
            builder.buy(f"PUT, {name}", Decimal(written.writes), prices, rules.put, Payer.OWNER)
            # Parts of an archive upload are billed as Standard until it is complete (S3 User
            # Guide, "Multipart upload and pricing").
            parts = LIST if rules.has_overhead else rules.put
            builder.buy(f"parts, {name}", Decimal(written.part_writes), prices, parts, Payer.OWNER)
            if rules.upload is not None:
                gb = Decimal(written.size_bytes) / GB_BYTES
                builder.buy(f"upload, {name}", gb, prices, rules.upload, Payer.OWNER)
        for class_usage in reads:
            _buy_reading(builder, class_usage, written.region)
        return builder.bill(Payer.OWNER)


def _buy_reading(builder: BillBuilder, class_usage: ClassUsage, to_region: str) -> None:
    prices = builder.region(class_usage.region)
    if prices is None:
        return
    usage, rules, name = (
        class_usage.usage,
        rules_of(class_usage.storage_class),
        class_usage.storage_class,
    )
    builder.buy(f"HEAD, {name}", Decimal(usage.heads), prices, rules.get, Payer.OWNER)
    gb = Decimal(usage.size_bytes) / GB_BYTES
    if rules.retrieval is not None:
        builder.buy(f"retrieval, {name}", gb, prices, rules.retrieval, Payer.OWNER)
    if class_usage.region == to_region or not gb:
        return
    rate = prices.to_region(to_region)
    words = f"transfer to {to_region}"
    if rate is None:
        builder.miss(f"{words}: no price in {class_usage.region}")
    else:
        builder.buy_at(rate, words, gb, Payer.OWNER)
