"""Large objects: a preallocated temporary file that several workers fill in parts."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable

from s3nav.model.errors import IntegrityError, ObjectChangedError, S3NavError
from s3nav.model.objects import ByteRange, GetRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.download.committer import Committer, Written
from s3nav.transfer.download.object_fetch import Fetcher
from s3nav.transfer.download.running_job import JobRun, OpenFile
from s3nav.transfer.download.scheduler import Scheduler
from s3nav.transfer.integrity import (
    CRCS,
    NONE,
    Subject,
    combined_digest,
    file_reader,
    intact_parts,
)
from s3nav.transfer.journal import Item, Journal, PartRow, Verification
from s3nav.transfer.local_files import Target, unpack
from s3nav.transfer.planning import missing

logger = logging.getLogger(__name__)

RECORD_WAIT_S = 60.0
"""Longest wait for a part to be recorded; a slower disk costs parts fetched twice, not bytes."""
_COMPOSITE = "COMPOSITE"
"""A checksum of the parts of the upload, which are seldom the parts of the download."""


class LargeFiles:
    """Fetches large objects; one for each worker."""

    def __init__(
        self,
        store: ObjectStore,
        schedule: Scheduler,
        committer: Committer,
        journal: Journal,
        fetcher: Fetcher,
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._committer = committer
        self._journal = journal
        self._fetcher = fetcher

    def open(self, run: JobRun, item: Item, target: Target, arrived: Callable[[int], None]) -> None:
        """Open the temporary file and offer its missing parts to all workers.

        A file that misses none is verified and handed to the committer.
        """
        known = self._intact(run, item, target, arrived)
        spans = missing(
            item.size_bytes, run.row.part_bytes, [(part.start, part.stop) for part in known]
        )
        temporary = target.open_temporary(
            item,
            keep=bool(known),
            size_bytes=item.size_bytes,
            direct=not _is_read_soon(run, item),
        )
        file = OpenFile(
            item=item,
            temporary=temporary,
            spans=deque(spans),
            remaining=len(spans),
            written=known,
        )
        if spans:
            self._schedule.open_file(run, file)
            return
        try:
            verified_by = self._complete(run, file, target)
        except IntegrityError:
            self._keep(run, item, known, [])
            raise
        finally:
            temporary.close()
        self._commit(Written(run=run, item=item, verified_by=verified_by))

    def _intact(
        self, run: JobRun, item: Item, target: Target, arrived: Callable[[int], None]
    ) -> list[PartRow]:
        """The recorded parts of an earlier run whose bytes are still on the disk: they are read.

        Others are forgotten, and fetched again. Raises Stopped, LocalDiskError.
        """
        known = self._journal.parts(item.number)
        if not known:
            return []
        intact: list[PartRow] = []
        if (descriptor := target.open_left(item)) is not None:
            intact = self._read(descriptor, known, arrived)
        elif (descriptor := target.open_left(item, renamed=True)) is not None:
            # A run may end between a rename and its record.
            is_possible = os.fstat(descriptor).st_size == item.size_bytes
            found = self._read(descriptor, known, arrived)
            if is_possible and _bytes_in(found) == item.size_bytes:
                target.take_back(item)
                intact = found
        lost_bytes = _bytes_in(known) - _bytes_in(intact)
        if lost_bytes:
            logger.warning(
                "%s: %d bytes of an earlier run are no longer on the disk; they are fetched again",
                item.source,
                lost_bytes,
            )
            self._keep(run, item, known, intact)
        return intact

    def _keep(self, run: JobRun, item: Item, known: list[PartRow], intact: list[PartRow]) -> None:
        """Forget the recorded parts that the disk does not have."""
        self._journal.drop_parts([item.number])
        self._journal.commit(parts=intact)
        with self._schedule.lock:
            run.earlier_bytes -= _bytes_in(known) - _bytes_in(intact)

    def _read(
        self, descriptor: int, known: list[PartRow], arrived: Callable[[int], None]
    ) -> list[PartRow]:
        try:
            return intact_parts(descriptor, known, self._fetcher.buffer, lambda: arrived(0))
        finally:
            os.close(descriptor)

    def fetch_part(
        self,
        run: JobRun,
        file: OpenFile,
        span: ByteRange,
        target: Target,
        arrived: Callable[[int], None],
    ) -> None:
        """Fetch one part, then wait until it is recorded; the last part finishes the file."""
        item = file.item
        head, digest = self._fetcher.part(
            GetRequest(
                bucket=item.bucket,
                key=item.key,
                span=span,
                if_match=item.etag,
                version_id=item.version_id,
                requester_pays=run.row.requester_pays,
                waiting=lambda: arrived(0),
            ),
            item,
            span,
            write=lambda piece, offset: target.write_at(item, file.temporary, piece, offset),
            arrived=arrived,
        )
        part = PartRow(item=item.number, start=span.start, stop=span.stop, digest=digest)
        if self._schedule.part_written(file, part, head):
            self._finish(run, file, target, part)
        elif file.broken is None:
            self._commit(Written(run=run, item=item, part=part))

    def abandon(self, file: OpenFile) -> None:
        """Close a broken file; its temporary file stays for the next attempt."""
        file.temporary.close()

    def _commit(self, written: Written) -> None:
        """Hand bytes to the committer and wait until the journal has them."""
        # Waiting here limits the loss of a crash to one part for each worker.
        written.recorded = threading.Event()
        self._committer.submit(written)
        written.recorded.wait(RECORD_WAIT_S)

    def _finish(self, run: JobRun, file: OpenFile, target: Target, last: PartRow) -> None:
        """All parts are written: verify the whole and hand it to the committer."""
        try:
            verified_by = self._complete(run, file, target)
        except S3NavError as error:
            self._schedule.break_file(file, error)
            return
        file.temporary.close()
        self._schedule.close_file(run, file)
        # All parts are recorded with the whole: a run that ends before the rename is recorded
        # leaves the next one a way to know the file.
        self._committer.submit(Written(run=run, item=file.item, part=last))
        self._commit(Written(run=run, item=file.item, verified_by=verified_by))

    def _complete(self, run: JobRun, file: OpenFile, target: Target) -> str:
        """Verify a file that has all its parts, decompress it, and say by what it was verified.

        Raises S3NavError.
        """
        verified_by = self._verify(run, file) if run.row.verify else NONE
        if file.item.codec:
            unpack(target, file.item, self._fetcher.buffer)
        target.date(file.temporary.descriptor, file.item)
        return verified_by

    def _verify(self, run: JobRun, file: OpenFile) -> str:
        item, head, pays = file.item, file.head, run.row.requester_pays
        is_again = run.row.verify is Verification.FULL
        if head is None or not head.checksums:
            # S3 omits the checksum of the whole object from responses to ranged GETs.
            head = self._store.head(
                item.bucket, item.key, version_id=item.version_id, requester_pays=pays
            )
            if item.etag and head.etag != item.etag:
                raise ObjectChangedError(f"{item.source} was replaced while it was fetched")
        arrived = combined_digest(file.written)
        verified_by = self._fetcher.verifier.verify(
            Subject(
                source=item.source,
                head=head,
                read=file_reader(file.temporary.descriptor, self._fetcher.buffer, is_cold=is_again),
                parts=file.written,
                requester_pays=pays,
                version_id=item.version_id,
                is_again=is_again,
                arrived=arrived,
            )
        )
        if verified_by == NONE:
            item.digest = arrived
        return verified_by


def _bytes_in(parts: list[PartRow]) -> int:
    return sum(part.stop - part.start for part in parts)


def _is_read_soon(run: JobRun, item: Item) -> bool:
    """True when the whole file will be read again: to decompress it, or for its checksum."""
    if item.codec:
        return True
    combines = item.algorithm in CRCS and item.checksum_type != _COMPOSITE
    return run.row.verify is Verification.AUTO and not combines
