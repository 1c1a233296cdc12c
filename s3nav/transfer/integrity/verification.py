"""Compare the bytes that arrived with the cheapest checksum of S3 that is sufficient.

Where S3 has only a checksum of checksums, the object is cut as its uploader cut it: by the parts
S3 remembers, by the sizes uploaders use, or by asking for each part. What cannot be verified is
recorded as verified by ``none``.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence

import msgspec

from s3nav.model.errors import IntegrityError
from s3nav.model.objects import ObjectHead, PartFact
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence.fsync import sync_file
from s3nav.transfer.integrity.checksums import (
    MD5,
    MULTIPART_ETAG,
    NO_CHECKSUM,
    NONE,
    Composite,
    Running,
    combine,
    composites,
    expected_checksum,
    part_size_candidates,
    part_sum,
    plain_md5,
)
from s3nav.transfer.journal import Item, PartRow

READ_BYTES = 1024 * 1024
Pieces = Callable[[int, int], Iterator[memoryview]]
"""Reads the bytes from start to stop, in order; each piece is valid until the next."""
PARTS_MAX = 10_000
READ_AGAIN = "+disk"
"""Appended to `verified_by` when the bytes were read again from the disk."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A file to verify."""

    source: S3Uri
    head: ObjectHead
    """Of the version the bytes are of."""
    read: Pieces
    parts: Sequence[PartRow] = ()
    """Parts whose checksums were computed as they arrived."""
    requester_pays: bool = False
    version_id: str = ""
    """The version that was asked for; empty: whichever is current."""
    is_again: bool = False
    """Read the bytes even when the checksums of the parts would do."""
    arrived: str = ""
    """Checksum of what arrived, as ``algorithm:hex``; compared when the disk is read again."""


class _Cut(msgspec.Struct, frozen=True):
    """One way the object may have been uploaded."""

    sizes: Sequence[int]
    is_certain: bool
    sums: Sequence[bytes] = ()
    """Of each part, where S3 keeps them."""


