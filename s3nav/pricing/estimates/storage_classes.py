"""What S3 bills for each storage class: which products, and from which sizes and times on."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from s3nav.model.errors import UsageError

S3 = "AmazonS3"
DEEP_ARCHIVE_OFFER = "AmazonS3GlacierDeepArchive"
TRANSFER = "AWSDataTransfer"
SMALL_BYTES = 128 * 1024
"""Infrequent classes bill smaller objects as if they had so many; others do not monitor them."""
OWN_OVERHEAD_BYTES = 32 * 1024
"""Index and metadata of an archived object, at the rate of its class."""
STANDARD_OVERHEAD_BYTES = 8 * 1024
"""Name and metadata of an archived object, at the rate of Standard."""


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """Names one rate of a region exactly: usage types share endings, and operations share types."""

    suffix: str
    """The usage type behind the region prefix."""
    offer: str = S3
    operations: tuple[str, ...] = ("",)
    """Those that may be meant, the likely one first; the empty one is a product without."""
    attributes: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """What the product must say, if it says anything of the kind."""


class Restore(msgspec.Struct, frozen=True, kw_only=True):
    """One way to bring archived objects back."""

    request: Product
    retrieval: Product


class ClassRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a storage class costs."""

    storage: Product
    get: Product
    put: Product
    """PUT, COPY and the end of an upload in parts; parts too, but for archives."""
    retrieval: Product | None = None
    """Each byte read; None where reading costs no more than its request."""
    is_retrieval_of_excess: bool = False
    """True when only the bytes of a request beyond its free ones are billed."""
    fills_small: bool = False
    """Objects of less than `SMALL_BYTES` are billed as if they had so many."""
    shortest_days: int = 0
    """Objects are billed at least so long."""
    has_overhead: bool = False
    monitoring: Product | None = None
    """Each object of `SMALL_BYTES` and more, a month."""
    restores: Mapping[str, Restore] = msgspec.field(default_factory=lambda: MappingProxyType({}))


LIST = Product(suffix="Requests-Tier1")
"""LIST costs the same for every class."""
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
    storage = Product(suffix=f"TimedStorage-INT-{tier}-ByteHrs")
    return ClassRules(storage=storage, get=_INT_GET, put=_INT_PUT, monitoring=_MONITORING)


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
    # What a listing calls INTELLIGENT_TIERING does not say the access tier: the dearest is taken.
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
    # Its storage is not in the offer of S3: what is called so there is staging, 21 times as dear.
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
        retrieval=Product(suffix="Retrieval-XZ"),
        is_retrieval_of_excess=True,
    ),
}


def rules_of(storage_class: str) -> ClassRules:
    """The rules of a class. Raises UsageError with the names there are."""
    rules = CLASSES.get(storage_class)
    if rules is None:
        raise UsageError(
            f"`{storage_class}` is not a storage class with a price",
            remedy=f"name one of {', '.join(CLASSES)}",
            slug="unknown-class",
        )
    return rules
