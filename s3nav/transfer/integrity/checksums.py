"""Find the checksum that S3 has of an object, and compute the one to compare with it.

A checksum S3 sent (CRC before SHA: 60 GB/s against 0.4) is taken before the MD5 in the ETag; the
ETag of a multipart upload is a checksum of checksums like S3's composite ones: see `Verifier`.

CRCs are computed by the AWS Common Runtime. Importing `awscrt` starts the whole runtime: it seeds
its random numbers and reads the system's certificates for a TLS of its own, 37 ms of CPU that no
checksum needs. So the import waits for the first checksum. A plan that finds something to fetch
begins it in a thread: it must not begin earlier, as the import holds the interpreter lock and would
delay the first request of the listing.
"""

import base64
import functools
import hashlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from s3nav.model.errors import IntegrityError
from s3nav.model.lazy_names import Deferred
from s3nav.model.objects import ObjectHead
from s3nav.model.ports.stores import Arrival, Wanted
from s3nav.model.text.quantities import MIB
from s3nav.model.waits import join
from s3nav.transfer.journal import PartRow

if TYPE_CHECKING:
    from awscrt import checksums
else:
    checksums = Deferred("awscrt.checksums")


NONE = "none"
MULTIPART_ETAG = "multipart-etag"
MD5 = "md5"
_CRC64NVME_WORD = "crc64nvme"
_MD5_HEX = re.compile("[0-9a-f]{32}")
_COUNT = re.compile("[0-9]{1,5}")
"""S3 allows 10,000 parts per upload."""
ETAG_IS_MD5_WITH = frozenset({"", "AES256"})
_COMMON_PART_MIB = (8, 5, 16, 15, 64, 10, 25, 32, 50, 100, 128, 256, 512)
_CANDIDATES_MAX = 4
"""Each guess of a part size costs a pass over the file."""


class Crc(msgspec.Struct, frozen=True):
    """One CRC of S3: its width and the name of its function in `awscrt.checksums`."""

    bits: int
    function: str

    @property
    def update(self) -> Callable[[memoryview, int], int]:
        """Takes the next bytes and the value so far, which is 0 at first."""
        return _function(self.function)

    @property
    def combine(self) -> Callable[[int, int, int], int]:
        """Takes the values of two neighbours and the length of the second, in bytes."""
        return _function(f"combine_{self.function}")


