"""What S3 says about buckets and objects, as frozen facts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec

DEFAULT_STORAGE_CLASS = "STANDARD"
UNKNOWN_CLASS = "UNKNOWN"
"""Of objects that were listed without their class: none is made up, and none is priced."""
ARCHIVED_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Classes whose objects must be restored before they can be read. Glacier IR is not one."""


UNKNOWN_S = -1
"""Stands in a column of times for one that is not known."""


class BucketFact(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket as ListBuckets names it."""

    name: str
    created_at: datetime | None = None
    """Aware, UTC; None for a bucket reached without ListAllMyBuckets."""
    region: str | None = None


class ObjectFact(msgspec.Struct, frozen=True, kw_only=True):
    """An object as a listing names it."""

    key: str
    size_bytes: int
    etag: str = ""
    """As S3 returned it, quotes removed; ``…-N`` for N parts."""
    modified_at: datetime | None = None
    """Aware, UTC."""
    storage_class: str = DEFAULT_STORAGE_CLASS
    checksum_algorithm: str = ""
    """``CRC64NVME``, ``CRC32C``, ``SHA256``…; empty when the listing names none."""
    checksum_type: str = ""
    """``FULL_OBJECT`` or ``COMPOSITE``; empty when the listing names none."""
    version_id: str = ""


class ListingPage(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of ListObjectsV2, in the byte order of keys."""

    objects: tuple[ObjectFact, ...] = ()
    prefixes: tuple[str, ...] = ()
    """Common prefixes, delimiter included."""
    next_token: str | None = None
    """None on the last page."""


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a listing without delimiter, as columns of one length, in byte order of keys.

    Made for the million: a row costs no object of its own.
    """

    keys: list[str] = msgspec.field(default_factory=list)
    sizes: Sequence[int] = msgspec.field(default_factory=list)
    """In bytes."""
    modified_s: Sequence[int] = msgspec.field(default_factory=list)
    """Whole seconds since 1970, UTC; UNKNOWN_S when the listing does not say."""
    etags: list[str] = msgspec.field(default_factory=list)
    """As in `ObjectFact`."""
    classes: list[str] = msgspec.field(default_factory=list)
    """Few texts, each many times the same object."""
    next_token: str | None = None
    """None on the last page."""
    digest: object = None
    """What the request's `digest` made of it; None when nobody asked, and for a part of a page.

    Whatever it is, it says that the keys are in order.
    """
    elsewhere_s: float = 0.0
    """CPU time that another process took to read it."""

    @classmethod
    def of(cls, page: ListingPage) -> Self:
        """The objects of a page, as columns."""
        objects = page.objects
        return cls(
            keys=[fact.key for fact in objects],
            sizes=[fact.size_bytes for fact in objects],
            modified_s=[seconds_of(fact.modified_at) for fact in objects],
            etags=[fact.etag for fact in objects],
            classes=[fact.storage_class for fact in objects],
            next_token=page.next_token,
        )

    def clipped(self, start: int, stop: int) -> Self:
        """The rows from `start` to before `stop`, with the same token."""
        return type(self)(
            keys=self.keys[start:stop],
            sizes=self.sizes[start:stop],
            modified_s=self.modified_s[start:stop],
            etags=self.etags[start:stop],
            classes=self.classes[start:stop],
            next_token=self.next_token,
        )


class KeySpan(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the key space: keys after `after`, up to and with `upto`, in byte order."""

    after: str = ""
    """Empty for the start of the prefix that is listed."""
    upto: str | None = None
    """None for its end."""


class VersionsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One ListObjectVersions call."""

    bucket: str
    prefix: str = ""
    key_marker: str = ""
    """List from behind this key, or this version of it; empty for the start."""
    version_marker: str = ""
    page_size: int = 1000
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """As in `ListRequest`."""


class VersionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Versions and delete markers as columns of one length, by key, of each key newest first."""

    keys: list[str] = msgspec.field(default_factory=list)
    version_ids: list[str] = msgspec.field(default_factory=list)
    """``null`` for an object from before versioning."""
    are_latest: list[bool] = msgspec.field(default_factory=list)
    are_markers: list[bool] = msgspec.field(default_factory=list)
    """True for a delete marker: it has no size, ETag and class."""
    sizes: list[int] = msgspec.field(default_factory=list)
    """In bytes."""
    modified_s: list[int] = msgspec.field(default_factory=list)
    """As in `KeyPage`."""
    etags: list[str] = msgspec.field(default_factory=list)
    classes: list[str] = msgspec.field(default_factory=list)
    next_key: str | None = None
    """Where to go on, as `key_marker`; None on the last page."""
    next_version: str = ""


class ObjectHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a GET or HEAD says about an object."""

    size_bytes: int
    """Of the whole object, also when only a range was asked for."""
    etag: str = ""
    modified_at: datetime | None = None
    storage_class: str = DEFAULT_STORAGE_CLASS
    content_type: str = ""
    content_encoding: str = ""
    version_id: str = ""
    encryption: str = ""
    """``AES256``, ``aws:kms``, ``SSE-C``…; empty when S3 does not say."""
    restore: str = ""
    """The raw x-amz-restore header; empty when never archived."""
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Algorithm, as in ``CRC64NVME``, to the value S3 sent, base64."""
    checksum_type: str = ""
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)
    """User metadata, names without ``x-amz-meta-``."""
    parts_count: int | None = None


class PartFact(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a multipart upload, as S3 remembers it."""

    number: int
    """From 1; numbers may have gaps."""
    size_bytes: int
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Algorithm, as in ``CRC64NVME``, to the value of this part, base64."""


class ObjectAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """What S3 remembers of how an object was uploaded."""

    etag: str = ""
    size_bytes: int | None = None
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    checksum_type: str = ""
    parts: tuple[PartFact, ...] = ()
    """In the order of the file; empty when S3 does not keep them."""
    parts_count: int | None = None


class ByteRange(msgspec.Struct, frozen=True, kw_only=True):
    """A span of an object, both ends counted from 0, the end not included."""

    start: int
    stop: int

    @property
    def length_bytes(self) -> int:
        """How many bytes the span has."""
        return self.stop - self.start


class GetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One GET: which object, which span of it, and on which condition."""

    bucket: str
    key: str
    span: ByteRange | None = None
    """None for the whole object."""
    expected_bytes: int | None = None
    """What a GET of the whole object should deliver, for whoever keeps a budget."""
    if_match: str = ""
    """An ETag without quotes; another ETag raises ObjectChangedError."""
    version_id: str = ""
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """Called every half second in which nothing comes; it may raise to give the GET up."""


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One ListObjectsV2 call."""

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    token: str | None = None
    """The ``next_token`` of the page before; None for the first page."""
    start_after: str = ""
    """List keys after this one in byte order; ignored when `token` is given."""
    page_size: int = 1000
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """Called every half second in which nothing comes; it may raise to give the call up."""
    digest: Callable[[KeyPage], object] | None = None
    """Wanted of `list_keys`: applied to the page where it is read, maybe in another process.

    It can be pickled, and so can what it returns: None for a page whose keys are not in order.
    A page with a digest may come with its keys alone, and no other column.
    """


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def seconds_of(moment: datetime | None) -> int:
    """Whole seconds since 1970, UTC, of an aware moment; UNKNOWN_S for None."""
    return UNKNOWN_S if moment is None else (moment - _EPOCH) // _SECOND
