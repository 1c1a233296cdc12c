"""Send one item, and verify that S3 holds its bytes."""

import base64
import contextlib
import mimetypes
import os
import re
import select
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from s3nav.model.errors import (
    AccessDeniedError,
    IntegrityError,
    LocalDiskError,
    NotFoundError,
    UsageError,
)
from s3nav.model.objects import ObjectHead
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore, ObjectWriter, WriteWatch
from s3nav.model.text.quantities import MIB
from s3nav.model.writes import BegunPut, CopyRequest, KeptPart, PutRequest, Sent
from s3nav.transfer.integrity import (
    ETAG_IS_MD5_WITH,
    MD5,
    MULTIPART_ETAG,
    NONE,
    Pieces,
    Running,
    file_reader,
)
from s3nav.transfer.journal import Item
from s3nav.transfer.planning import ETAG, are_different, same_as_file, same_objects, verify_file
from s3nav.transfer.upload.upload_request import STDIN, UploadOptions

CRC = "CRC64NVME"
EXISTS = "exists"
"""The slug of the error for a target that may not be replaced."""
_BUFFER_BYTES = MIB
_POLL_S = 0.2
_MD5_ETAG = re.compile("[0-9a-f]{32}")
_PARTS_ETAG = re.compile("[0-9a-f]{32}-[0-9]{1,5}")
_TYPES = mimetypes.MimeTypes()
"""Python's own table: the same answer on every machine."""


class ItemWatch(WriteWatch, Protocol):
    """Receives the progress of one item."""

    def left_at(self, place: S3Uri) -> str:
        """The upload that an earlier run began there and did not end; empty when none."""
        ...


