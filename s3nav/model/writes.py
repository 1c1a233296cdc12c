"""Write requests to S3 and its answers, as frozen facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import MIB

PART_BYTES = 16 * MIB
"""Part size of uploads; files of at least this size are uploaded in parts."""
COPY_WHOLE_BYTES = 256 * MIB
"""Larger objects are copied in parts. CopyObject is limited to 5 GiB (S3 API Reference)."""
COPY_PART_BYTES = 64 * MIB
MAX_PARTS = 10_000
"""S3 allows 10,000 parts per upload, so larger objects use larger parts (S3 User Guide, "Amazon S3
multipart upload limits")."""


def part_bytes_of(size_bytes: int, least: int) -> int:
    """Return the part size of an object: `least`, doubled until `MAX_PARTS` are enough."""
    part = least
    while -(-size_bytes // part) > MAX_PARTS:
        part *= 2
    return part


def put_parts(size_bytes: int) -> int:
    """Return the number of parts a file is uploaded in; 0 when it is uploaded whole."""
    if size_bytes < PART_BYTES:
        return 0
    return -(-size_bytes // part_bytes_of(size_bytes, PART_BYTES))


def copy_parts(size_bytes: int) -> int:
    """Return the number of parts an object is copied in; 0 when it is copied whole."""
    if size_bytes <= COPY_WHOLE_BYTES:
        return 0
    return -(-size_bytes // part_bytes_of(size_bytes, COPY_PART_BYTES))


class ByteSource(Protocol):
    """A stream of bytes of unknown length, read once and in order."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes, fewer only at the end; without a size, the rest."""
        ...


class KeptPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an unfinished upload that S3 has stored."""

    number: int
    """From 1."""
    start: int
    """Offset in the file, in bytes."""
    size_bytes: int
    etag: str
    """Quotes removed."""
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Maps algorithm to S3's base64 checksum of the part."""


class BegunPut(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished upload to resume, with the parts that need not be sent again."""

    upload_id: str
    parts: tuple[KeptPart, ...]


class PutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One upload of a file or stream to an object."""

    body: Path | ByteSource
    to: S3Uri
    content_type: str = ""
    """Empty for S3's default."""
    storage_class: str = ""
    """Empty for the bucket's default."""
    crc64nvme: str = ""
    """Checksum of all bytes in base64, which S3 verifies; empty when not known in advance."""
    must_be_absent: bool = True
    """True to send If-None-Match, so that S3 refuses to replace an object."""
    begun: BegunPut | None = None
    """The upload to resume, its parts verified against the file; None to start a new one."""


class CopyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One copy inside S3, without transferring bytes to this machine."""

    source: S3Uri
    etag: str
    """The source's ETag without quotes; another one raises ObjectChangedError."""
    to: S3Uri
    storage_class: str = ""
    must_be_absent: bool = True


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """S3's answer about an object that was just written."""

    etag: str = ""
    """Quotes removed; empty when S3 did not say."""
    checksums: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Maps algorithm, such as ``CRC64NVME``, to S3's base64 value."""
    checksum_type: str = ""
    encryption: str = ""
    parts_etag: str = ""
    """The ETag that the object must have by those of its parts; empty when they are no MD5s."""
