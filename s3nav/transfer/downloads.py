"""Downloads as front ends use them: plan, start, pause, resume, cancel, report."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, JobAdded, JobProgress, JobState, QueueReordered
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Database
from s3nav.retries import RequestRetries
from s3nav.transfer.download import Bandwidth, RunningJobs
from s3nav.transfer.engine_tuning import EngineTuning
from s3nav.transfer.journal import (
    DONE,
    FAILED,
    MIGRATIONS,
    SKIPPED,
    Asked,
    Checkpoint,
    Direction,
    ItemRecord,
    ItemState,
    JobRecord,
    JobReport,
    JobUsage,
    Journal,
    RequestUsage,
    StoredRow,
    mover,
    nobody_counts,
    place_of,
    report_of,
)
from s3nav.transfer.planning import (
    Planner,
    Preview,
    agree_to_all,
    fingerprint,
    never,
)
from s3nav.transfer.selection import Selection
from s3nav.transfer.upload import BegunUploads

if TYPE_CHECKING:
    from s3nav.transfer.verify_directory import CheckedFile


class Downloads:
    """All transfer jobs of one user: the journal, the engine, and the locks between processes.

    Methods may be called from any thread. `plan`, `wait` and `close` block; the others
    only read or write the journal.
    """

    def __init__(
        self,
        *,
        store: ObjectStore,
        journal_file: Path,
        publish: Callable[[Event], None],
        tuning: EngineTuning,
        checkpoint: Checkpoint = lambda _: None,
        asked: Asked = nobody_counts,
    ) -> None:
        self._publish = publish
        self._database = Database(journal_file, MIGRATIONS)
        self._journal = Journal(self._database, checkpoint=checkpoint)
        locks = journal_file.with_suffix(".locks")
        self._spending = RequestUsage(self._database, asked)
        self._store, self._tuning = store, tuning
        self._planner = Planner(store, self._journal, tuning, locks, self._spending)
        self._running = RunningJobs(
            store, self._journal, tuning, publish, locks, checkpoint=checkpoint
        )
        self._running.keep_usage = self._spending.keep
        self._running.mark_interrupted()

    def plan(
        self,
        selection: Selection,
        preview: Preview | None = None,
        *,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[Preview], None] = agree_to_all,
    ) -> JobRecord:
        """List, name and check a selection and spool it to the journal; nothing is fetched.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError within a second of
        `is_stopped`; no job is left behind then.
        """
        record = self._planner.plan(selection, preview, is_stopped=is_stopped, agree=agree)
        self._publish(JobAdded(job_id=record.job_id, title=record.title))
        return record

    def start(self, job_id: str) -> None:
        """Fetch what the job still misses, failed items included; returns at once.

        Raises UsageError when the job is done or run by another process, LocalDiskError when the
        target cannot be written.
        """
        self._running.start(job_id)

    def pause(self, job_id: str) -> None:
        """Stop fetching; what is durable is kept. Nothing happens to a job that does not run."""
        self._running.stop(job_id, JobState.PAUSED)

    def resume(self, job_id: str) -> None:
        """Go on with a paused job: the same as `start`."""
        self._running.start(job_id)

    def cancel(self, job_id: str) -> None:
        """Stop for good and remove unfinished files; finished ones stay."""
        if not self._running.stop(job_id, JobState.CANCELLED):
            self._running.cancel_idle(job_id)

    def move(self, job_id: str, direction: Direction) -> tuple[int, int]:
        """Move a job in the queue; returns its place, from 1, and how many jobs have not ended.

        Running jobs follow within a second, also those of another process: the highest has the
        first choice in two of three turns. Raises NotFoundError and UsageError.
        """
        self._journal.reorder(mover(job_id, direction))
        self._publish(QueueReordered())
        return place_of(self._journal.jobs(), job_id)

    def running_order(self) -> list[str]:
        """The jobs that run here, in the order in which they are given turns."""
        return self._running.order()

    @property
    def bandwidth(self) -> Bandwidth:
        """The limit of all jobs, as it was written and as it holds now."""
        return self._running.bandwidth()

    def limit_bandwidth(self, text: str) -> None:
        """Keep all jobs below ``50MB/s`` or a timetable within a second; empty for no limit.

        Raises UsageError.
        """
        self._running.limit_bandwidth(text)

    def wait(self, job_id: str, timeout_s: float | None = None) -> bool:
        """Wait until the job is final or paused and all of it is in the journal."""
        return self._running.wait(job_id, timeout_s)

    def problem(self, job_id: str) -> S3NavError | None:
        """The error that paused or failed the job in this process, if one did."""
        return self._running.problem(job_id)

    def find_resumable(self, selection: Selection) -> JobRecord | None:
        """The unfinished job of the same selection and target, if there is one."""
        row = self._journal.resumable(fingerprint(selection))
        return None if row is None else row.record

    def jobs(self) -> list[JobRecord]:
        """All jobs in the order of the queue; new ones are put at its end."""
        return [row.record for row in self._journal.jobs()]

    def job(self, job_id: str) -> JobRecord:
        """One job. Raises NotFoundError."""
        return self._journal.job(job_id).record

    def progress(self, job_id: str) -> JobProgress:
        """The newest progress; of a job that does not run here, what the journal says."""
        newest = self._running.newest(job_id)
        if newest is not None:
            return newest
        row = self._journal.job(job_id)
        counts = self._journal.counts(row.number)
        return JobProgress(
            job_id=job_id,
            state=row.record.state,
            total_files=row.record.total_files,
            total_bytes=row.record.total_bytes,
            done_files=counts.files.get(DONE, 0),
            done_bytes=counts.bytes.get(DONE, 0) + self._journal.recorded_bytes(row.number),
            skipped_files=counts.files.get(SKIPPED, 0),
            skipped_bytes=counts.bytes.get(SKIPPED, 0),
            failed_files=counts.files.get(FAILED, 0),
            elapsed_s=row.run_s,
        )

    def items(
        self, job_id: str, *, state: ItemState | None = None, offset: int = 0, limit: int = 1000
    ) -> list[ItemRecord]:
        """A page of the job's items in the order of the plan."""
        row = self._journal.job(job_id)
        return self._journal.items(row, state=state, offset=offset, limit=limit)

    def usage(self, job_id: str) -> JobUsage:
        """What the job was planned to ask of S3, and has asked until now."""
        return self._spending.of(self._journal.job(job_id))

    def report(self, job_id: str) -> JobReport:
        """The summary of the job's last run."""
        row = self._journal.job(job_id)
        return report_of(row, self._journal.counts(row.number))

    def stored_files(self, bucket: str, key: str) -> list[StoredRow]:
        """The files that came from an object and whose own checksum was kept, newest first."""
        return self._journal.landed(bucket, key)

    def check_tree(
        self, directory: Path, place: S3Uri, *, requester_pays: bool = False
    ) -> "Iterator[CheckedFile]":
        """Compare a download directory with what is at `place`; fetches no object.

        Raises while it is read: NotFoundError when nothing is there, and what the store raises.
        """
        from s3nav.transfer.verify_directory import TreeCheck  # noqa: PLC0415  # no download needs it

        retries = RequestRetries(self._tuning.retry_attempts)
        store = StoreMiddleware(lambda: self._store, retries=retries)
        check = TreeCheck(store, self._journal.landed, self._tuning.workers)
        return check.check(directory, place, requester_pays=requester_pays)

    def has_uploads_left(self) -> bool:
        """True when S3 may keep parts of uploads that were killed; `Uploads` removes them."""
        return BegunUploads(self._database).has_any()

    def clear_done(self) -> int:
        """Forget jobs that are done or cancelled; returns how many."""
        finished = self._journal.finished()
        for row in finished:
            self._journal.forget(row.number)
        return len(finished)

    def close(self) -> None:
        """Pause what runs, join the engine's threads, close the journal. Twice is fine."""
        self._running.close()
        self._planner.close()
        self._database.close()
