"""Transfer jobs as front ends use them: start, pause, resume, cancel, follow; plan downloads."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.middleware import StoreMiddleware
from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.events import Event, JobAdded, JobProgress, QueueReordered
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Database
from s3nav.retries import RequestRetries
from s3nav.transfer.download import Bandwidth, DownloadRunner, EngineTuning
from s3nav.transfer.jobs import Jobs, Runner
from s3nav.transfer.journal import (
    DONE,
    FAILED,
    MIGRATIONS,
    SKIPPED,
    Checkpoint,
    ConnectionOf,
    Direction,
    ItemRecord,
    ItemState,
    JobKind,
    JobRecord,
    JobReport,
    JobUsage,
    Journal,
    RequestsOf,
    RequestUsage,
    StoredRow,
    mover,
    place_of,
    refuse_other_s3,
    report_of,
    uncounted,
)
from s3nav.transfer.planning import (
    Planner,
    Preview,
    accept_any_plan,
    fingerprint,
    never,
)
from s3nav.transfer.selection import Selection
from s3nav.transfer.upload import BegunUploads

if TYPE_CHECKING:
    from s3nav.transfer.upload import UploadAccess
    from s3nav.transfer.uploads import Uploads
    from s3nav.transfer.verify_directory import CheckedFile


def _no_access() -> "UploadAccess":
    raise UsageError("uploads are not possible here", slug="no-uploads")


class Transfers:
    """All transfer jobs of one user; plans downloads, and `uploads` plans the others.

    Methods may be called from any thread. `plan`, `wait` and `close` block; the others
    only read or write the journal.
    """

    def __init__(  # noqa: PLR0913  # each of its own kind; most callers give four
        self,
        *,
        store: ObjectStore,
        journal_file: Path,
        publish: Callable[[Event], None],
        tuning: EngineTuning,
        upload_access: Callable[[], "UploadAccess"] = _no_access,
        checkpoint: Checkpoint = lambda _: None,
        requests_of: RequestsOf = uncounted,
        connection: ConnectionOf = lambda: None,
    ) -> None:
        """`connection` is which S3 `store` is; jobs record it, and those of another are refused."""
        self._publish = publish
        self._database = Database(journal_file, MIGRATIONS)
        self._journal = Journal(self._database, checkpoint=checkpoint, connection=connection)
        self.targets = self._journal.targets
        """What is known of download directories."""
        self._usage = RequestUsage(self._database, requests_of)
        self._store, self._tuning = store, tuning
        self._jobs = Jobs(
            self._journal,
            journal_file.with_suffix(".locks"),
            publish,
            runner_of=self._runner_of,
            run_ended=self._usage.keep,
        )
        self._downloads = DownloadRunner(
            store, self._journal, tuning, self._jobs.reports, checkpoint=checkpoint
        )
        self._planner = Planner(
            store,
            self._journal,
            self._jobs.locks,
            self._usage,
            part_bytes=tuning.part_bytes,
            retry_attempts=tuning.retry_attempts,
        )
        self._lock = threading.Lock()
        self._upload_access = upload_access
        self._uploads: Uploads | None = None
        self._jobs.recover()

    @property
    def uploads(self) -> "Uploads":
        """Plans uploads and copies. Raises what opening S3 raises."""
        with self._lock:
            if self._uploads is None:
                from s3nav.transfer.uploads import Uploads  # noqa: PLC0415  # no download needs it

                access = self._upload_access()
                self._uploads = Uploads(self._database, self._journal, self._jobs, access)
            return self._uploads

    def plan(
        self,
        selection: Selection,
        preview: Preview | None = None,
        *,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[Preview], None] = accept_any_plan,
    ) -> JobRecord:
        """List, name and check a selection and spool it to the journal; nothing is fetched.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError within a second of
        `is_stopped`; no job is left behind then.
        """
        record = self._planner.plan(selection, preview, is_stopped=is_stopped, agree=agree)
        self._publish(JobAdded(job_id=record.job_id, title=record.title))
        return record

    def plan_more(self, job_id: str, selection: Selection) -> Preview:
        """List the selection of a job that is done once more, and add what is new to the job.

        Without anything new the job stays done. Raises as `plan` does.
        """
        return self._planner.extend(self._journal.job(job_id), selection)

    def start(self, job_id: str) -> None:
        """Do what the job still misses, failed items included; returns at once.

        A job that is stopping goes on when it has stopped. Raises NotFoundError, UsageError when
        the job is done, run by another process or may not write, LocalDiskError when the target
        cannot be written, and what opening S3 raises. A job of another S3 is refused.
        """
        refuse_other_s3(self._journal.job(job_id), self._journal.connection())
        self._jobs.start(job_id)

    def pause(self, job_id: str) -> None:
        """Stop; what is complete is kept. Nothing happens to a job that does not run here."""
        self._jobs.pause(job_id)

    def resume(self, job_id: str) -> None:
        """Go on with a paused job: the same as `start`."""
        self.start(job_id)

    def cancel(self, job_id: str) -> None:
        """Stop for good and remove what is unfinished, here and at S3; complete items stay.

        Raises UsageError when another process runs the job, or it is an upload to another S3.
        """
        row = self._journal.job(job_id)
        if row.record.kind is not JobKind.DOWNLOAD:  # of a download, nothing is left at S3
            refuse_other_s3(row, self._journal.connection())
        self._jobs.cancel(job_id)

    def move(self, job_id: str, direction: Direction) -> tuple[int, int]:
        """Move a job in the queue; returns its place, from 1, and how many jobs have not ended.

        Running jobs follow within a second, also those of another process: the top job gets two
        thirds of the turns. Raises NotFoundError and UsageError.
        """
        self._journal.reorder(mover(job_id, direction))
        self._publish(QueueReordered())
        return place_of(self._journal.jobs(), job_id)

    def running_order(self) -> list[str]:
        """The downloads that run here, in the order in which they are given turns."""
        return self._downloads.order()

    @property
    def bandwidth(self) -> Bandwidth:
        """The limit of all downloads, as it was written and as it holds now."""
        return self._downloads.bandwidth()

    def limit_bandwidth(self, text: str) -> None:
        """Keep all downloads below ``50MB/s`` or a timetable within a second; empty for no limit.

        Raises UsageError.
        """
        self._downloads.limit_bandwidth(text)

    def wait(self, job_id: str, timeout_s: float | None = None) -> bool:
        """Wait until the job is final or paused and all of it is in the journal."""
        return self._jobs.wait(job_id, timeout_s)

    def problem(self, job_id: str) -> S3NavError | None:
        """The error that paused or failed the job in this process, if one did."""
        return self._jobs.problem(job_id)

    def find_resumable(self, selection: Selection) -> JobRecord | None:
        """The unfinished job of the same selection, S3 and target, if there is one.

        An earlier release did not record the S3: its jobs are taken for those of this one.
        """
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
        newest = self._jobs.progress(job_id)
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
        """The requests that the job was planned to make and has made until now."""
        return self._usage.of(self._journal.job(job_id))

    def report(self, job_id: str) -> JobReport:
        """The summary of the job's last run."""
        row = self._journal.job(job_id)
        return report_of(row, self._journal.counts(row.number))

    def stored_files(self, bucket: str, key: str) -> list[StoredRow]:
        """The files that came from an object and whose own checksum was kept, newest first."""
        return self._journal.stored_files(bucket, key)

    def check_tree(
        self, directory: Path, place: S3Uri, *, requester_pays: bool = False
    ) -> "Iterator[CheckedFile]":
        """Compare a download directory with what is at `place`; fetches no object.

        Raises while it is read: NotFoundError when nothing is there, and what the store raises.
        """
        from s3nav.transfer.verify_directory import TreeCheck  # noqa: PLC0415  # no download needs it

        retries = RequestRetries(self._tuning.retry_attempts)
        store = StoreMiddleware(lambda: self._store, retries=retries)
        check = TreeCheck(store, self._journal.stored_files, self._tuning.workers)
        return check.check(directory, place, requester_pays=requester_pays)

    def remove_leftovers(self) -> int:
        """Remove parts that S3 still keeps of ended uploads; returns how many uploads.

        Raises UsageError when writing is not allowed and something is left, and what S3 raises.
        """
        if not BegunUploads(self._database).has_any():
            return 0
        return self.uploads.runner.clean_up_ended()

    def clear_done(self) -> int:
        """Forget jobs that are done or cancelled and have left nothing; returns how many."""
        finished = self._journal.finished()
        for row in finished:
            self._journal.forget(row.number)
        return len(finished)

    def forget(self, job_id: str) -> None:
        """Remove a job that does not run. Raises NotFoundError."""
        self._journal.forget(self._journal.job(job_id).number)

    def close(self) -> None:
        """Pause what runs, join all threads, close the journal. Twice is fine."""
        self._jobs.close()
        self._downloads.close()
        if self._uploads is not None:
            self._uploads.runner.close()
        self._planner.close()
        self._database.close()

    def _runner_of(self, kind: JobKind) -> Runner:
        return self._downloads if kind is JobKind.DOWNLOAD else self.uploads.runner
