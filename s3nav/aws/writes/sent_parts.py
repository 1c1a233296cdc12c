"""Compare what S3 says of each part with the bytes that were sent.

S3 verifies the checksum that is sent with a part, and returns it. Other servers may return none;
the ETag of a part is the MD5 of its bytes then, unless S3 encrypts it with a key of KMS or of the
customer (API reference, "Object"). The ETag of the whole is the MD5 of those MD5s.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from awscrt import checksums

from s3nav.model.errors import IntegrityError
from s3nav.model.places import S3Uri

_PIECE_BYTES = 1 << 20
_MD5 = re.compile("[0-9a-f]{32}")
_CRCS: Mapping[str, tuple[Callable[[bytes, int], int], int]] = {
    "ChecksumCRC64NVME": (checksums.crc64nvme, 8),
    "ChecksumCRC32C": (checksums.crc32c, 4),
    "ChecksumCRC32": (zlib.crc32, 4),
}


class SentBody(Protocol):
    """The bytes of a part, as s3transfer cut them."""

    def read(self, amount: int | None = None) -> bytes:
        """The next bytes."""
        ...

    def seek(self, where: int, whence: int = 0) -> None:
        """Go to a byte of the part."""
        ...

    def disable_callback(self) -> None:
        """Count no progress."""
        ...

    def enable_callback(self) -> None:
        """Count progress, and what is left of it when the part is closed."""
        ...


def check_part(body: SentBody, number: int, to: S3Uri, response: Mapping[str, object]) -> None:
    """Raise IntegrityError when S3's answer is not about these bytes."""
    body.disable_callback()
    is_right = _is_right(body, response)
    body.enable_callback()
    if not is_right:
        raise IntegrityError(
            f"S3 holds other bytes in part {number} of `{to}` than were sent",
            remedy="send it again; if it happens again, the connection or the server damages bytes",
            slug="checksum-mismatch",
        )


def _is_right(body: SentBody, response: Mapping[str, object]) -> bool:
    """By the first checksum of the answer, else by its ETag; True when it has neither."""
    name = next((each for each in _CRCS if response.get(each)), "")
    if not name:
        etag = md5_etag(response)
        return not etag or etag == _md5_of(body)
    crc, size_bytes = _CRCS[name]
    value = 0
    for piece in _pieces(body):
        value = crc(piece, value)
    return response[name] == base64.b64encode(value.to_bytes(size_bytes, "big")).decode()


def md5_etag(response: Mapping[str, object]) -> str:
    """The ETag of an answer when it is an MD5; else empty."""
    etag = str(response.get("ETag", "")).strip('"')
    encryption = response.get("ServerSideEncryption", "AES256")
    is_md5 = encryption == "AES256" and not response.get("SSECustomerAlgorithm")
    return etag if is_md5 and _MD5.fullmatch(etag) else ""


def whole_etag(parts: Mapping[int, str]) -> str:
    """The ETag of an object made of parts with these MD5s; empty when one is unknown."""
    if not parts or not all(parts.values()):
        return ""
    joined = b"".join(bytes.fromhex(parts[number]) for number in sorted(parts))
    return f"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _md5_of(body: SentBody) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in _pieces(body):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(body: SentBody) -> Iterator[bytes]:
    body.seek(0)
    while piece := body.read(_PIECE_BYTES):
        yield piece
