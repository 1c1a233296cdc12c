"""Requests to S3 and its answers about buckets and objects, as frozen facts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

import msgspec

DEFAULT_STORAGE_CLASS = "STANDARD"
UNKNOWN_CLASS = "UNKNOWN"
"""Stands for the class of objects listed without one; bills show them as a gap."""
ARCHIVED_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Classes whose objects must be restored before they can be read (S3 User Guide, storage classes).

Glacier Instant Retrieval is not one of them.
"""


UNKNOWN_S = -1
"""An unknown time in a column of times."""


class BucketFact(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket as ListBuckets returns it."""

    name: str
    created_at: datetime | None = None
    """Aware, UTC; None for a bucket reached without ListAllMyBuckets."""
    region: str | None = None


class ObjectFact(msgspec.Struct, frozen=True, kw_only=True):
    """An object as a listing returns it."""

    key: str
    size_bytes: int
    etag: str = ""
    """As S3 returned it, quotes removed; ``…-N`` for N parts."""
    modified_at: datetime | None = None
    """Aware, UTC."""
    storage_class: str = DEFAULT_STORAGE_CLASS
    checksum_algorithm: str = ""
    """``CRC64NVME``, ``CRC32C``, ``SHA256``…; empty when the listing has none."""
    checksum_type: str = ""
    """``FULL_OBJECT`` or ``COMPOSITE``; empty when the listing has none."""
    version_id: str = ""


class ListingPage(msgspec.Struct, frozen=True, kw_only=True):
    """One response of ListObjectsV2, in byte order of keys."""

    objects: tuple[ObjectFact, ...] = ()
    prefixes: tuple[str, ...] = ()
    """Common prefixes, delimiter included."""
    next_token: str | None = None
    """None on the last page."""


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """One response of a listing without delimiter, as columns, in byte order of keys.

    Columns avoid one Python object per row: listings have millions of rows.
    """

    keys: list[str] = msgspec.field(default_factory=list)
    sizes: Sequence[int] = msgspec.field(default_factory=list)
    """In bytes."""
    modified_s: Sequence[int] = msgspec.field(default_factory=list)
    """Whole seconds since 1970, UTC; UNKNOWN_S when the listing does not say."""
    etags: list[str] = msgspec.field(default_factory=list)
    """As in `ObjectFact`."""
    classes: list[str] = msgspec.field(default_factory=list)
    """The few distinct strings are shared between rows."""
    next_token: str | None = None
    """None on the last page."""
    digest: object = None
    """The result of the request's `digest`; None without one and for a part of a page.

    Any other value implies that the keys are in order.
    """
    elsewhere_s: float = 0.0
    """CPU time another process spent reading the page."""

    @classmethod
    def of(cls, page: ListingPage) -> Self:
        """Convert the objects of a page to columns."""
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
        """Return the rows from `start` up to but not including `stop`, with the same token."""
        return type(self)(
            keys=self.keys[start:stop],
            sizes=self.sizes[start:stop],
            modified_s=self.modified_s[start:stop],
            etags=self.etags[start:stop],
            classes=self.classes[start:stop],
            next_token=self.next_token,
        )


class KeySpan(msgspec.Struct, frozen=True, kw_only=True):
    """An interval of keys in byte order: after `after`, up to and including `upto`."""

    after: str = ""
    """Empty for the start of the listed prefix."""
    upto: str | None = None
    """None for the end of the prefix."""


class VersionsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One ListObjectVersions call."""

    bucket: str
    prefix: str = ""
    key_marker: str = ""
    """List after this key, or after `version_marker` of it; empty for the start."""
    version_marker: str = ""
    page_size: int = 1000
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """As in `ListRequest`."""


class VersionPage(msgspec.Struct, frozen=True, kw_only=True):
    """Versions and delete markers as columns, by key, newest first for each key."""

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
    """The next request's `key_marker`; None on the last page."""
    next_version: str = ""


class ObjectHead(msgspec.Struct, frozen=True, kw_only=True):
    """An object's metadata, from a GET or HEAD."""

    size_bytes: int
    """Size of the whole object, even when only a range was requested."""
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
    """Maps algorithm, such as ``CRC64NVME``, to S3's base64 value."""
    checksum_type: str = ""
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)
    """User metadata, names without ``x-amz-meta-``."""
    parts_count: int | None = None


class PartFact(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a multipart upload, as GetObjectAttributes returns it."""

    number: int
    """From 1; numbers may have gaps."""
    size_bytes: int
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Maps algorithm, such as ``CRC64NVME``, to the part's base64 value."""


class ObjectAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """How an object was uploaded, as GetObjectAttributes returns it."""

    etag: str = ""
    size_bytes: int | None = None
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    checksum_type: str = ""
    parts: tuple[PartFact, ...] = ()
    """In file order; empty when S3 does not keep them."""
    parts_count: int | None = None


class ByteRange(msgspec.Struct, frozen=True, kw_only=True):
    """A range of an object's bytes, from `start` up to but not including `stop`."""

    start: int
    stop: int

    @property
    def length_bytes(self) -> int:
        """Number of bytes in the range."""
        return self.stop - self.start


class GetRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One GetObject call."""

    bucket: str
    key: str
    span: ByteRange | None = None
    """None for the whole object."""
    expected_bytes: int | None = None
    """Expected size of a GET of the whole object; a budget reserves it."""
    if_match: str = ""
    """An ETag without quotes; another ETag raises ObjectChangedError."""
    version_id: str = ""
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """Called every half second while no data arrives; it may raise to abort the GET."""


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One ListObjectsV2 call."""

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    token: str | None = None
    """The previous page's ``next_token``; None for the first page."""
    start_after: str = ""
    """List keys after this one in byte order; ignored when `token` is given."""
    page_size: int = 1000
    requester_pays: bool = False
    waiting: Callable[[], None] | None = None
    """Called every half second while no data arrives; it may raise to abort the call."""
    digest: Callable[[KeyPage], object] | None = None
    """Applied to the page by `list_keys`, possibly in another process.

    The function and its result must be picklable; the result is None if keys are not in order.
    A page with a digest may have only its keys and no other column.
    """


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def seconds_of(moment: datetime | None) -> int:
    """Convert an aware time to whole seconds since 1970 UTC; None to UNKNOWN_S."""
    return UNKNOWN_S if moment is None else (moment - _EPOCH) // _SECOND
