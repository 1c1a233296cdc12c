"""Make written files durable many at a time, then rename and record them.

One cycle: sync the new temporary files together with the renames of the cycle before; record both
in one transaction (the new ones SYNCED, the renamed ones DONE, parts as recorded); rename the new
ones. So a final name exists only when its bytes are verified, durable and in the journal, and
10,000 small files cost a few dozen syncs. The next run of the job completes the renames of a cycle
that a kill interrupted: `complete_renames`.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from s3nav.model.errors import LocalDiskError, S3NavError
from s3nav.model.waits import IDLE_S, SLICE_S, check_alive, join
from s3nav.transfer.download.running_job import JobRun
from s3nav.transfer.download.scheduler import Scheduler
from s3nav.transfer.journal import (
    FAILED,
    PENDING,
    SYNCED,
    Checkpoint,
    Item,
    JobRow,
    Journal,
    PartRow,
)
from s3nav.transfer.local_files import Target
from s3nav.transfer.planning import Verdict, is_whole, verdict_of

GATHER_S = 0.03
"""How long the first small file waits for others to be synced with."""
BATCH = 2_000
QUEUE_BOUND = 4_000
SYNC_SINGLY = 8
"""Most files that are synced one by one, which leaves other programs' data alone."""
_RECOVERY_WINDOW = 1_000


class Written(msgspec.Struct, kw_only=True, eq=False):
    """Bytes under a temporary name: a whole verified file, or one part of a file."""

    run: JobRun
    item: Item
    verified_by: str = ""
    part: PartRow | None = None
    recorded: threading.Event | None = None
    """Set when it is in the journal, or will not be recorded; a worker waits for it."""

    @property
    def count(self) -> int:
        """One."""
        return 1


class WrittenFiles(msgspec.Struct, eq=False):
    """Several whole verified files under their temporary names."""

    run: JobRun
    items: list[Item]
    verifications: list[str]
    """What each was verified by."""

    @property
    def count(self) -> int:
        """How many files."""
        return len(self.items)


class _Pending(msgspec.Struct, kw_only=True):
    """What is written and not yet committed of one run."""

    run: JobRun
    written: list[Written] = msgspec.field(default_factory=list)
    small: list[WrittenFiles] = msgspec.field(default_factory=list)
    renamed: list[Item] = msgspec.field(default_factory=list)