@functools.cache
def _function(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(checksums, name)
    return function


CRCS = {
    "CRC64NVME": Crc(64, "crc64nvme"),
    "CRC32C": Crc(32, "crc32c"),
    "CRC32": Crc(32, "crc32"),
}
"""By S3's names; the fastest first."""


_HASH_MAKERS = {
    "SHA1": hashlib.sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
    "MD5": hashlib.md5,
    MD5: hashlib.md5,
}
_DIGEST_BYTES = {name: crc.bits // 8 for name, crc in CRCS.items()} | {
    name: make(usedforsecurity=False).digest_size for name, make in _HASH_MAKERS.items()
}
_PREFERRED = (*CRCS, "SHA1", "MD5", "SHA256", "SHA512")
SPARE = "CRC64NVME"
"""Computed where S3 has no checksum: it later shows whether the file is still the same."""
_ALWAYS_OF_WHOLE = "CRC64NVME"


class CrcLoading:
    """Imports the runtime in a thread, once. A checksum computed meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Return at once; after the first call, do nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=_load, name="s3nav-load-crcs")
                self._thread.start()

    def close(self) -> None:
        """Wait for the end of the thread."""
        with self._lock:
            if self._thread is not None:
                join(self._thread)


def _load() -> None:
    for crc in CRCS.values():
        _function(crc.function)


class Running:
    """A checksum being computed over bytes in order."""

    def __init__(self, name: str) -> None:
        crc = CRCS.get(name)
        self._update = crc.update if crc else None
        self._bytes = crc.bits // 8 if crc else 0
        self._value = 0
        # Not hashlib.new: it looks the name up again for each small object.
        self._hash = None if crc else _HASH_MAKERS[name](usedforsecurity=False)

    def update(self, content: memoryview) -> None:
        """Take the next bytes."""
        if self._update is not None:
            self._value = self._update(content, self._value)
        elif self._hash is not None:
            self._hash.update(content)

    def digest(self) -> bytes:
        """The checksum of all bytes so far, big end first."""
        if self._hash is not None:
            return self._hash.digest()
        return self._value.to_bytes(self._bytes, "big")


class Composite(msgspec.Struct, frozen=True):
    """A checksum of the checksums of `count` parts."""

    algorithm: str
    expected: bytes
    count: int
    name: str
    """The word that the journal keeps for it."""


class ExpectedChecksum(msgspec.Struct, frozen=True):
    """One way to check a whole object: an algorithm and the value it must give."""

    algorithm: str
    """Empty: there is nothing to compare with."""
    expected: bytes = b""

    @property
    def verified_by(self) -> str:
        """The word for the item's record."""
        return self.algorithm.lower() or NONE

    def start(self) -> Running | None:
        """A checksum to feed; None when there is nothing to compare with."""
        return Running(self.algorithm) if self.algorithm else None

    def check(self, running: Running | None, source: object) -> str:
        """Say what it was verified by. Raises IntegrityError."""
        if running is not None and running.digest() != self.expected:
            raise IntegrityError(
                f"{source} does not match its {self.verified_by}",
                remedy="try again; if it happens again, the object or the connection is damaged",
                slug="checksum-mismatch",
            )
        return self.verified_by


NO_CHECKSUM = ExpectedChecksum("")


def expected_checksum(head: ObjectHead) -> ExpectedChecksum:
    """The cheapest checksum of all bytes in order; NO_CHECKSUM when S3 gave none."""
    if head.checksums:
        # Some servers send a multipart object's checksum of checksums without saying so.
        is_of_whole = head.checksum_type == "FULL_OBJECT" or (
            not head.checksum_type and "-" not in head.etag
        )
        for algorithm in _PREFERRED:
            value = head.checksums.get(algorithm, "")
            may_be_whole = "-" not in value and (is_of_whole or algorithm == _ALWAYS_OF_WHOLE)
            digest = part_sum(algorithm, value) if value and may_be_whole else b""
            if digest:
                return ExpectedChecksum(algorithm, digest)
    if head.encryption in ETAG_IS_MD5_WITH and _MD5_HEX.fullmatch(head.etag):
        return ExpectedChecksum(MD5, bytes.fromhex(head.etag))
    return NO_CHECKSUM


def quickly_verified(arrival: Arrival[Wanted]) -> str:
    """What small bytes are verified by, if that is quick to say; empty: see `expected_checksum`."""
    if arrival.crc64nvme:
        digest = CRCS["CRC64NVME"].update(arrival.content, 0).to_bytes(8, "big")
        if base64.b64encode(digest).decode() == arrival.crc64nvme:
            return _CRC64NVME_WORD
    elif arrival.is_plain and _MD5_HEX.fullmatch(arrival.wanted.etag):
        digits = hashlib.md5(arrival.content, usedforsecurity=False).hexdigest()
        if digits == arrival.wanted.etag:
            return MD5
    return ""


def plain_md5(etag: str) -> bytes:
    """The MD5 an ETag may be, if nothing but its form is known; empty when it is none."""
    return bytes.fromhex(etag) if _MD5_HEX.fullmatch(etag) else b""


def part_algorithm(listed: str, head: ObjectHead) -> str:
    """The checksum to compute for each part: one that combines, S3's own if it has such a one."""
    if listed in CRCS:
        return listed
    return next((name for name in CRCS if head.checksums.get(name)), SPARE)


def part_digest(algorithm: str, running: Running | None) -> str:
    """A part's checksum as the journal keeps it."""
    return "" if running is None else f"{algorithm}:{running.digest().hex()}"


def combine(parts: Sequence[PartRow], algorithm: str) -> bytes | None:
    """The checksum of the whole from its parts; None when some part has no such checksum."""
    crc = CRCS.get(algorithm)
    if crc is None or not parts:
        return None
    value = 0
    for part in sorted(parts, key=lambda p: p.start):
        name, _, digits = part.digest.partition(":")
        if name != algorithm:
            return None
        value = crc.combine(value, int(digits, 16), part.stop - part.start)
    return value.to_bytes(crc.bits // 8, "big")


def combined_digest(parts: Sequence[PartRow]) -> str:
    """The checksum of all parts together, as the journal keeps it; empty when they have none."""
    algorithm = parts[0].digest.partition(":")[0] if parts else ""
    combined = combine(parts, algorithm)
    return "" if combined is None else f"{algorithm}:{combined.hex()}"


def composites(head: ObjectHead) -> Iterator[Composite]:
    """The checksums of checksums that S3 gave, those first that are sure to be such."""
    for algorithm in _PREFERRED:
        value, dash, count = head.checksums.get(algorithm, "").partition("-")
        digest = part_sum(algorithm, value) if dash and _COUNT.fullmatch(count) else b""
        if digest:
            yield Composite(algorithm, digest, int(count), f"composite-{algorithm.lower()}")
    value, dash, count = head.etag.partition("-")
    is_md5 = _MD5_HEX.fullmatch(value) is not None and head.encryption in ETAG_IS_MD5_WITH
    if dash and _COUNT.fullmatch(count) and is_md5:
        yield Composite(MD5, bytes.fromhex(value), int(count), MULTIPART_ETAG)


def part_size_candidates(size_bytes: int, count: int) -> list[int]:
    """Part sizes that cut `size_bytes` into `count` parts, the likely ones first."""
    if count <= 0 or size_bytes <= 0:
        return []
    even = -(-size_bytes // count)
    sizes = [mib * MIB for mib in _COMMON_PART_MIB] + [-(-even // MIB) * MIB, even]
    fitting = [size for size in dict.fromkeys(sizes) if -(-size_bytes // size) == count]
    return fitting[:_CANDIDATES_MAX]


def part_sum(algorithm: str, value: str) -> bytes:
    """The bytes of a checksum header; empty for what cannot be a value of the algorithm."""
    try:
        digest = base64.b64decode(value, validate=True)
    except ValueError:
        return b""
    return digest if len(digest) == _DIGEST_BYTES[algorithm] else b""
