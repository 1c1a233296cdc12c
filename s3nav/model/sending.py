"""What is asked of S3 when it is written to, and what it answers, as frozen facts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from s3nav.model.places import S3Uri


class ByteSource(Protocol):
    """Bytes that can be read once, in order; their number is not known before."""

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, fewer only at the end; all that is left without a size."""
        ...


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
