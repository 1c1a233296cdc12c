"""Which jobs this process runs: their locks, their states, and how they end."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from s3nav.model.errors import LocalDiskError, S3NavError, UsageError
from s3nav.model.events import Event, JobProgress, JobState, JobStateChanged
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.waits import wait_while
from s3nav.persistence import ProcessLock
from s3nav.transfer.download.bandwidth import Bandwidth, Timetable
from s3nav.transfer.download.engine import Engine, Reports
from s3nav.transfer.download.scheduler import JobRun
from s3nav.transfer.engine_tuning import EngineTuning
from s3nav.transfer.journal import (
    DONE,
    FAILED,
    LANDING,
    PENDING,
    SKIPPED,
    Checkpoint,
    Item,
    JobKind,
    JobRow,
    Journal,
    lock_job,
)
from s3nav.transfer.local_files import Target
from s3nav.transfer.planning import EXISTING_REASON

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted: s3nav ended while the job was running"
_RECOVERY_WINDOW = 1_000


class RunningJobs:
    """The jobs of this process that are running or draining."""

    def __init__(
        self,
        store: ObjectStore,
        journal: Journal,
        tuning: EngineTuning,
        publish: Callable[[Event], None],
        locks: Path,
        *,
        checkpoint: Checkpoint = lambda _: None,
    ) -> None:
        self.keep_usage: Callable[[int, str], None] = lambda _number, _job_id: None
        """Called with a job's number and id when a run of it ends."""
        self._journal = journal
        self._publish = publish
        self._locks_directory = locks
        self._most_workers = tuning.most_workers
        reports = Reports(
            progress=self._progressed,
            item_failed=publish,
            stopping=self._stopping,
            ended=self._ended,
        )
        self._engine = Engine(store, journal, tuning, reports, checkpoint=checkpoint)
        self._lock = threading.RLock()
        self._settled = threading.Condition(self._lock)
        self._runs: dict[str, JobRun] = {}
        self._locks: dict[str, ProcessLock] = {}
        self._problems: dict[str, S3NavError] = {}
        self._newest: dict[str, JobProgress] = {}

    def start(self, job_id: str) -> None:
        """Fetch what the job still misses, failed items included; returns at once.

        Raises UsageError when the job is done or run by another process, LocalDiskError when the
        target cannot be written.
        """
        with self._lock:
            former = self._runs.get(job_id)
            if former is not None and not former.is_stopping:
                return
            row = self._journal.job(job_id)
            _check_kind(row)
            if row.record.state is JobState.DONE:
                raise UsageError(f"job `{job_id}` is done", remedy="plan it again")
            if former is None:
                self._locks[job_id] = lock_job(self._locks_directory, job_id)
            try:
                run = self._open_run(row)
            except S3NavError:
                if former is None:
                    self._locks.pop(job_id).release()
                raise
            run.waiting_for = former
            self._problems.pop(job_id, None)
            self._runs[job_id] = run
            self._set_state(row, JobState.RUNNING)
            self._engine.start(run)

    def stop(self, job_id: str, state: JobState) -> bool:
        """Ask a running job to end as PAUSED or CANCELLED; False when it does not run here."""
        with self._lock:
            run = self._runs.get(job_id)
            if run is None or not self._engine.schedule.stop(run, state):
                return False
            self._set_state(run.row, state)
            return True

    def limit_bandwidth(self, text: str) -> None:
        """Follow another bandwidth from now on. Raises UsageError."""
        self._engine.throttle.change(Timetable.parse(text), text)

    def order(self) -> list[str]:
        """Job ids in the order of their turns."""
        return [run.row.record.job_id for run in self._engine.schedule.runs()]

    def bandwidth(self) -> Bandwidth:
        """What holds."""
        return self._engine.throttle.bandwidth()

    def cancel_idle(self, job_id: str) -> None:
        """Cancel a job that is not running. Raises UsageError when another process runs it."""
        with self._lock:
            row = self._journal.job(job_id)
            _check_kind(row)
            if row.record.state is JobState.DONE or job_id in self._runs:
                return
            lock = lock_job(self._locks_directory, job_id)
            try:
                self._set_state(row, JobState.CANCELLED)
                with Target(row.record.target, job_id) as target:
                    self._discard_temporaries(row, target)
            finally:
                lock.release()

    def wait(self, job_id: str, timeout_s: float | None) -> bool:
        """Wait until the job has ended and all of it is in the journal; False when time is up."""
        return wait_while(self._settled, lambda: job_id in self._runs, timeout_s)

    def problem(self, job_id: str) -> S3NavError | None:
        """The error that paused or failed the job in this process."""
        with self._lock:
            return self._problems.get(job_id)

    def newest(self, job_id: str) -> JobProgress | None:
        """The newest progress of a job that runs here."""
        with self._lock:
            return self._newest.get(job_id) if job_id in self._runs else None

    def close(self) -> None:
        """Pause what runs and join the engine's threads. Calling it twice is fine."""
        with self._lock:
            running = list(self._runs)
        for job_id in running:
            self.stop(job_id, JobState.PAUSED)
        self._engine.close()

    def mark_interrupted(self) -> None:
        """Give jobs whose process is gone back to the user; drop half-made plans."""
        for row in self._journal.left_running():
            job_id = row.record.job_id
            try:
                lock = lock_job(self._locks_directory, job_id)
            except UsageError:
                continue  # it lives
            try:
                if not self._journal.is_planned(row.number):
                    self._journal.forget(row.number)
                elif self._journal.job(job_id).record.state is JobState.RUNNING:
                    self._journal.set_state(row.number, JobState.PAUSED, INTERRUPTED)
            finally:
                lock.release()

    def _open_run(self, row: JobRow) -> JobRun:
        """A run with its counters; settles what an earlier run left between sync and rename."""
        is_gone = not row.record.target.is_dir()
        target = Target(row.record.target, row.record.job_id)
        is_open = False
        try:
            if is_gone:
                self._journal.reopen_lost(row.number, EXISTING_REASON)
            self._settle_landing(row, target)
            self._journal.reopen_failed(row.number)
            counts = self._journal.counts(row.number)
            earlier = counts.bytes.get(DONE, 0) + self._journal.recorded_bytes(row.number)
            is_open = True
        finally:
            if not is_open:
                target.close()
        return JobRun(
            row=row,
            target=target,
            worker_count=self._most_workers,
            total_files=row.record.total_files,
            total_bytes=row.record.total_bytes,
            skipped_files=counts.files.get(SKIPPED, 0),
            skipped_bytes=counts.bytes.get(SKIPPED, 0),
            earlier_files=counts.files.get(DONE, 0),
            earlier_bytes=earlier,
            is_resumed=row.record.state is not JobState.PLANNED,
        )

    def _settle_landing(self, row: JobRow, target: Target) -> None:
        """Items verified and durable when the last run ended: rename them, or see them renamed."""
        after = 0
        while items := self._journal.window(
            row.number, after=after, limit=_RECOVERY_WINDOW, state=LANDING
        ):
            after = items[-1].number
            landed = [item.number for item in items if _lands(target, item)]
            self._journal.seal(done=landed)
            for number in {item.number for item in items}.difference(landed):
                self._journal.reopen(number)

    def _ended(self, run: JobRun) -> None:
        """Called by the conductor: nothing of the run is in flight any more."""
        job_id = run.row.record.job_id
        with self._settled:
            try:
                self._record_end(run)
            except LocalDiskError as error:
                # The journal or the target takes no more: the next start finds the job as it is.
                logger.warning("the end of a job is not recorded: %s", error.message)
                self._problems.setdefault(job_id, error)
            if self._runs.get(job_id) is run:
                del self._runs[job_id]
                self._locks.pop(job_id).release()
            self._settled.notify_all()

    def _record_end(self, run: JobRun) -> None:
        """Raises LocalDiskError."""
        row, seconds = run.row, time.monotonic() - run.started_s
        self.keep_usage(row.number, row.record.job_id)
        self._journal.set_run(
            row.number, files=run.done, size_bytes=run.done_bytes, seconds=seconds
        )
        if run.stop_state is None:
            failed = self._journal.counts(row.number).files.get(FAILED, 0)
            reason = f"{failed} of {run.total_files} files failed" if failed else ""
            self._set_state(row, JobState.FAILED if failed else JobState.DONE, reason)
        elif run.stop_state is JobState.CANCELLED:
            self._discard_temporaries(row, run.target)

    def _stopping(self, run: JobRun) -> None:
        """Called by the engine: an error stops the run."""
        error, state = run.problem, run.stop_state
        if error is None or state is None:
            return
        reason = f"{error.message}; {error.remedy}" if error.remedy else error.message
        with self._lock:
            self._problems[run.row.record.job_id] = error
            try:
                self._set_state(run.row, state, reason)
            except LocalDiskError as problem:
                logger.warning("the journal does not know that a job stops: %s", problem.message)

    def _progressed(self, progress: JobProgress) -> None:
        with self._lock:
            self._newest[progress.job_id] = progress
        self._publish(progress)

    def _set_state(self, row: JobRow, state: JobState, reason: str = "") -> None:
        """Journal first, then the event."""
        self._journal.set_state(row.number, state, reason)
        self._publish(JobStateChanged(job_id=row.record.job_id, state=state, reason=reason))

    def _discard_temporaries(self, row: JobRow, target: Target) -> None:
        """Remove unfinished files of a cancelled job."""
        for state in (PENDING, FAILED):
            after = 0
            while items := self._journal.window(
                row.number, after=after, limit=_RECOVERY_WINDOW, state=state
            ):
                after = items[-1].number
                for item in items:
                    target.discard(item)
                self._journal.drop_parts([item.number for item in items])


def _check_kind(row: JobRow) -> None:
    """Only downloads have files to fetch and to remove. Raises UsageError."""
    if row.record.kind is not JobKind.DOWNLOAD:
        job_id, kind = row.record.job_id, row.record.kind.value
        raise UsageError(
            f"job `{job_id}` is a `{kind}`, not a download",
            remedy=f"`s3nav --headless jobs resume {job_id} --allow-write` goes on with it",
            slug="not-a-download",
        )


def _lands(target: Target, item: Item) -> bool:
    if target.has_temporary(item):
        target.land(item)
        return True
    size_bytes = item.size_bytes if item.landed_bytes is None else item.landed_bytes
    return target.stored_size(item) == size_bytes