class Committer:
    """A thread between the workers and the journal."""

    def __init__(
        self,
        schedule: Scheduler,
        journal: Journal,
        stop: Callable[[JobRun, S3NavError], None],
        fail_item: Callable[[JobRun, Item, S3NavError], None],
        *,
        guarded: Callable[[Callable[[], None]], Callable[[], None]],
        checkpoint: Checkpoint,
    ) -> None:
        self._schedule = schedule
        self._journal = journal
        self._stop = stop
        self._fail_item = fail_item
        self._checkpoint = checkpoint
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._space = threading.Condition(self._lock)
        self._queue: deque[Written | WrittenFiles] = deque()
        self._queued = 0
        """Files and parts in it."""
        self._urgent = False
        self._closed = False
        self._pending: dict[int, _Pending] = {}
        self._thread = threading.Thread(target=guarded(self._work), name="s3nav-committer")

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, written: Written | WrittenFiles) -> None:
        """Hand over what was written; waits while the queue is full."""
        is_awaited = isinstance(written, Written) and written.recorded is not None
        with self._lock:
            while self._queued >= QUEUE_BOUND:
                if not self._space.wait(SLICE_S):
                    check_alive(self._thread)
            before = self._queued
            self._queued += written.count
            written.run.uncommitted += written.count
            self._queue.append(written)
            if is_awaited:
                self._urgent = True
            if self._urgent or before == 0 or before < BATCH <= self._queued:
                self._changed.notify()

    def sync_now(self) -> None:
        """Sync at once: no worker is fetching, so no further file will come."""
        with self._lock:
            self._changed.notify()

    def close(self) -> None:
        """Commit what was handed over, then end the thread."""
        with self._lock:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            join(self._thread)

    def _work(self) -> None:
        while True:
            batch = self._collect()
            for written in batch:
                run = written.run
                pending = self._pending.setdefault(run.row.number, _Pending(run=run))
                if isinstance(written, WrittenFiles):
                    pending.small.append(written)
                else:
                    pending.written.append(written)
            for number, pending in list(self._pending.items()):
                self._cycle(pending)
                if not pending.renamed:
                    del self._pending[number]
            if not batch and not self._pending and self._closed:
                return

    def _collect(self) -> list[Written | WrittenFiles]:
        """Wait for a batch; it is empty when only renames are left to be synced."""
        with self._lock:
            while not self._queue and not self._pending and not self._closed:
                self._changed.wait(IDLE_S)
            deadline = time.monotonic() + GATHER_S
            while self._queued < BATCH and not self._urgent and self._expects_company():
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._urgent = False
            batch = list(self._queue)
            self._queue.clear()
            self._queued = 0
            self._space.notify_all()
        return batch

    def _expects_company(self) -> bool:
        """False when waiting for more files to sync together would only lose time."""
        runs = {pending.run for pending in self._pending.values()}
        if self._queue:
            runs.add(self._queue[-1].run)
        return not self._closed and any(run.in_flight > 0 or run.ready for run in runs)

    def _cycle(self, pending: _Pending) -> None:
        run, written, renamed = pending.run, pending.written, pending.renamed
        whole = _whole_of(run, written, pending.small)
        pending.written, pending.small, pending.renamed = [], [], []
        parts = [entry for entry in written if entry.part is not None]
        try:
            self._make_durable(run, parts, whole, renamed)
        except S3NavError as error:
            self._stop(run, error)
        else:
            self._count_done(run, renamed)
            pending.renamed = self._rename(run, whole.items)
        finally:
            for entry in written:
                if entry.recorded is not None:
                    entry.recorded.set()
            finished = whole.count + len(parts) - len(pending.renamed) + len(renamed)
            with self._lock:
                run.uncommitted -= finished
                is_last = run.uncommitted == 0
            if is_last:
                self._schedule.attention.set()

    def _make_durable(
        self, run: JobRun, parts: list[Written], whole: WrittenFiles, renamed: list[Item]
    ) -> None:
        self._checkpoint("before sync")
        files = {entry.item.number: entry.item for entry in parts}
        for item in whole.items:
            files.pop(item.number, None)
        run.target.sync(whole.items, renamed, in_parts=files.values(), few=SYNC_SINGLY)
        self._checkpoint("after sync")
        self._journal.commit(
            synced=[
                (item.number, verified_by, item.stored_bytes, item.digest)
                for item, verified_by in zip(whole.items, whole.verifications, strict=True)
            ],
            done=[item.number for item in renamed],
            parts=[entry.part for entry in parts if entry.part is not None],
        )

    def _rename(self, run: JobRun, whole: list[Item]) -> list[Item]:
        renamed = []
        rename, checkpoint = run.target.rename, self._checkpoint
        for item in whole:
            try:
                rename(item)
            except LocalDiskError as error:
                self._cannot_rename(run, item, error)
            else:
                renamed.append(item)
            checkpoint("after rename")
        return renamed

    def _cannot_rename(self, run: JobRun, item: Item, error: LocalDiskError) -> None:
        """Fail the item; if no file of the target can be written, pause the job instead."""
        if verdict_of(error) is Verdict.PAUSE_JOB:
            self._stop(run, error)
            return
        with contextlib.suppress(LocalDiskError):
            run.target.discard(item)
        self._fail_item(run, item, error)

    def _count_done(self, run: JobRun, renamed: list[Item]) -> None:
        size_bytes = sum(item.size_bytes for item in renamed)
        with self._schedule.lock:
            run.done += len(renamed)
            run.done_bytes += size_bytes


def _whole_of(run: JobRun, written: list[Written], small: list[WrittenFiles]) -> WrittenFiles:
    """All whole files of a cycle."""
    whole = WrittenFiles(run, [], [])
    for entry in written:
        if entry.part is None:
            whole.items.append(entry.item)
            whole.verifications.append(entry.verified_by)
    for files in small:
        whole.items += files.items
        whole.verifications += files.verifications
    return whole


def complete_renames(journal: Journal, row: JobRow, target: Target) -> None:
    """Rename the files that the last run had verified and synced, if they still have their bytes.

    The others are put back: `LargeFiles` reads the recorded parts of a large file, which takes too
    long here, and another file is fetched again. Raises LocalDiskError.
    """
    after = 0
    while items := journal.window(row.number, after=after, limit=_RECOVERY_WINDOW, state=SYNCED):
        after = items[-1].number
        renamed = [item.number for item in items if _is_renamed(target, item, row.part_bytes)]
        journal.commit(done=renamed)
        for number in {item.number for item in items}.difference(renamed):
            journal.reopen(number)


def _is_renamed(target: Target, item: Item, part_bytes: int) -> bool:
    if item.stored_bytes is None and not is_whole(item.size_bytes, part_bytes):
        return False
    if target.holds(item):
        target.rename(item)
        return True
    if item.codec:
        target.discard_unpacked(item)
    else:
        target.discard(item)
    return target.holds(item, renamed=True)


def remove_unfinished(journal: Journal, row: JobRow) -> None:
    """Remove the temporary files of a cancelled job. Raises LocalDiskError."""
    with Target(row.record.target, row.record.job_id) as target:
        for state in (PENDING, FAILED):
            after = 0
            while items := journal.window(
                row.number, after=after, limit=_RECOVERY_WINDOW, state=state
            ):
                after = items[-1].number
                for item in items:
                    target.discard(item)
                journal.drop_parts([item.number for item in items])
