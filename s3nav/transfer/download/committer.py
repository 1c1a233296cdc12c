"""Make written files durable many at a time, then rename and record them.

One cycle: sync the new temporary files together with the renames of the cycle before; record both
in one transaction (the new ones LANDING, the renamed ones DONE, parts as recorded); rename the new
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
    LANDING,
    PENDING,
    Checkpoint,
    Item,
    JobRow,
    Journal,
    PartRow,
)
from s3nav.transfer.local_files import Target
from s3nav.transfer.planning import Verdict, verdict_of

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
    """Set when it is in the journal, or never will be: somebody waits for it."""

    @property
    def count(self) -> int:
        """One."""
        return 1


class WrittenFiles(msgspec.Struct, eq=False):
    """Many whole verified files under their temporary names."""

    run: JobRun
    items: list[Item]
    proofs: list[str]
    """What each was verified by."""

    @property
    def count(self) -> int:
        """How many files."""
        return len(self.items)


class _Pending(msgspec.Struct, kw_only=True):
    """What one run has on its way."""

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
        self._room = threading.Condition(self._lock)
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
        """Hand over what was written; waits while too much is on its way."""
        is_awaited = isinstance(written, Written) and written.recorded is not None
        with self._lock:
            while self._queued >= QUEUE_BOUND:
                if not self._room.wait(SLICE_S):
                    check_alive(self._thread)
            before = self._queued
            self._queued += written.count
            written.run.unsealed += written.count
            self._queue.append(written)
            if is_awaited:
                self._urgent = True
            if self._urgent or before == 0 or before < BATCH <= self._queued:
                self._changed.notify()

    def hurry(self) -> None:
        """Sync at once: no worker is fetching, so no further file will come."""
        with self._lock:
            self._changed.notify()

    def close(self) -> None:
        """Seal what was handed over, then end the thread."""
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
        """Wait for enough; nothing when only renames are left to be made durable."""
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
            self._room.notify_all()
        return batch

    def _expects_company(self) -> bool:
        """False when waiting for more to seal together would only lose time."""
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
            settled = whole.count + len(parts) - len(pending.renamed) + len(renamed)
            with self._lock:
                run.unsealed -= settled
                is_last = run.unsealed == 0
            if is_last:
                self._schedule.attention.set()

    def _make_durable(
        self, run: JobRun, parts: list[Written], whole: WrittenFiles, renamed: list[Item]
    ) -> None:
        self._checkpoint("before sync")
        files = {entry.item.number: entry.item for entry in parts}
        run.target.sync(whole.items, renamed, in_parts=files.values(), few=SYNC_SINGLY)
        self._checkpoint("after sync")
        self._journal.seal(
            landing=[
                (item.number, verified_by, item.landed_bytes, item.digest)
                for item, verified_by in zip(whole.items, whole.proofs, strict=True)
            ],
            done=[item.number for item in renamed],
            parts=[entry.part for entry in parts if entry.part is not None],
        )

    def _rename(self, run: JobRun, whole: list[Item]) -> list[Item]:
        renamed = []
        land, checkpoint = run.target.land, self._checkpoint
        for item in whole:
            try:
                land(item)
            except LocalDiskError as error:
                self._not_landed(run, item, error)
            else:
                renamed.append(item)
            checkpoint("after rename")
        return renamed

    def _not_landed(self, run: JobRun, item: Item, error: LocalDiskError) -> None:
        """Where the whole target is in trouble the item waits for the next run."""
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
            whole.proofs.append(entry.verified_by)
    for files in small:
        whole.items += files.items
        whole.proofs += files.proofs
    return whole


def complete_renames(journal: Journal, row: JobRow, target: Target) -> None:
    """Rename what was verified and durable when the last run ended, or see that it is renamed.

    What is neither is fetched again. Raises LocalDiskError.
    """
    after = 0
    while items := journal.window(row.number, after=after, limit=_RECOVERY_WINDOW, state=LANDING):
        after = items[-1].number
        landed = [item.number for item in items if _lands(target, item)]
        journal.seal(done=landed)
        for number in {item.number for item in items}.difference(landed):
            journal.reopen(number)


def _lands(target: Target, item: Item) -> bool:
    if target.has_temporary(item):
        target.land(item)
        return True
    size_bytes = item.size_bytes if item.landed_bytes is None else item.landed_bytes
    return target.stored_size(item) == size_bytes


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
