"""Uploads and copies as front ends use them: plan, start, pause, resume, cancel, report."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from s3nav.model.errors import CredentialsError, NotFoundError, S3NavError, UsageError
from s3nav.model.events import Event, JobAdded, JobState, JobStateChanged
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore, ObjectWriter
from s3nav.model.waits import END_S, wait_while
from s3nav.persistence import Database, ProcessLock
from s3nav.transfer.journal import (
    FAILED,
    MIGRATIONS,
    JobKind,
    JobRecord,
    JobReport,
    JobRow,
    Journal,
    PlannedItem,
    lock_job,
    report_of,
)
from s3nav.transfer.planning import never
from s3nav.transfer.upload import (
    BegunUploads,
    Deliver,
    Deliverer,
    JobUploads,
    Putting,
    UploadOptions,
    UploadPlan,
    UploadPlanner,
    UploadPreview,
    UploadRequest,
    UploadRun,
    agree_to_all,
    check_wish,
    fingerprint,
    plain,
)

WORKERS = 8


class _Opened:
    """The sender, opened with the first write."""

    def __init__(self, open_writer: Callable[[], ObjectWriter]) -> None:
        self._open_writer = open_writer
        self._sender: ObjectWriter | None = None
        self.is_refused = False
        """S3 refused its credentials; a job that is resumed needs a writer with new ones."""

    def get(self, *, is_idle: bool) -> ObjectWriter:
        """The writer; a new one after a refusal, once the old one is unused. Raises S3NavError."""
        if self.is_refused and is_idle:
            self.close()
        if self._sender is None:
            self._sender, self.is_refused = self._open_writer(), False
        return self._sender

    def close(self) -> None:
        """Calling it twice is fine."""
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.close()


class Uploads:
    """The upload and copy jobs of one user, beside the downloads in the same journal.

    Methods may be called from any thread. `plan`, `preview`, `wait` and `close` block.
    """

    def __init__(
        self,
        *,
        store: ObjectStore,
        open_writer: Callable[[], ObjectWriter],
        journal_file: Path,
        publish: Callable[[Event], None],
        allow_write: bool,
        workers: int | None = None,
    ) -> None:
        self._store = store
        self._publish = publish
        self._allow_write = allow_write
        self._workers = workers or WORKERS
        self._database = Database(journal_file, MIGRATIONS)
        self._journal = Journal(self._database)
        self._locks_directory = journal_file.with_suffix(".locks")
        self._uploads = BegunUploads(self._database)
        self._planner = UploadPlanner(store, self._database, self._journal, self._locks_directory)
        self._lock = threading.RLock()
        self._settled = threading.Condition(self._lock)
        self._opened = _Opened(open_writer)
        self._runs: dict[str, UploadRun] = {}
        self._locks: dict[str, ProcessLock] = {}
        self._problems: dict[str, S3NavError] = {}
        self._stdin: dict[str, BinaryIO] = {}

    def check(self, wish: UploadRequest) -> None:
        """Raise UsageError or NotFoundError when it makes no sense or is not allowed."""
        self.check_allowed()
        check_wish(plain(wish))

    def check_allowed(self) -> None:
        """Raise UsageError unless the user has allowed writing."""
        if not self._allow_write:
            raise _read_only()

    def preview(
        self, wish: UploadRequest, each: Callable[[PlannedItem], None] = lambda _: None
    ) -> UploadPreview:
        """Say what `plan` would decide; `each` sees every item. Writes nothing."""
        return self._planner.preview(wish, each)

    def plan(
        self,
        wish: UploadRequest,
        preview: UploadPreview | None = None,
        *,
        stdin: BinaryIO | None = None,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[UploadPreview], None] = agree_to_all,
    ) -> UploadPlan:
        """Find, name and compare, and spool to the journal; nothing is written to S3.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError soon after
        `is_stopped`; no job is left behind then.
        """
        self.check(wish)
        plan = self._planner.plan(wish, preview, is_stopped=is_stopped, agree=agree)
        if stdin is not None:
            self._stdin[plan.record.job_id] = stdin
        self._publish(JobAdded(job_id=plan.record.job_id, title=plan.record.title))
        return plan

    def find_resumable(self, wish: UploadRequest) -> JobRecord | None:
        """The unfinished job of the same wish, if there is one; a stream cannot be resumed."""
        if isinstance(wish, Putting) and wish.is_stream:
            return None
        row = self._journal.resumable(fingerprint(plain(wish)))
        return None if row is None else row.record

    def start(self, job_id: str) -> None:
        """Send what is missing, failed items included; returns at once. Raises S3NavError."""
        self.check_allowed()
        with self._lock:
            if job_id in self._runs:
                return
            row = self._send_job(job_id)
            if row.record.state is JobState.DONE:
                raise UsageError(f"job `{job_id}` is done", remedy="plan it again")
            deliver = self._deliver(row)
            self._locks[job_id] = lock_job(self._locks_directory, job_id)
            try:
                run = UploadRun(
                    row,
                    self._journal,
                    deliver,
                    self._publish,
                    self._ended,
                    uploads=self._uploads_of(row),
                    workers=self._workers,
                )
                self._set_state(row, JobState.RUNNING)
            except S3NavError:
                self._locks.pop(job_id).release()
                raise
            self._problems.pop(job_id, None)
            self._runs[job_id] = run
            run.start()

    def resume(self, job_id: str) -> None:
        """Go on with a paused job: the same as `start`."""
        self.start(job_id)

    def pause(self, job_id: str) -> None:
        """Stop sending; complete objects stay, half-sent ones are aborted."""
        self._stop(job_id, JobState.PAUSED)

    def cancel(self, job_id: str) -> None:
        """Stop for good; complete objects stay. Raises UsageError when it runs elsewhere."""
        if self._stop(job_id, JobState.CANCELLED):
            return
        row = self._send_job(job_id)
        if not row.record.state.is_final:
            lock = lock_job(self._locks_directory, job_id)
            try:
                self._set_state(row, JobState.CANCELLED)
                if self._allow_write and self._uploads.of(row.number):
                    self._uploads_of(row).abort_left()
            finally:
                lock.release()

    def clear_left(self) -> int:
        """Remove what cancelled jobs left at S3, so that they can be forgotten; how many uploads.

        Raises S3NavError, also when writing is not allowed and something is left.
        """
        count = 0
        for row in self._journal.jobs():
            if row.record.state.is_final and self._uploads.of(row.number):
                self.check_allowed()
                count += self._uploads_of(row).abort_left()
        return count

    def wait(self, job_id: str, timeout_s: float | None = None) -> bool:
        """Wait until the job is final or paused; False when the time is up."""
        return wait_while(self._settled, lambda: job_id in self._runs, timeout_s)

    def problem(self, job_id: str) -> S3NavError | None:
        """The error that paused the job in this process, if one did."""
        with self._lock:
            return self._problems.get(job_id)

    def job(self, job_id: str) -> JobRecord:
        """One job. Raises NotFoundError."""
        return self._journal.job(job_id).record

    def report(self, job_id: str) -> JobReport:
        """The summary of the job's last run; `downloaded` counts what was sent."""
        row = self._journal.job(job_id)
        return report_of(row, self._journal.counts(row.number))

    def forget(self, job_id: str) -> None:
        """Remove a job that does not run."""
        self._journal.forget(self._send_job(job_id).number)

    def close(self) -> None:
        """Pause what runs, end the sender's threads, close the journal. Twice is fine."""
        with self._lock:
            running = list(self._runs.values())
        for run in running:
            self.pause(run.row.record.job_id)
        for run in running:
            run.join(END_S)
        self._opened.close()
        self._database.close()

    def _send_job(self, job_id: str) -> JobRow:
        row = self._journal.job(job_id)
        if row.record.kind is JobKind.DOWNLOAD or row.record.to is None:
            raise NotFoundError(f"job `{job_id}` is a download, not an upload or a copy")
        return row

    def _deliver(self, row: JobRow) -> Deliver:
        deliverer = Deliverer(
            store=self._store,
            sender=self._open(),
            options=msgspec.json.decode(row.options, type=UploadOptions),
            to=row.record.to or S3Uri(""),
            stdin=self._stdin.pop(row.record.job_id, None),
        )
        return deliverer.copy if row.record.kind is JobKind.COPY else deliverer.put

    def _uploads_of(self, row: JobRow) -> JobUploads:
        return JobUploads(row.number, self._uploads, self._open().abort)

    def _open(self) -> ObjectWriter:
        with self._lock:
            return self._opened.get(is_idle=not self._runs)

    def _stop(self, job_id: str, state: JobState) -> bool:
        with self._lock:
            run = self._runs.get(job_id)
            if run is None or not run.stop(state):
                return False
            self._set_state(run.row, state)
            return True

    def _ended(self, run: UploadRun) -> None:
        """Called by the run's own thread: nothing of it is in flight any more."""
        row, job_id = run.row, run.row.record.job_id
        seconds = time.monotonic() - run.started_s
        with self._settled:
            try:
                self._journal.set_run(
                    row.number, files=run.done, size_bytes=run.done_bytes, seconds=seconds
                )
                self._publish(run.progress(self._conclude(run)))
            except S3NavError as error:
                self._problems[job_id] = error
            finally:
                del self._runs[job_id]
                self._locks.pop(job_id).release()
                self._settled.notify_all()

    def _conclude(self, run: UploadRun) -> JobState:
        """Settle the job's state in the journal."""
        row, problem = run.row, run.problem
        if problem is not None:
            self._problems[row.record.job_id] = problem
            self._opened.is_refused |= isinstance(problem, CredentialsError)
            hint = f"; {problem.remedy}" if problem.remedy else ""
            self._set_state(row, JobState.PAUSED, problem.message + hint)
            return JobState.PAUSED
        if run.stop_state is not None:
            return run.stop_state
        failed = self._journal.counts(row.number).files.get(FAILED, 0)
        state = JobState.FAILED if failed else JobState.DONE
        reason = f"{failed} of {row.record.total_files} files failed" if failed else ""
        self._set_state(row, state, reason)
        return state

    def _set_state(self, row: JobRow, state: JobState, reason: str = "") -> None:
        """Journal first, then the event."""
        self._journal.set_state(row.number, state, reason)
        self._publish(JobStateChanged(job_id=row.record.job_id, state=state, reason=reason))


def _read_only() -> UsageError:
    return UsageError(
        "s3nav only reads unless it is allowed to write",
        remedy="add `--allow-write`, or set `allow_write = true` in the settings",
        slug="read-only",
    )
