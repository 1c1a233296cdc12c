"""One lifecycle for every transfer job: who runs it, how it stops, how its end is recorded.

Downloads, uploads and copies start, pause, resume, cancel and end by the same rules, which are
here. What differs is behind `Runner`: how items are fetched or sent, and what a cancelled job
leaves behind. A change of state is written to the journal first and published afterwards.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError, S3NavError, UsageError
from s3nav.model.events import Event, ItemFailed, JobProgress, JobState, JobStateChanged
from s3nav.model.waits import wait_while
from s3nav.persistence import ProcessLock, holder_of
from s3nav.transfer.journal import FAILED, JobKind, JobRow, Journal

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted: s3nav ended while the job was running"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a job that a runner has opened."""

    start: Callable[[], None]
    """Begin; returns at once. From here on the run ends with one call of `RunReports.ended`."""
    stop: Callable[[JobState], bool]
    """Ask it to end as PAUSED or CANCELLED; returns at once. False when it is ending already."""
    close: Callable[[], None]
    """Release what was opened, in place of `start`."""


class RunEnd(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did, once nothing of it is under way."""

    job_id: str
    files: int
    """Fetched or sent in this run."""
    size_bytes: int
    duration_s: float
    was_stopped: bool
    """Some items may not have ended."""


class RunReports(msgspec.Struct, frozen=True, kw_only=True):
    """What runs report, from their own threads."""

    progress: Callable[[JobProgress], None]
    item_failed: Callable[[ItemFailed], None]
    stopping: Callable[[str, S3NavError], None]
    """The run of this job ends early because of an error."""
    ended: Callable[[RunEnd], None]
    """Nothing of the run is under way; all it did is in the journal."""


class Runner(Protocol):
    """Runs the jobs of one direction."""

    def prepare(self) -> None:
        """Open what all jobs of this direction share; called without a lock, as it may be slow.

        Raises UsageError when no job of this direction may start, and what opening raises.
        """
        ...

    def open_run(self, row: JobRow) -> Run:
        """Repair what an earlier run left unfinished, and get ready. Raises S3NavError."""
        ...

    def clean_up(self, row: JobRow) -> None:
        """Remove what a cancelled job left unfinished. Raises S3NavError."""
        ...

    def close(self) -> None:
        """Join all threads; every run has been asked to stop. Twice is fine."""
        ...


@dataclass(slots=True, kw_only=True)
class _Running:
    """A job that runs in this process; guarded by the lock of `Jobs`."""

    row: JobRow
    runner: Runner
    run: Run
    lock: ProcessLock
    stopping: JobState | None = None
    """The state it will end in, once the user or an error stops it."""
    again: bool = False
    """It was started again while it was stopping."""
    has_ended: bool = False
    """Nothing of the run is under way; its end is being recorded."""
    progress: JobProgress | None = None


class Jobs:
    """The jobs that this process runs; any thread may call.

    `runner_of` opens the runner of a kind of job when the first job of it is started or cancelled.
    `run_ended` is called with a job's number and id before the end of a run is recorded.
    """

    def __init__(
        self,
        journal: Journal,
        locks: Path,
        publish: Callable[[Event], None],
        *,
        runner_of: Callable[[JobKind], Runner],
        run_ended: Callable[[int, str], None] = lambda _number, _job_id: None,
    ) -> None:
        self.locks = locks
        self.publish = publish
        self.reports = RunReports(
            progress=self._progressed,
            item_failed=publish,
            stopping=self._stopping,
            ended=self._ended,
        )
        self._journal = journal
        self._runner_of = runner_of
        self._run_ended = run_ended
        self._lock = threading.RLock()
        self._settled = threading.Condition(self._lock)
        self._running: dict[str, _Running] = {}
        self._problems: dict[str, S3NavError] = {}
        self._is_closed = False

    def start(self, job_id: str) -> None:
        """Do what the job still misses, failed items included; returns at once.

        A job that is stopping goes on when it has stopped, and one whose end is being recorded does
        what failed. Raises NotFoundError, UsageError when the job is done, run by another process,
        may not write, or after `close`, and what opening the run raises.
        """
        self._refuse_when_closed()
        runner = self._runner_of(self._journal.job(job_id).record.kind)
        runner.prepare()
        with self._lock:
            self._refuse_when_closed()
            running = self._running.get(job_id)
            if running is None:
                self._begin(job_id, runner, lock_job(self.locks, job_id))
            elif (running.stopping is not None or running.has_ended) and not running.again:
                running.again = True
                self._set_state(running.row, JobState.RUNNING)

    def pause(self, job_id: str) -> None:
        """Stop; what is complete is kept. Nothing happens to a job that does not run here."""
        with self._lock:
            running = self._running.get(job_id)
            if running is not None:
                self._stop(running, JobState.PAUSED)

    def cancel(self, job_id: str) -> None:
        """Stop for good and remove what is unfinished; complete items stay.

        Nothing happens to a job that is done. Raises NotFoundError, UsageError when another process
        runs the job, and what removing raises.
        """
        with self._lock:
            running = self._running.get(job_id)
            if running is not None and not running.has_ended:
                self._stop(running, JobState.CANCELLED)
                return
            if running is not None:
                running.again = False
        self.wait(job_id)  # its end is being recorded
        self._cancel_idle(job_id)

    def wait(self, job_id: str, timeout_s: float | None = None) -> bool:
        """Wait until the job does not run here and all of it is in the journal; False: time is up.

        A job that is stopping and was started again counts as running.
        """
        return wait_while(self._settled, lambda: job_id in self._running, timeout_s)

    def problem(self, job_id: str) -> S3NavError | None:
        """The error that stopped the job's last run in this process, if one did."""
        with self._lock:
            return self._problems.get(job_id)

    def progress(self, job_id: str) -> JobProgress | None:
        """The newest progress of a job that runs here."""
        with self._lock:
            running = self._running.get(job_id)
            return running.progress if running is not None else None

    def recover(self) -> None:
        """Pause jobs whose process is gone, and drop plans that it did not complete."""
        for row in self._journal.left_running():
            job_id = row.record.job_id
            try:
                lock = lock_job(self.locks, job_id)
            except UsageError:
                continue  # its process lives
            try:
                if not self._journal.is_planned(row.number):
                    self._journal.forget(row.number)
                elif self._journal.job(job_id).record.state is JobState.RUNNING:
                    self._journal.set_state(row.number, JobState.PAUSED, INTERRUPTED)
            finally:
                lock.release()

    def close(self) -> None:
        """Ask what runs to pause; the runners are closed next. Twice is fine."""
        with self._lock:
            self._is_closed = True
            for running in self._running.values():
                try:
                    self._stop(running, JobState.PAUSED)
                except LocalDiskError as error:
                    _warn(error)

    def _refuse_when_closed(self) -> None:
        with self._lock:
            if self._is_closed:
                raise UsageError("no job is started while s3nav ends", slug="ending")

    def _begin(self, job_id: str, runner: Runner, lock: ProcessLock) -> None:
        """Open a run and start it; the job is unlocked when that fails. Raises S3NavError."""
        run = None
        try:
            row = self._journal.job(job_id)  # as its last run, perhaps of another process, left it
            if row.record.state is JobState.DONE:
                raise UsageError(f"job `{job_id}` is done", remedy="plan it again")
            run = runner.open_run(row)
            self._set_state(row, JobState.RUNNING)
        except S3NavError:
            if run is not None:
                run.close()
            lock.release()
            raise
        self._problems.pop(job_id, None)
        self._running[job_id] = _Running(row=row, runner=runner, run=run, lock=lock)
        run.start()

    def _stop(self, running: _Running, state: JobState) -> None:
        """Let a run end in `state`; a pause does not undo an earlier pause or cancel."""
        was_again, running.again = running.again, False
        if running.stopping is None and not running.has_ended:
            # False when an error stops it at this moment: what the user asked for counts.
            running.run.stop(state)
        elif not (was_again or state is JobState.CANCELLED):
            return
        running.stopping = state
        self._set_state(running.row, state)

    def _cancel_idle(self, job_id: str) -> None:
        runner = self._runner_of(self._journal.job(job_id).record.kind)
        lock = lock_job(self.locks, job_id)
        try:
            row = self._journal.job(job_id)
            if row.record.state is not JobState.DONE:
                self._set_state(row, JobState.CANCELLED)
                runner.clean_up(row)
        finally:
            lock.release()

    def _progressed(self, progress: JobProgress) -> None:
        with self._lock:
            running = self._running.get(progress.job_id)
            if running is not None:
                running.progress = progress
        self.publish(progress)

    def _stopping(self, job_id: str, error: S3NavError) -> None:
        """An error stops a run."""
        reason = f"{error.message}; {error.remedy}" if error.remedy else error.message
        with self._lock:
            running = self._running.get(job_id)
            if running is None or running.stopping is not None:
                return
            self._problems[job_id] = error
            running.stopping = JobState.PAUSED
            try:
                self._set_state(running.row, JobState.PAUSED, reason)
            except LocalDiskError as problem:
                _warn(problem)

    def _ended(self, end: RunEnd) -> None:
        """Record the end of a run, unlock the job, or begin the next run of it."""
        with self._lock:
            running = self._running[end.job_id]
            running.has_ended = True
            is_cancelled = end.was_stopped and running.stopping is JobState.CANCELLED
        if is_cancelled and not running.again:
            self._clean_up(running)  # without the lock: uploads ask S3
        with self._settled:
            try:
                self._record_end(running, end)
            except S3NavError as error:
                # The journal cannot be written: the next start finds the job as it is.
                _warn(error)
                self._problems.setdefault(end.job_id, error)
            del self._running[end.job_id]
            if running.again and not self._is_closed:
                self._begin_again(running)
            else:
                running.lock.release()
            self._settled.notify_all()

    def _clean_up(self, running: _Running) -> None:
        try:
            running.runner.clean_up(running.row)
        except S3NavError as error:
            logger.warning("something of a cancelled job stays: %s", error.message)
            with self._lock:
                self._problems.setdefault(running.row.record.job_id, error)

    def _record_end(self, running: _Running, end: RunEnd) -> None:
        """Raises LocalDiskError."""
        row = running.row
        self._run_ended(row.number, end.job_id)
        self._journal.set_run(
            row.number, files=end.files, size_bytes=end.size_bytes, seconds=end.duration_s
        )
        if not end.was_stopped:
            failed = self._journal.counts(row.number).files.get(FAILED, 0)
            reason = f"{failed} of {row.record.total_files} files failed" if failed else ""
            running.again = running.again and failed > 0
            state = JobState.FAILED if failed else JobState.DONE
            self._set_state(row, state, reason)
            if running.progress is not None:
                self.publish(replace(running.progress, state=state))

    def _begin_again(self, running: _Running) -> None:
        row = running.row
        job_id = row.record.job_id
        try:
            self._begin(job_id, running.runner, running.lock)
        except S3NavError as error:
            self._problems[job_id] = error
            try:
                self._set_state(row, JobState.PAUSED, error.message)
            except LocalDiskError as problem:
                _warn(problem)

    def _set_state(self, row: JobRow, state: JobState, reason: str = "") -> None:
        """Journal first, then the event."""
        self._journal.set_state(row.number, state, reason)
        self.publish(JobStateChanged(job_id=row.record.job_id, state=state, reason=reason))


def _warn(error: S3NavError) -> None:
    logger.warning("a job's state is not recorded: %s", error.message)


def lock_job(locks: Path, job_id: str) -> ProcessLock:
    """Take the lock of a job. Raises UsageError that names the process holding it."""
    path = locks / f"{job_id}.lock"
    try:
        lock = ProcessLock.acquire(path)
    except OSError as error:
        raise LocalDiskError(f"cannot lock `{path}`: {error.strerror}") from error
    if lock is None:
        holder = holder_of(path)
        raise UsageError(
            f"job `{job_id}` is being run by another s3nav (process {holder})",
            remedy="wait for it, or pause it there",
            slug="job-locked",
            context={"pid": holder},
        )
    return lock
