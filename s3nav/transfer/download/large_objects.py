"""Large objects: a preallocated temporary file that several workers fill in parts."""

import threading
from collections import deque
from collections.abc import Callable

from s3nav.model.errors import ObjectChangedError, S3NavError
from s3nav.model.objects import ByteRange, GetRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.download.committer import Committer, Written
from s3nav.transfer.download.object_fetch import Fetcher
from s3nav.transfer.download.running_job import JobRun, OpenFile
from s3nav.transfer.download.scheduler import Scheduler
from s3nav.transfer.integrity import CRCS, NONE, Subject, combined_digest, file_reader
from s3nav.transfer.journal import Item, Journal, PartRow, Verification
from s3nav.transfer.local_files import Target, unpack
from s3nav.transfer.planning import missing

RECORD_WAIT_S = 60.0
"""Longest wait for a part to be recorded; a slower disk costs parts fetched twice, not bytes."""
_COMPOSITE = "COMPOSITE"
"""Of the parts an object was uploaded in, which are seldom those it is fetched in."""


class LargeFiles:
    """One worker's hands for large objects."""

    def __init__(
        self,
        store: ObjectStore,
        schedule: Scheduler,
        sealer: Committer,
        journal: Journal,
        fetcher: Fetcher,
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._sealer = sealer
        self._journal = journal
        self._fetcher = fetcher

    def open(self, run: JobRun, item: Item, target: Target) -> None:
        """Open the temporary file and offer its missing parts to all workers."""
        known = self._journal.parts(item.number)
        if known and not target.has_temporary(item):
            self._journal.reopen(item.number, drop_parts=True)
            known = []
        spans = missing(
            item.size_bytes, run.row.part_bytes, [(part.start, part.stop) for part in known]
        )
        temporary = target.open_temporary(
            item,
            keep=bool(known),
            size_bytes=item.size_bytes,
            direct=not _is_read_soon(run, item),
        )
        # With every part recorded the last one is fetched again: its worker verifies the file.
        if not spans:
            last = known.pop()
            spans = [ByteRange(start=last.start, stop=last.stop)]
        file = OpenFile(
            item=item,
            temporary=temporary,
            spans=deque(spans),
            remaining=len(spans),
            written=known,
        )
        self._schedule.open_file(run, file)

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
            verify=run.row.verify,
            write=lambda piece, offset: target.write_at(item, file.temporary, piece, offset),
            arrived=arrived,
        )
        part = PartRow(item=item.number, start=span.start, stop=span.stop, digest=digest)
        if self._schedule.part_written(file, part, head):
            self._finish(run, file, target)
        elif file.broken is None:
            self._seal(Written(run=run, item=item, part=part))

    def abandon(self, file: OpenFile) -> None:
        """Close a broken file; its temporary file stays for the next attempt."""
        file.temporary.close()

    def _seal(self, written: Written) -> None:
        """Hand bytes to the sealer and wait until the journal has them."""
        # Waiting here keeps it at one part per worker that a crash can cost.
        written.recorded = threading.Event()
        self._sealer.submit(written)
        written.recorded.wait(RECORD_WAIT_S)

    def _finish(self, run: JobRun, file: OpenFile, target: Target) -> None:
        """All parts are written: verify the whole and hand it to the sealer."""
        try:
            verified_by = self._prove(run, file) if run.row.verify else NONE
            if file.item.codec:
                unpack(target, file.item, self._fetcher.buffer)
        except S3NavError as error:
            self._schedule.break_file(file, error)
            return
        target.date(file.temporary.descriptor, file.item)
        file.temporary.close()
        self._schedule.close_file(run, file)
        self._seal(Written(run=run, item=file.item, verified_by=verified_by))

    def _prove(self, run: JobRun, file: OpenFile) -> str:
        item, head, pays = file.item, file.head, run.row.requester_pays
        is_again = run.row.verify is Verification.FULL
        if head is None or not head.checksums:
            # S3 leaves the checksum of the whole out of answers to ranged GETs.
            head = self._store.head(
                item.bucket, item.key, version_id=item.version_id, requester_pays=pays
            )
            if item.etag and head.etag != item.etag:
                raise ObjectChangedError(f"{item.source} was replaced while it was fetched")
        arrived = combined_digest(file.written)
        verified_by = self._fetcher.prover.prove(
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


def _is_read_soon(run: JobRun, item: Item) -> bool:
    """True when the whole file is going to be read again: to unpack it, or for its checksum."""
    if item.codec:
        return True
    combines = item.algorithm in CRCS and item.checksum_type != _COMPOSITE
    return run.row.verify is Verification.AUTO and not combines
