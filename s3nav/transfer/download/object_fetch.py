"""Fetch one whole object, or one part of one, through a buffer that is used again and again."""

import mmap
from collections.abc import Callable, Iterator

from s3nav.model.errors import IntegrityError, ObjectChangedError, UnavailableError
from s3nav.model.objects import ByteRange, GetRequest, ObjectHead
from s3nav.model.ports.stores import AskedBody, ObjectBody, ObjectStore
from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity import (
    NO_CHECKSUM,
    NONE,
    SPARE,
    Pieces,
    Running,
    Subject,
    Verifier,
    expected_checksum,
    part_algorithm,
    part_digest,
)
from s3nav.transfer.journal import Item, Verification

BUFFER_BYTES = MIB


class Stopped(Exception):  # noqa: N818  # no error: the job was paused or cancelled
    """The job is stopping; what was being fetched is dropped."""


class Fetcher:
    """Makes the GETs of one worker. Not thread-safe: all share one buffer."""

    def __init__(
        self, store: ObjectStore, *, piece_bytes: Callable[[], int] = lambda: BUFFER_BYTES
    ) -> None:
        self._store = store
        self.verifier = Verifier(store)
        self._piece_bytes = piece_bytes
        # Page-aligned, as writes past the page cache must be.
        self.buffer = memoryview(mmap.mmap(-1, BUFFER_BYTES))

    def whole(
        self,
        request: GetRequest,
        item: Item,
        *,
        verify: Verification,
        write: Callable[[memoryview, int], None],
        arrived: Callable[[int], None],
        read_back: Pieces | None = None,
    ) -> str:
        """Fetch a whole object; returns what it was verified by.

        `write` gets pieces with their offsets: for an object that fits into the buffer, and
        without `read_back`, one piece that is already verified. `read_back` reads what was
        written. `arrived` counts bytes and raises Stopped.
        """
        with self._store.get(request) as body:
            _check_same(item, body, item.size_bytes)
            checksum = expected_checksum(body.head) if verify else NO_CHECKSUM
            running = checksum.start() or (Running(SPARE) if verify else None)
            fits = read_back is None and item.size_bytes <= len(self.buffer)
            position = 0
            while position < item.size_bytes:
                # An object that fits is one piece, so that it is verified before it is written.
                most = BUFFER_BYTES if fits else self._piece_bytes()
                piece = self._fill(body, min(item.size_bytes - position, most), item, arrived)
                if running is not None:
                    running.update(piece)
                arrived(len(piece))
                if not fits:
                    write(piece, position)
                position += len(piece)
            head = body.head
        verified_by = checksum.check(running, item.source) if checksum is not NO_CHECKSUM else NONE
        if (verify and checksum is NO_CHECKSUM) or verify is Verification.FULL:
            subject = Subject(
                source=item.source,
                head=head,
                read=read_back or self._from_buffer,
                requester_pays=request.requester_pays,
                is_again=verify is Verification.FULL,
                arrived=part_digest(checksum.algorithm or SPARE, running),
            )
            verified_by = self.verifier.verify(subject)
        if verified_by == NONE:
            item.digest = part_digest(SPARE, running)
        if fits:
            write(self.buffer[: item.size_bytes], 0)
        return verified_by

    def small(
        self,
        asked: AskedBody,
        item: Item,
        *,
        verify: Verification,
        requester_pays: bool,
        arrived: Callable[[int], None],
    ) -> tuple[memoryview, str]:
        """Read the answer to a GET of an object that fits the buffer; its bytes are verified.

        Returns them, valid until the next call, and what they were verified by. `arrived` is
        only asked whether to go on; it raises Stopped.
        """
        with asked.body() as body:
            _check_same(item, body, item.size_bytes)
            content = self.buffer[:0]
            if item.size_bytes:
                content = self._fill(body, item.size_bytes, item, arrived)
            head = body.head
        if not verify:
            return content, NONE
        return content, self.verify_small(item, head, content, requester_pays=requester_pays)

    def verify_small(
        self, item: Item, head: ObjectHead, content: memoryview, *, requester_pays: bool
    ) -> str:
        """Say what the bytes of a small object are verified by. Raises IntegrityError."""

        def read(start: int, stop: int) -> Iterator[memoryview]:
            yield content[start:stop]

        verified_by = self.verifier.verify(
            Subject(
                source=item.source,
                head=head,
                read=read,
                requester_pays=requester_pays,
                version_id=item.version_id,
            )
        )
        if verified_by == NONE:
            running = Running(SPARE)
            running.update(content)
            item.digest = part_digest(SPARE, running)
        return verified_by

    def part(
        self,
        request: GetRequest,
        item: Item,
        span: ByteRange,
        *,
        write: Callable[[memoryview, int], None],
        arrived: Callable[[int], None],
    ) -> tuple[ObjectHead, str]:
        """Fetch one part; returns the answer's head and the part's checksum for the journal.

        A job that is not verified has this checksum too: the next run reads the part by it.
        """
        with self._store.get(request) as body:
            _check_same(item, body, span.length_bytes)
            algorithm = part_algorithm(item.algorithm, body.head)
            running = Running(algorithm)
            position = span.start
            while position < span.stop:
                piece = self._fill(
                    body, min(span.stop - position, self._piece_bytes()), item, arrived
                )
                running.update(piece)
                arrived(len(piece))
                write(piece, position)
                position += len(piece)
            return body.head, part_digest(algorithm, running)

    def _from_buffer(self, start: int, stop: int) -> Iterator[memoryview]:
        yield self.buffer[start:stop]

    def _fill(
        self, body: ObjectBody, wanted: int, item: Item, arrived: Callable[[int], None]
    ) -> memoryview:
        """Read until the buffer is full or `wanted` bytes are there."""
        target = self.buffer[: min(wanted, len(self.buffer))]
        filled = 0
        while filled < len(target):
            count = body.readinto(target[filled:])
            if count == 0:
                raise UnavailableError(
                    f"{item.source} ended {wanted - filled} bytes early", slug="truncated"
                )
            filled += count
            if filled < len(target):
                # Slowly arriving bytes never run into the read timeout: check here whether the job
                # stops.
                arrived(0)
        return target


def _check_same(item: Item, body: ObjectBody, length_bytes: int) -> None:
    """Refuse another version of the object, and an answer of the wrong length."""
    head = body.head
    if item.etag and not head.etag:
        # A proxy's error page may be as long as the object; but S3 always sends the ETag.
        raise UnavailableError(f"the answer for {item.source} has no ETag", slug="bad-answer")
    if head.etag != item.etag if item.etag else head.size_bytes != item.size_bytes:
        raise ObjectChangedError(f"{item.source} was replaced since it was listed")
    if head.size_bytes != item.size_bytes or body.length_bytes != length_bytes:
        raise IntegrityError(
            f"S3 answered with {body.length_bytes} instead of {length_bytes} bytes of"
            f" {item.source}",
            slug="wrong-length",
        )
