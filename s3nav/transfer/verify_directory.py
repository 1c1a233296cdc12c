"""Compare a download directory with the bucket, without fetching an object again.

A local file is hashed and compared with what the listing says; where that is not enough, with
the object's head and the parts of its upload; at last with what the journal kept of the download.
"""

import errno
import hashlib
import os
import re
import stat
import threading
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from s3nav.model.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
)
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.quantities import MIB
from s3nav.model.waits import result_of
from s3nav.transfer.integrity import (
    NONE,
    Pieces,
    Running,
    Subject,
    Verifier,
    file_reader,
    plain_md5,
)
from s3nav.transfer.journal import PENDING, PlannedItem, StoredRow
from s3nav.transfer.local_files import Namer, NamingRules, codec_of, segment
from s3nav.transfer.planning import naming_rules
from s3nav.transfer.selection import Selection, SelectionStats, Source
from s3nav.transfer.source_listing import choose

BUFFER_BYTES = MIB
MD5_BELOW_BYTES = 16 * MIB
"""Smaller files are compared with the listing's MD5 first: that costs no request."""
AHEAD = 8
"""Files in work or done for each thread, before the first of them is handed over."""
_UNFINISHED = re.compile(r"\.s3nav-[0-9a-f]+-[0-9a-f]+\.(?:part|plain)")
_WILDCARD = re.compile(r"[*?\[]")

StoredFiles = Callable[[str, str], list[StoredRow]]
"""What the journal kept of the files that came from an object (bucket, key)."""


class Finding(StrEnum):
    """How a local file compares with its object."""

    OK = "ok"
    MISSING = "missing"
    EXTRA = "extra"
    CHANGED_SIZE = "changed-size"
    WRONG_BYTES = "wrong-bytes"
    UNREADABLE = "unreadable"
    NOT_PROVABLE = "not-provable"


class CheckedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One object or one local file, and what was found."""

    finding: Finding
    source: str
    """The S3 URI; empty for an extra file."""
    local_path: Path
    size_bytes: int
    """Of the object; of the file when it is extra."""
    verified_by: str = ""
    reason: str = ""


class TreeCheck:
    """Checks directories; each call of `check` starts threads of its own."""

    def __init__(self, store: ObjectStore, stored_files: StoredFiles, workers: int) -> None:
        self._store = store
        self._stored_files = stored_files
        self._workers = workers
        self._verifier = Verifier(store)
        self._local = threading.local()

    def check(
        self, directory: Path, place: S3Uri, *, requester_pays: bool = False
    ) -> Iterator[CheckedFile]:
        """Yield a finding for each object in key order, then one for each extra file.

        Raises NotFoundError when nothing is at `place`, and what ends all checks: credentials,
        an endpoint that is down.
        """
        rules = naming_rules(directory)
        expected = _Paths()
        job = _Job(directory=directory, requester_pays=requester_pays)
        for found in self._checked(self._expected(job, place, rules), job):
            expected.add(found.local_path.relative_to(directory).as_posix())
            yield found
        yield from _extras(directory, place, rules, expected)

    def _expected(self, job: "_Job", place: S3Uri, rules: NamingRules) -> Iterator[PlannedItem]:
        """The objects with their local paths; folder markers are no files."""
        selection = Selection(
            sources=(Source(place=place),),
            target=job.directory,
            requester_pays=job.requester_pays,
        )
        namer = Namer(rules)
        for bucket, facts in choose(self._store, selection, SelectionStats()):
            yield from filter(_is_file, namer.take(bucket, facts))
        yield from filter(_is_file, namer.rest())

    def _checked(self, items: Iterator[PlannedItem], job: "_Job") -> Iterator[CheckedFile]:
        """Check in threads, a bounded number ahead, and yield in the order of `items`."""
        ahead: deque[Future[CheckedFile]] = deque()
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="s3nav-verify")
        try:
            for item in items:
                ahead.append(pool.submit(self._check, item, job))
                if len(ahead) >= AHEAD * self._workers:
                    yield result_of(ahead.popleft())
            while ahead:
                yield result_of(ahead.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _check(self, item: PlannedItem, job: "_Job") -> CheckedFile:
        path = job.directory / item.path
        row = self._unpacked_row(item, job) if codec_of(item.key) and not path.exists() else None
        path = path if row is None else row.path
        try:
            with _opened(path) as descriptor:
                return self._check_open(item, descriptor, job, row)
        except FileNotFoundError:
            return _found(item, path, Finding.MISSING)
        except OSError as error:
            return _found(item, path, Finding.UNREADABLE, reason=error.strerror or str(error))
        except IntegrityError as error:
            return _found(item, path, Finding.WRONG_BYTES, reason=error.message)
        except (AccessDeniedError, NotFoundError) as error:
            return _found(item, path, Finding.NOT_PROVABLE, reason=error.message)

    def _check_open(
        self, item: PlannedItem, descriptor: int, job: "_Job", row: StoredRow | None
    ) -> CheckedFile:
        """Compare an open file; with `row`, it was decompressed from the object."""
        path = job.directory / item.path if row is None else row.path
        expected = item.size_bytes if row is None else row.size_bytes
        found = os.fstat(descriptor).st_size
        read = file_reader(descriptor, self._buffer())
        if row is not None and row.etag != item.etag:
            raise IntegrityError("it was decompressed from another version of the object")
        if found != expected:
            reason = f"{found} bytes on the disk, {expected} expected"
            return _found(item, path, Finding.CHANGED_SIZE, reason=reason)
        if row is not None:
            return _by_journal(item, row, read)
        return self._compare(item, path, read, job)

    def _compare(self, item: PlannedItem, path: Path, read: Pieces, job: "_Job") -> CheckedFile:
        """Verify the bytes of a file of the right size. Raises IntegrityError."""
        md5 = plain_md5(item.etag)
        md5_first = bool(md5) and (item.size_bytes <= MD5_BELOW_BYTES or not item.algorithm)
        if md5_first and _digest(read, "md5", item.size_bytes) == md5:
            return _found(item, path, Finding.OK, verified_by="md5")
        head = self._store.head(item.bucket, item.key, requester_pays=job.requester_pays)
        if head.etag != item.etag:
            reason = "the object was replaced while it was checked"
            return _found(item, path, Finding.NOT_PROVABLE, reason=reason)
        verified_by = self._verifier.verify(
            Subject(
                source=S3Uri(item.bucket, item.key),
                head=head,
                read=read,
                requester_pays=job.requester_pays,
            )
        )
        if verified_by != NONE:
            return _found(item, path, Finding.OK, verified_by=verified_by)
        rows = [row for row in self._stored_files(item.bucket, item.key) if row.path == path]
        if rows and rows[0].etag == item.etag and not rows[0].codec:
            return _by_journal(item, rows[0], read)
        reason = "S3 keeps nothing to compare its bytes with"
        return _found(item, path, Finding.NOT_PROVABLE, verified_by=NONE, reason=reason)

    def _unpacked_row(self, item: PlannedItem, job: "_Job") -> StoredRow | None:
        rows = self._stored_files(item.bucket, item.key)
        below = [row for row in rows if row.codec and row.path.is_relative_to(job.directory)]
        return below[0] if below else None

    def _buffer(self) -> memoryview:
        """This thread's own."""
        buffer: memoryview | None = getattr(self._local, "buffer", None)
        if buffer is None:
            buffer = self._local.buffer = memoryview(bytearray(BUFFER_BYTES))
        return buffer


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    directory: Path
    requester_pays: bool


