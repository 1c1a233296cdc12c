"""What is asked of S3 when it is written to, and what it answers, as frozen facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import MIB

PART_BYTES = 16 * MIB
"""Files from this size on are sent in parts of it."""
COPY_WHOLE_BYTES = 256 * MIB
"""Larger objects are copied in parts; S3 itself refuses whole copies above 5 GiB."""
COPY_PART_BYTES = 64 * MIB
PARTS_MOST = 10_000
"""Of one object, says S3: the parts of larger ones are larger."""


def part_bytes_of(size_bytes: int, least: int) -> int:
    """The size of the parts of an object: the least, doubled until there are few enough."""
    part = least
    while -(-size_bytes // part) > PARTS_MOST:
        part *= 2
    return part


def put_parts(size_bytes: int) -> int:
    """In how many parts a file is sent; 0 for one that is sent whole."""
    if size_bytes < PART_BYTES:
        return 0
    return -(-size_bytes // part_bytes_of(size_bytes, PART_BYTES))


def copy_parts(size_bytes: int) -> int:
    """In how many parts an object is copied; 0 for one that is copied whole."""
    if size_bytes <= COPY_WHOLE_BYTES:
        return 0
    return -(-size_bytes // part_bytes_of(size_bytes, COPY_PART_BYTES))


class ByteSource(Protocol):
    """Bytes that can be read once, in order; their number is not known before."""

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer only at the end; all that is left without a size."""
        ...


class KeptPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that S3 keeps of an upload which has not ended."""

    number: int
    """From 1."""
    start: int
    """Where it lies in the file."""
    size_bytes: int
    etag: str
    """Quotes removed."""
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Algorithm to what S3 computed over the part, base64."""


class BegunPut(msgspec.Struct, frozen=True, kw_only=True):
    """An upload to go on with, and its parts that need not be sent again."""

    upload_id: str
    parts: tuple[KeptPart, ...]


class PutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One upload: which bytes become which object, and on which condition."""

    body: Path | ByteSource
    to: S3Uri
    content_type: str = ""
    """Empty: S3's own default."""
    storage_class: str = ""
    """Empty: the bucket's default."""
    crc64nvme: str = ""
    """Of all bytes, base64, for S3 to check; empty when it is not known before."""
    must_be_absent: bool = True
    """S3 is asked to refuse when an object of that key is there."""
    begun: BegunPut | None = None
    """Its parts are proven to have the file's bytes; None to begin anew."""


class CopyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One copy inside S3: its bytes never come here."""

    source: S3Uri
    etag: str
    """The source's, without quotes; another ETag raises ObjectChangedError."""
    to: S3Uri
    storage_class: str = ""
    must_be_absent: bool = True


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What S3 says about the object it has just taken."""

    etag: str = ""
    """Quotes removed; empty when S3 did not say."""
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Algorithm, as in ``CRC64NVME``, to the value S3 computed, base64."""
    checksum_type: str = ""
    encryption: str = ""
