"""Run uploads and copies: the writer to S3, what to send, and parts that S3 still keeps."""

import threading
from collections.abc import Callable
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import CredentialsError, S3NavError, UsageError
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore, ObjectWriter
from s3nav.model.waits import END_S
from s3nav.transfer.jobs import Run, RunEnd, RunReports
from s3nav.transfer.journal import JobKind, JobRow, Journal
from s3nav.transfer.upload.running_upload import UploadRun, WriteItem
from s3nav.transfer.upload.unfinished_uploads import BegunUploads, JobUploads
from s3nav.transfer.upload.upload_item import ItemWriter
from s3nav.transfer.upload.upload_request import UploadOptions

WORKERS = 8


class UploadAccess(msgspec.Struct, frozen=True, kw_only=True):
    """S3 as uploads and copies use it, and what the user allows."""

    store: ObjectStore
    open_writer: Callable[[], ObjectWriter]
    """Called with the first write, and again when S3 has refused the credentials."""
    allow_write: bool
    workers: int | None = None
    """Threads of a job; None: 8."""


class UploadRunner:
    """The `Runner` of uploads and copies; each job has its own threads, all share one writer.

    `stdin` holds the standard input of planned jobs that read it.
    """

    def __init__(
        self,
        access: UploadAccess,
        journal: Journal,
        unfinished: BegunUploads,
        reports: RunReports,
    ) -> None:
        self.stdin: dict[str, BinaryIO] = {}
        self._access = access
        self._journal = journal
        self._unfinished = unfinished
        self._reports = replace(reports, stopping=self._stopping, ended=self._ended)
        self._report_stopping, self._report_ended = reports.stopping, reports.ended
        self._lock = threading.Lock()
        self._runs: dict[str, UploadRun] = {}
        self._ending: list[UploadRun] = []
        """Their ends are being recorded, by their own threads."""
        self._writer: ObjectWriter | None = None
        self._is_refused = False
        """S3 refused the writer's credentials: the next run needs a writer with new ones."""

    def prepare(self) -> None:
        """Open the writer. Raises UsageError unless writing is allowed, and what opening raises."""
        self.check_allowed()
        self._get_writer()

    def check_allowed(self) -> None:
        """Raise UsageError unless the user has allowed writing."""
        if not self._access.allow_write:
            raise UsageError(
                "s3nav only reads unless it is allowed to write",
                remedy="add `--allow-write`, or set `allow_write = true` in the settings",
                slug="read-only",
            )

    def open_run(self, row: JobRow) -> Run:
        """Open the writer, and count. Raises S3NavError."""
        run = UploadRun(
            row,
            self._journal,
            self._writer_of(row),
            self._reports,
            uploads=self._uploads_of(row),
            workers=self._access.workers or WORKERS,
        )

        def start() -> None:
            with self._lock:
                self._runs[row.record.job_id] = run
            run.start()

        return Run(start=start, stop=run.stop, close=lambda: None)

    def clean_up(self, row: JobRow) -> None:
        """Remove parts that S3 still keeps of a job, if writing is allowed. Raises S3NavError."""
        if self._access.allow_write and self._unfinished.of(row.number):
            self._uploads_of(row).abort_left()

    def clean_up_ended(self) -> int:
        """Remove parts that this S3 still keeps of ended jobs; returns how many uploads.

        Raises S3NavError, also when writing is not allowed and something is left.
        """
        count, here = 0, self._journal.connection()
        for row in self._journal.jobs():
            if here is not None and not here.same_s3(row.record.connection):
                continue
            if row.record.state.is_final and self._unfinished.of(row.number):
                self.check_allowed()
                count += self._uploads_of(row).abort_left()
        return count

    def close(self) -> None:
        """Wait for the runs, then close the writer. Twice is fine."""
        with self._lock:
            runs = [*self._runs.values(), *self._ending]
        for run in runs:
            run.join(END_S)
        self._close_writer()

    def _writer_of(self, row: JobRow) -> WriteItem:
        writer = ItemWriter(
            store=self._access.store,
            writer=self._get_writer(),
            options=msgspec.json.decode(row.options, type=UploadOptions),
            to=row.record.to or S3Uri(""),
            stdin=self.stdin.pop(row.record.job_id, None),
        )
        return writer.copy if row.record.kind is JobKind.COPY else writer.put

    def _uploads_of(self, row: JobRow) -> JobUploads:
        return JobUploads(row.number, self._unfinished, self._get_writer().abort)

    def _get_writer(self) -> ObjectWriter:
        """The writer; a new one after a refusal, once the old one is unused. Raises S3NavError."""
        with self._lock:
            if self._is_refused and not self._runs:
                self._close_writer()
            if self._writer is None:
                self._writer, self._is_refused = self._access.open_writer(), False
            return self._writer

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _stopping(self, job_id: str, error: S3NavError) -> None:
        with self._lock:
            self._is_refused |= isinstance(error, CredentialsError)
        self._report_stopping(job_id, error)

    def _ended(self, end: RunEnd) -> None:
        with self._lock:
            run = self._runs.pop(end.job_id)
            self._ending.append(run)
        self._report_ended(end)
        with self._lock:
            self._ending.remove(run)