class _Paths:
    """A set of paths in eight bytes each; complete before the first lookup."""

    def __init__(self) -> None:
        self._numbers = array("Q")
        self._sorted: array[int] | None = None

    def add(self, path: str) -> None:
        """Remember a path."""
        self._numbers.append(_number(path))

    def __contains__(self, path: str) -> bool:
        if self._sorted is None:
            self._sorted = array("Q", sorted(self._numbers))
        number = _number(path)
        index = bisect_left(self._sorted, number)
        return index < len(self._sorted) and self._sorted[index] == number


def _number(path: str) -> int:
    digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _extras(
    directory: Path, place: S3Uri, rules: NamingRules, expected: _Paths
) -> Iterator[CheckedFile]:
    """Files below the place that no object stands for; a glob tells nothing of other files."""
    if _WILDCARD.search(place.key):
        return
    *folders, last = place.key.split("/")
    start = directory / segment(place.bucket, rules)
    for folder in folders:
        start /= segment(folder, rules)
    for parent, children, names in os.walk(start):
        if last and Path(parent) == start:
            children[:] = [name for name in children if name == last]
            names = [name for name in names if name == last]  # noqa: PLW2901  # the walk's own
        children.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.relative_to(directory).as_posix() not in expected:
                yield CheckedFile(
                    finding=Finding.EXTRA,
                    source="",
                    local_path=path,
                    size_bytes=path.stat(follow_symlinks=False).st_size,
                    reason="unfinished download" if _UNFINISHED.search(name) else "",
                )


def _is_file(item: PlannedItem) -> bool:
    return item.state == PENDING


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """A regular file, open for reading. Raises FileNotFoundError and other OSErrors."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except NotADirectoryError as error:
        raise FileNotFoundError(error.errno, error.strerror) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        yield descriptor
    finally:
        os.close(descriptor)


def _digest(read: Pieces, algorithm: str, size_bytes: int) -> bytes:
    running = Running(algorithm)
    for piece in read(0, size_bytes):
        running.update(piece)
    return running.digest()


def _by_journal(item: PlannedItem, row: StoredRow, read: Pieces) -> CheckedFile:
    """Compare a file with the checksum that was kept when it was stored."""
    algorithm, _, digits = row.digest.partition(":")
    if _digest(read, algorithm, row.size_bytes).hex() != digits:
        reason = "its bytes are not those that were downloaded"
        return _found(item, row.path, Finding.WRONG_BYTES, reason=reason)
    return _found(item, row.path, Finding.OK, verified_by=f"journal-{algorithm.lower()}")


def _found(
    item: PlannedItem, path: Path, finding: Finding, *, verified_by: str = "", reason: str = ""
) -> CheckedFile:
    return CheckedFile(
        finding=finding,
        source=str(S3Uri(item.bucket, item.key)),
        local_path=path,
        size_bytes=item.size_bytes,
        verified_by=verified_by,
        reason=reason,
    )