class Verifier:
    """Verifies files; any thread may call. It may request how an object was uploaded."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def verify(self, subject: Subject) -> str:
        """Say what the bytes are verified by, ``none`` at worst. Raises IntegrityError."""
        verified_by = self._verify(subject)
        if not subject.is_again:
            return verified_by
        if verified_by == NONE:
            _compare_with_arrived(subject)
            return NONE
        return verified_by + READ_AGAIN

    def _verify(self, subject: Subject) -> str:
        checksum = expected_checksum(subject.head)
        if checksum is NO_CHECKSUM:
            return self._verify_composite(subject)
        combined = None if subject.is_again else combine(subject.parts, checksum.algorithm)
        if combined is None:
            return checksum.check(
                _sum(subject.read, checksum.algorithm, 0, subject.head.size_bytes), subject.source
            )
        if combined != checksum.expected:
            raise _mismatch(subject, checksum.verified_by)
        return checksum.verified_by

    def _verify_composite(self, subject: Subject) -> str:
        """By the first checksum of checksums for which a cut is found."""
        for composite in composites(subject.head):
            for cut in self._cuts(subject, composite):
                if _matches(subject, composite, cut):
                    return composite.name
                if cut.is_certain:
                    raise _mismatch(subject, composite.name)
        return NONE

    def _cuts(self, subject: Subject, composite: Composite) -> Iterator[_Cut]:
        """Ways to cut the object into its parts, the likely ones first; the last may be certain."""
        size_bytes, count = subject.head.size_bytes, composite.count
        if count == 1:
            yield _Cut([size_bytes], is_certain=True)
        if not 1 < count <= PARTS_MAX:
            return
        if composite.name != MULTIPART_ETAG:
            remembered = self._remembered(subject, composite)
            if remembered is not None:
                yield remembered
                return
        guesses = part_size_candidates(size_bytes, count)
        yield from (_even(size_bytes, guess) for guess in guesses[:1])
        first = self._part_bytes(subject, 1)
        if first is None:
            # The endpoint does not report parts: only guesses are left.
            yield from (_even(size_bytes, guess) for guess in guesses[1:])
            return
        if first not in guesses[:1] and first > 0 and -(-size_bytes // first) == count:
            yield _even(size_bytes, first)
        exact = self._remembered(subject, composite) or self._requested(subject, first, count)
        if exact is not None:
            yield exact

    def _remembered(self, subject: Subject, composite: Composite) -> _Cut | None:
        """The parts as GetObjectAttributes has them; None unless they make up the object."""
        known = self._store.attributes(
            subject.source.bucket,
            subject.source.key,
            version_id=subject.version_id,
            requester_pays=subject.requester_pays,
        )
        if known is None or (known.etag and known.etag != subject.head.etag):
            return None
        sizes = [part.size_bytes for part in known.parts]
        if len(sizes) != composite.count or sum(sizes) != subject.head.size_bytes:
            return None
        return _Cut(sizes, is_certain=True, sums=_sums(known.parts, composite.algorithm))

    def _requested(self, subject: Subject, first: int, count: int) -> _Cut | None:
        """The size of each part by a HEAD of it; None unless they make up the object."""
        sizes = [first]
        for number in range(2, count + 1):
            size = self._part_bytes(subject, number)
            if size is None:
                return None
            sizes.append(size)
        if sum(sizes) != subject.head.size_bytes:
            return None
        return _Cut(sizes, is_certain=True)

    def _part_bytes(self, subject: Subject, number: int) -> int | None:
        source = subject.source
        return self._store.part_bytes(
            source.bucket,
            source.key,
            number,
            version_id=subject.version_id,
            requester_pays=subject.requester_pays,
        )


def file_reader(descriptor: int, buffer: memoryview, *, is_cold: bool = False) -> Pieces:
    """Read an open file through `buffer`; `is_cold`: from the disk, not from the page cache.

    What is read raises IntegrityError when the file ends early.
    """

    def pieces(start: int, stop: int) -> Iterator[memoryview]:
        if is_cold:
            _forget_cached(descriptor, start, stop)
        while start < stop:
            wanted = buffer[: min(len(buffer), stop - start)]
            count = os.preadv(descriptor, [wanted], start)
            if count == 0:
                raise IntegrityError("the file became shorter", slug="checksum-mismatch")
            yield wanted[:count]
            start += count

    return pieces


def has_all(descriptor: int, item: Item) -> bool:
    """Whether an open file has the bytes of its item: by the item's digest, or by an MD5 ETag.

    False where neither is known or a byte cannot be read. Raises OSError.
    """
    size_bytes = item.size_bytes if item.stored_bytes is None else item.stored_bytes
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size_bytes:
        return False
    is_plain = item.stored_bytes is None and plain_md5(item.etag)
    digest = item.digest or (f"{MD5}:{item.etag}" if is_plain else "")
    read = file_reader(descriptor, memoryview(bytearray(READ_BYTES)))
    return _has_digest(read, 0, size_bytes, digest)


def intact_parts(
    descriptor: int, parts: Sequence[PartRow], buffer: memoryview, check: Callable[[], None]
) -> list[PartRow]:
    """The parts whose bytes in an open file have the checksum that was recorded for them.

    A part without one is not among them. `check` is called before each part and may raise.
    """
    read = file_reader(descriptor, buffer)
    intact = []
    for part in parts:
        check()
        if _has_digest(read, part.start, part.stop, part.digest):
            intact.append(part)
    return intact


def _has_digest(read: Pieces, start: int, stop: int, digest: str) -> bool:
    algorithm, _, digits = digest.partition(":")
    try:
        return bool(digits) and _sum(read, algorithm, start, stop).digest().hex() == digits
    except (IntegrityError, OSError):  # the file ends before `stop`, or the disk is damaged
        return False


def _forget_cached(descriptor: int, start: int, stop: int) -> None:
    """Make the kernel read from the disk: it drops only pages that are written."""
    sync_file(descriptor)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, stop - start, os.POSIX_FADV_DONTNEED)


def _matches(subject: Subject, composite: Composite, cut: _Cut) -> bool:
    outer = Running(composite.algorithm)
    start = 0
    for index, size_bytes in enumerate(cut.sizes):
        digest = _sum(subject.read, composite.algorithm, start, start + size_bytes).digest()
        if cut.sums and cut.sums[index] != digest:
            return False
        outer.update(memoryview(digest))
        start += size_bytes
    return outer.digest() == composite.expected


def _even(size_bytes: int, part_bytes: int) -> _Cut:
    sizes = [min(part_bytes, size_bytes - start) for start in range(0, size_bytes, part_bytes)]
    return _Cut(sizes, is_certain=False)


def _sums(parts: Sequence[PartFact], algorithm: str) -> list[bytes]:
    """The checksum of each part; empty unless all have one that can be read."""
    sums = [part_sum(algorithm, part.checksums.get(algorithm, "")) for part in parts]
    return sums if all(sums) else []


def _sum(read: Pieces, algorithm: str, start: int, stop: int) -> Running:
    running = Running(algorithm)
    for piece in read(start, stop):
        running.update(piece)
    return running


def _compare_with_arrived(subject: Subject) -> None:
    algorithm, _, digits = subject.arrived.partition(":")
    if not digits:
        return
    found = _sum(subject.read, algorithm, 0, subject.head.size_bytes).digest()
    if found != bytes.fromhex(digits):
        raise IntegrityError(
            f"the bytes of {subject.source} on the disk differ from those that arrived",
            remedy="check the disk; the file did not get its final name",
            slug="disk-mismatch",
        )


def _mismatch(subject: Subject, name: str) -> IntegrityError:
    return IntegrityError(
        f"{subject.source} does not match its {name}",
        remedy="try again; if it happens again, the object or the connection is damaged",
        slug="checksum-mismatch",
    )
