"""What S3 bills for each storage class: products, minimum sizes and minimum durations.

Sources: the S3 pricing page with its footnotes, and the S3 User Guide, "Understanding and managing
Amazon S3 storage classes". Usage types and operations are those of AWS's offer files.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from s3nav.model.errors import UsageError

S3 = "AmazonS3"
DEEP_ARCHIVE_OFFER = "AmazonS3GlacierDeepArchive"
TRANSFER = "AWSDataTransfer"
SMALL_BYTES = 128 * 1024
"""128 KB: the smallest size billed in Standard-IA, One Zone-IA and Glacier Instant Retrieval, and
the smallest object that Intelligent-Tiering monitors (S3 User Guide, storage classes)."""
OWN_OVERHEAD_BYTES = 32 * 1024
"""Index and metadata of an archived object, billed at its class's rate (S3 pricing page)."""
STANDARD_OVERHEAD_BYTES = 8 * 1024
"""Name and metadata of an archived object, billed at Standard's rate (S3 pricing page)."""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Identifies one rate of a region by usage type, offer, operation and attributes."""

    suffix: str
    """The usage type without its region prefix."""
    offer: str = S3
    operations: tuple[str, ...] = ("",)
    """Operations to try, in order; empty stands for a product without an operation."""
    attributes: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """Attributes that must match where the product has them."""


class Restore(msgspec.Struct, frozen=True, kw_only=True):
    """One restore speed of an archive class."""

    request: Product
    retrieval: Product


class ClassRules(msgspec.Struct, frozen=True, kw_only=True):
    """The products and minimums that a storage class is billed by."""

    storage: Product
    get: Product
    put: Product
    """PUT, COPY and CompleteMultipartUpload; UploadPart too, except in archive classes."""
    retrieval: Product | None = None
    """Billed for each GB read; None where reading costs only the request."""
    upload: Product | None = None
    """Billed for each GB written; None where writing costs only the requests."""
    fills_small: bool = False
    """True when smaller objects are billed as `SMALL_BYTES`."""
    shortest_days: int = 0
    """Minimum storage duration in days."""
    has_overhead: bool = False
    """True when each object is billed `OWN_OVERHEAD_BYTES` and `STANDARD_OVERHEAD_BYTES` more."""
    monitoring: Product | None = None
    """Billed monthly for each object of at least `SMALL_BYTES`."""
    restores: Mapping[str, Restore] = msgspec.field(default_factory=lambda: MappingProxyType({}))


LIST = Product(suffix="Requests-Tier1")
"""LIST costs the same in every class (S3 pricing page: billed as Standard)."""
STANDARD_STORAGE = Product(suffix="TimedStorage-ByteHrs", attributes={"volumeType": "Standard"})
_STANDARD_GET = Product(suffix="Requests-Tier2")
_INT_GET = Product(suffix="Requests-INT-Tier2")
_INT_PUT = Product(suffix="Requests-INT-Tier1")
_ARCHIVING = ("PutObject", "")
_MONITORING = Product(suffix="Monitoring-Automation-INT")

_FLEXIBLE_RESTORES = {
    "standard": Restore(
        request=Product(suffix="Requests-Tier3", operations=("RestoreObject",)),
        retrieval=Product(suffix="Standard-Retrieval-Bytes", operations=("RestoreObject",)),
    ),
    "bulk": Restore(
        request=Product(suffix="Requests-Tier5", operations=("", "RestoreObjectBulk")),
        retrieval=Product(suffix="Bulk-Retrieval-Bytes", operations=("RestoreObject",)),
    ),
    "expedited": Restore(
        request=Product(suffix="Requests-Tier6", operations=("", "RestoreObjectExpedited")),
        retrieval=Product(
            suffix="Expedited-Retrieval-Bytes", operations=("", "RestoreObjectExpedited")
        ),
    ),
}
_DEEP_RESTORES = {
    "standard": Restore(
        request=Product(
            suffix="Requests-GDA-Tier3",
            offer=DEEP_ARCHIVE_OFFER,
            operations=("DeepArchiveRestoreObject",),
        ),
        retrieval=Product(
            suffix="Standard-Retrieval-Bytes", operations=("DeepArchiveRestoreObject",)
        ),
    ),
    "bulk": Restore(
        request=Product(
            suffix="Requests-GDA-Tier5",
            offer=DEEP_ARCHIVE_OFFER,
            operations=("", "DeepArchiveRestoreObject"),
        ),
        retrieval=Product(suffix="Bulk-Retrieval-Bytes", operations=("DeepArchiveRestoreObject",)),
    ),
}


def _tiered(tier: str) -> ClassRules:
    """The rules of an access tier; the archive tiers have the overhead of archived objects."""
    return ClassRules(
        storage=Product(suffix=f"TimedStorage-INT-{tier}-ByteHrs"),
        get=_INT_GET,
        put=_INT_PUT,
        monitoring=_MONITORING,
        has_overhead=tier in {"AA", "DAA"},  # S3 pricing page, note on Intelligent-Tiering
    )


CLASSES: Mapping[str, ClassRules] = {
    "STANDARD": ClassRules(storage=STANDARD_STORAGE, get=_STANDARD_GET, put=LIST),
    "REDUCED_REDUNDANCY": ClassRules(
        storage=Product(suffix="TimedStorage-RRS-ByteHrs"), get=_STANDARD_GET, put=LIST
    ),
    "STANDARD_IA": ClassRules(
        storage=Product(suffix="TimedStorage-SIA-ByteHrs"),
        get=Product(suffix="Requests-SIA-Tier2"),
        put=Product(suffix="Requests-SIA-Tier1"),
        retrieval=Product(suffix="Retrieval-SIA"),
        fills_small=True,
        shortest_days=30,
    ),
    "ONEZONE_IA": ClassRules(
        storage=Product(suffix="TimedStorage-ZIA-ByteHrs"),
        get=Product(suffix="Requests-ZIA-Tier2"),
        put=Product(suffix="Requests-ZIA-Tier1"),
        retrieval=Product(suffix="Retrieval-ZIA"),
        fills_small=True,
        shortest_days=30,
    ),
    # A listing does not report the access tier, so the most expensive one is assumed.
    "INTELLIGENT_TIERING": _tiered("FA"),
    **{f"INTELLIGENT_TIERING/{t}": _tiered(t) for t in ("FA", "IA", "AIA", "AA", "DAA")},
    "GLACIER_IR": ClassRules(
        storage=Product(suffix="TimedStorage-GIR-ByteHrs"),
        get=Product(suffix="Requests-GIR-Tier2"),
        put=Product(suffix="Requests-GIR-Tier1"),
        retrieval=Product(suffix="Retrieval-GIR"),
        fills_small=True,
        shortest_days=90,
    ),
    "GLACIER": ClassRules(
        storage=Product(suffix="TimedStorage-GlacierByteHrs"),
        get=Product(suffix="Requests-GLACIER-Tier2"),
        put=Product(suffix="Requests-GLACIER-Tier1", operations=_ARCHIVING),
        shortest_days=90,
        has_overhead=True,
        restores=_FLEXIBLE_RESTORES,
    ),
    # Storage is priced in an offer of its own. The product of this usage type in the S3 offer is
    # the staging of multipart uploads, billed at Standard's rate: 21 times as much.
    "DEEP_ARCHIVE": ClassRules(
        storage=Product(suffix="TimedStorage-GDA-ByteHrs", offer=DEEP_ARCHIVE_OFFER),
        get=Product(suffix="Requests-GDA-Tier2"),
        put=Product(suffix="Requests-GDA-Tier1", offer=DEEP_ARCHIVE_OFFER, operations=_ARCHIVING),
        shortest_days=180,
        has_overhead=True,
        restores=_DEEP_RESTORES,
    ),
    "EXPRESS_ONEZONE": ClassRules(
        storage=Product(suffix="TimedStorage-XZ-ByteHrs"),
        get=Product(suffix="Requests-XZ-Tier2"),
        put=Product(suffix="Requests-XZ-Tier1"),
        # Both are of all bytes since April 2025 (S3 FAQ, "How am I charged for S3 Express One
        # Zone", example 1); before, the first 512 KB of each request were free.
        retrieval=Product(suffix="Retrieval-XZ"),
        upload=Product(suffix="Upload-XZ"),
    ),
}


def rules_of(storage_class: str) -> ClassRules:
    """Return a class's rules. Raises UsageError with the known classes."""
    rules = CLASSES.get(storage_class)
    if rules is None:
        raise UsageError(
            f"`{storage_class}` is not a storage class with a price",
            remedy=f"name one of {', '.join(CLASSES)}",
            slug="unknown-class",
        )
    return rules
