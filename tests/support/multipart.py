"""What S3 makes of an object uploaded in parts: its ETag, its checksums, and those of its parts."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awscrt import checksums

from s3nav.model.objects import PartFact


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


SUMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC64NVME": lambda content: checksums.crc64nvme(content).to_bytes(8, "big"),
    "CRC32": lambda content: checksums.crc32(content).to_bytes(4, "big"),
    "CRC32C": lambda content: checksums.crc32c(content).to_bytes(4, "big"),
    "SHA1": lambda content: hashlib.sha1(content, usedforsecurity=False).digest(),
    "SHA256": lambda content: hashlib.sha256(content).digest(),
    "SHA512": lambda content: hashlib.sha512(content).digest(),
    "MD5": _md5,
    "XXHASH64": lambda content: _md5(content)[:8],  # any value: s3nav does not know it
}


@dataclass(frozen=True)
class Upload:
    """What S3 keeps of a multipart upload."""

    etag: str
    parts: tuple[PartFact, ...]
    checksums: dict[str, str]
    encryption: str = ""


def base64_sum(algorithm: str, content: bytes) -> str:
    """A checksum as S3 sends it."""
    return base64.b64encode(SUMS[algorithm](content)).decode()


def upload(
    parts: Sequence[bytes],
    *,
    algorithm: str = "",
    checksum_type: str = "",
    encryption: str = "",
) -> Upload:
    """Upload `parts`; the checksum is of the whole, or of the parts' checksums."""
    digests = b"".join(_md5(part) for part in parts)
    facts = tuple(
        PartFact(
            number=number,
            size_bytes=len(part),
            checksums={algorithm: base64_sum(algorithm, part)} if algorithm else {},
        )
        for number, part in enumerate(parts, 1)
    )
    values = {}
    if checksum_type == "FULL_OBJECT":
        values = {algorithm: base64_sum(algorithm, b"".join(parts))}
    elif algorithm:
        joined = b"".join(SUMS[algorithm](part) for part in parts)
        values = {algorithm: f"{base64_sum(algorithm, joined)}-{len(parts)}"}
    etag = f"{_md5(digests).hex()}-{len(parts)}"
    return Upload(etag=etag, parts=facts, checksums=values, encryption=encryption)