class WrittenItem(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one item."""

    verified_by: str
    size_bytes: int
    was_present: bool = False
    """Found at the target with the same bytes; nothing was sent."""


def content_type(name: str) -> str:
    """Guess the type from the file name, empty when unknown; a `.gz` is `application/gzip`."""
    kind, encoding = _TYPES.guess_type(name)
    if encoding == "gzip":
        return "application/gzip"
    return "" if encoding or kind is None else kind


class ItemWriter:
    """Sends the items of one job; called by several threads."""

    def __init__(
        self,
        *,
        store: ObjectStore,
        writer: ObjectWriter,
        options: UploadOptions,
        to: S3Uri,
        stdin: BinaryIO | None = None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._options = options
        self._to = to
        self._stdin = stdin

    def put(self, item: Item, watch: ItemWatch, *, look_first: bool) -> WrittenItem | None:
        """Upload; None when stopped. `look_first`: an earlier run may have sent it already.

        Raises S3NavError.
        """
        if item.local == STDIN:
            return self._put_stream(item, watch)
        path = Path(item.local)
        try:
            if look_first and (written := self._look_for_file(item, path)):
                return written
            try:
                return self._put_file(item, path, watch)
            except UsageError as error:
                # The answer to an upload that succeeded may be lost, and its repetition refused.
                if error.reference == EXISTS and (written := self._look_for_file(item, path)):
                    return written
                raise
        except OSError as error:
            raise LocalDiskError(
                f"cannot read `{path}`: {error.strerror}", slug="unreadable"
            ) from error

    def copy(self, item: Item, watch: ItemWatch, *, look_first: bool) -> WrittenItem | None:
        """Copy inside S3; None when stopped. Raises S3NavError."""
        to = S3Uri(self._to.bucket, item.local)
        if look_first and (written := self._look_for_copy(item, to)):
            return written
        request = CopyRequest(
            source=item.source,
            etag=item.etag,
            to=to,
            storage_class=self._options.storage_class,
            must_be_absent=not self._options.overwrite,
        )
        try:
            sent = self._writer.copy(request, watch)
        except UsageError as error:
            if error.reference == EXISTS and (written := self._look_for_copy(item, to)):
                return written
            raise
        if sent is None:
            return None
        how = ETAG if sent.etag and sent.etag == item.etag else self._verify_copy(sent, item, to)
        return WrittenItem(verified_by=how or NONE, size_bytes=item.size_bytes)

    def _verify_copy(self, sent: Sent, item: Item, to: S3Uri) -> str:
        """How a copy is known to have the bytes of its source; empty when it cannot be known.

        Raises IntegrityError when it has others.
        """
        target = self._store.head(to.bucket, to.key)
        source = self._store.head(item.bucket, item.key)
        how = same_objects(source, target)
        if not how:
            _check_parts(target, sent, to)
            if are_different(source, target):
                raise _other_bytes(to)
        return how

    def _put_file(self, item: Item, path: Path, watch: ItemWatch) -> WrittenItem | None:
        _check_unchanged(item, path)
        crc = _crc_of(path, watch)
        if crc is None:
            return None
        begun = self._begun(item, path, watch)
        if watch.is_stopped:
            return None
        _check_unchanged(item, path)
        request = msgspec.structs.replace(self._request(item, path, crc), begun=begun)
        sent = self._writer.put(request, watch)
        if sent is None:
            return None
        _check_unchanged(item, path)
        how = self._verify(sent, crc, item, path)
        return WrittenItem(verified_by=how, size_bytes=item.size_bytes)

    def _begun(self, item: Item, path: Path, watch: ItemWatch) -> BegunPut | None:
        """The parts that an earlier run has sent and S3 still keeps."""
        upload_id = watch.left_at(item.source)
        if not upload_id:
            return None
        kept = self._writer.kept_parts(item.source, upload_id, item.size_bytes)
        if kept is None:
            return None
        same = same_parts(path, kept, lambda: watch.is_stopped)
        return BegunPut(upload_id=upload_id, parts=same)

    def _put_stream(self, item: Item, watch: WriteWatch) -> WrittenItem | None:
        if self._stdin is None:
            raise UsageError(
                "standard input cannot be read again",
                remedy="run the command again",
                slug="no-stdin",
            )
        stream = _Stream(self._stdin, lambda: watch.is_stopped)
        sent = self._writer.put(self._request(item, stream, ""), watch)
        if sent is None:
            return None
        head = self._stored_head(sent, item, stream.count_bytes)
        how = _check(head, stream.crc(), item)
        if how == NONE:
            how = _check_parts(head, sent, item.source)
        return WrittenItem(verified_by=how, size_bytes=stream.count_bytes)

    def _request(self, item: Item, body: "Path | _Stream", crc: str) -> PutRequest:
        return PutRequest(
            body=body,
            to=item.source,
            content_type=content_type(item.key),
            storage_class=self._options.storage_class,
            crc64nvme=crc,
            must_be_absent=not self._options.overwrite,
        )

    def _verify(self, sent: Sent, crc: str, item: Item, path: Path) -> str:
        """Compare the answer with the file: by the checksum, else by the ETag."""
        head = self._stored_head(sent, item, item.size_bytes)
        how = _check(head, crc, item)
        if how == NONE:
            how = _check_parts(head, sent, item.source)
        return how if how != NONE else verify_file(self._store, head, path, item.source)

    def _stored_head(self, sent: Sent, item: Item, size_bytes: int) -> ObjectHead:
        """What S3 says it holds: the answer, or a HEAD when the answer names no checksum."""
        if CRC not in sent.checksums:
            with contextlib.suppress(AccessDeniedError):  # who may write may not always read
                head = self._store.head(item.bucket, item.key)
                if head.size_bytes != size_bytes:
                    raise _other_bytes(item.source)
                return head
        return ObjectHead(
            size_bytes=size_bytes,
            etag=sent.etag,
            encryption=sent.encryption,
            checksums=sent.checksums,
            checksum_type=sent.checksum_type,
        )

    def _look_for_file(self, item: Item, path: Path) -> WrittenItem | None:
        how = same_as_file(self._store, item.source, path)
        return self._found(how, item, item.source)

    def _look_for_copy(self, item: Item, to: S3Uri) -> WrittenItem | None:
        return self._found(self._compare(item, to), item, to)

    def _found(self, how: str | None, item: Item, place: S3Uri) -> WrittenItem | None:
        """None when the item is still to be sent. Raises UsageError when it may not be."""
        if how:
            return WrittenItem(verified_by=how, size_bytes=item.size_bytes, was_present=True)
        if how is not None and not self._options.overwrite:
            raise UsageError(
                f"`{place}` has other bytes", remedy="`--overwrite` replaces them", slug=EXISTS
            )
        return None

    def _compare(self, item: Item, to: S3Uri) -> str | None:
        try:
            target = self._store.head(to.bucket, to.key)
        except NotFoundError:
            return None
        return same_objects(self._store.head(item.bucket, item.key), target)


def _check(head: ObjectHead, crc: str, item: Item) -> str:
    """Compare the CRC64NVME; returns what it was verified by. Raises IntegrityError."""
    theirs = head.checksums.get(CRC, "")
    if not theirs or "-" in theirs:
        return NONE
    if theirs != crc:
        raise _other_bytes(item.source)
    return CRC.lower()


def _check_parts(head: ObjectHead, sent: Sent, place: S3Uri) -> str:
    """Compare the ETag with those of the parts, which were compared with what was sent.

    Returns what it was verified by. Raises IntegrityError.
    """
    is_md5 = head.encryption in ETAG_IS_MD5_WITH and _PARTS_ETAG.fullmatch(head.etag)
    if not sent.parts_etag or not is_md5:
        return NONE
    if head.etag != sent.parts_etag:
        raise _other_bytes(place)
    return MULTIPART_ETAG


def _other_bytes(place: S3Uri) -> IntegrityError:
    return IntegrityError(
        f"S3 holds other bytes at `{place}` than were sent",
        remedy="send it again with `--overwrite`; do not use what is there",
        slug="checksum-mismatch",
    )


def _check_unchanged(item: Item, path: Path) -> None:
    """Raise IntegrityError when the file is not the one that was planned; OSError when gone."""
    facts = path.stat()
    is_same = facts.st_size == item.size_bytes and facts.st_mtime_ns == item.modified_ns
    if not is_same or not stat.S_ISREG(facts.st_mode):
        raise IntegrityError(
            f"`{path}` changed while it was being sent",
            remedy="send it again when it no longer changes",
            slug="file-changed",
        )


def _crc_of(path: Path, watch: WriteWatch) -> str | None:
    """The checksum of a file as S3 writes it; None when stopped. Raises OSError."""
    running = Running(CRC)
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    # Non-blocking: a pipe that has replaced the file must not block this thread.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        while count := os.readv(descriptor, [buffer]):
            if watch.is_stopped:
                return None
            running.update(buffer[:count])
    finally:
        os.close(descriptor)
    return base64.b64encode(running.digest()).decode()


class _Stream:
    """Standard input for s3transfer: computes the checksum while reading, and stops on request."""

    def __init__(self, file: BinaryIO, is_stopped: Callable[[], bool]) -> None:
        self._file = file
        self._is_stopped = is_stopped
        self._running = Running(CRC)
        self.count_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """As many bytes as asked for, fewer at the end. Raises InterruptedError when stopped."""
        pieces: list[bytes] = []
        missing = size
        while missing:
            self._wait()
            if self._is_stopped():
                # An end here would be taken for the end of the bytes.
                raise InterruptedError
            piece = self._some(missing)
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece) if size >= 0 else 0
        content = b"".join(pieces)
        self._running.update(memoryview(content))
        self.count_bytes += len(content)
        return content

    def crc(self) -> str:
        """The checksum of all that was read."""
        return base64.b64encode(self._running.digest()).decode()

    def _some(self, limit: int) -> bytes:
        count = min(limit, _BUFFER_BYTES) if limit > 0 else _BUFFER_BYTES
        return os.read(self._file.fileno(), count)

    def _wait(self) -> None:
        while not self._is_stopped():
            if select.select([self._file], [], [], _POLL_S)[0]:
                return


def same_parts(
    path: Path, parts: Sequence[KeptPart], is_stopped: Callable[[], bool]
) -> tuple[KeptPart, ...]:
    """The parts that match by checksum, in their order; fewer when stopped. Raises OSError.

    A part without a checksum, whose ETag is no MD5 either, does not match.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        read = file_reader(descriptor, memoryview(bytearray(_BUFFER_BYTES)))
        return tuple(part for part in parts if not is_stopped() and _is_same(read, part))
    finally:
        os.close(descriptor)


def _is_same(read: Pieces, part: KeptPart) -> bool:
    """Raises IntegrityError when the file ends before the part does."""
    stop = part.start + part.size_bytes
    if CRC in part.checksums:
        return base64.b64encode(_sum(read, CRC, part.start, stop)).decode() == part.checksums[CRC]
    if _MD5_ETAG.fullmatch(part.etag):
        return _sum(read, MD5, part.start, stop).hex() == part.etag
    return False


def _sum(read: Pieces, algorithm: str, start: int, stop: int) -> bytes:
    running = Running(algorithm)
    for piece in read(start, stop):
        running.update(piece)
    return running.digest()
