"""One running upload or copy job: its threads, its counters, its end."""

import logging
import threading
import time
from collections import deque
from typing import Protocol

import msgspec

from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.events import ItemFailed, JobProgress, JobState
from s3nav.model.places import S3Uri
from s3nav.model.waits import join
from s3nav.transfer.download import RateMeter, time_left_s
from s3nav.transfer.jobs import RunEnd, RunReports
from s3nav.transfer.journal import DONE, FAILED, SKIPPED, Item, JobKind, JobRow, Journal
from s3nav.transfer.planning import Verdict, verdict_of
from s3nav.transfer.upload.unfinished_uploads import JobUploads
from s3nav.transfer.upload.upload_item import Delivered, ItemWatch

logger = logging.getLogger(__name__)

TICK_S = 0.1
UNAVAILABLE_MAX = 5
"""The job pauses after this many items in a row that could not reach S3."""
_WINDOW = 500
_BUG = "a thread of the upload ended"


class Deliver(Protocol):
    """Sends one item."""

    def __call__(self, item: Item, watch: ItemWatch, *, look_first: bool) -> Delivered | None:
        """None when stopped. Raises S3NavError."""
        ...


class _Counters(msgspec.Struct):
    """Shared by the threads of a run, under its lock."""

    done: int = 0
    done_bytes: int = 0
    there: int = 0
    failed: int = 0
    moved_bytes: int = 0
    retries: int = 0
    slow_downs: int = 0
    under_way: int = 0
    unavailable: int = 0
    """Items in a row that could not reach S3."""


class _ItemWatch:
    """The port ``WriteWatch`` for one item of a run, and what an earlier run left of it."""

    def __init__(self, run: "UploadRun") -> None:
        self._run = run
        self._moved_bytes = 0

    @property
    def is_stopped(self) -> bool:
        return self._run.stop_state is not None

    @property
    def keeps_parts(self) -> bool:
        return self._run.stop_state is JobState.PAUSED

    def left_at(self, place: S3Uri) -> str:
        return self._run.uploads.left_at(place)

    def moved(self, count_bytes: int) -> None:
        self._moved_bytes += count_bytes
        self._run.count_moved(count_bytes)

    def retried(self, *, slow_down: bool) -> None:
        self._run.count_retry(slow_down=slow_down)

    def upload_began(self, place: S3Uri, upload_id: str) -> None:
        self._run.uploads.begin(place, upload_id)

    def upload_ended(self, upload_id: str) -> None:
        self._run.uploads.end(upload_id)

    def settle(self, real_bytes: int) -> None:
        """The item ended: what counts is what is at the target."""
        self._run.count_moved(real_bytes - self._moved_bytes)


class UploadRun:
    """Runs a job from `start` until it reports its end."""

    def __init__(
        self,
        row: JobRow,
        journal: Journal,
        deliver: Deliver,
        reports: RunReports,
        *,
        uploads: JobUploads,
        workers: int,
    ) -> None:
        self.uploads = uploads
        self.row = row
        self.stop_state: JobState | None = None
        self._ended = threading.Event()
        self._started_s = time.monotonic()
        self._journal = journal
        self._deliver = deliver
        self._reports = reports
        self._workers = workers
        self._lock = threading.RLock()
        self._count = _Counters()
        self._rate = RateMeter()
        self._ready: deque[Item] = deque()
        self._cursor = 0
        self._look_first = row.record.state is not JobState.PLANNED
        if self._look_first:
            journal.reopen_failed(row.number)
        self._before = journal.counts(row.number)
        self._conductor = threading.Thread(target=self._conduct, name="s3nav-send", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._conductor.start()

    def stop(self, state: JobState) -> bool:
        """End early; False when it is ending already."""
        with self._lock:
            if self.stop_state is not None or self._ended.is_set():
                return False
            self.stop_state = state
            return True

    def join(self, deadline_s: float) -> None:
        """Wait until its threads have ended. Raises S3NavError when they do not."""
        join(self._conductor, deadline_s)

    def count_moved(self, count_bytes: int) -> None:
        """Bytes handed over, or taken back."""
        with self._lock:
            self._count.moved_bytes += count_bytes

    def count_retry(self, *, slow_down: bool) -> None:
        """A request is tried again."""
        with self._lock:
            self._count.retries += 1
            self._count.slow_downs += slow_down

    def _progress(self) -> JobProgress:
        """The counters as front ends show them."""
        now_s = time.monotonic()
        with self._lock:
            count, record, before = self._count, self.row.record, self._before
            rate, measured_s = self._rate.sample(now_s, count.moved_bytes)
            done_bytes = before.bytes.get(DONE, 0) + count.moved_bytes
            skipped_bytes = before.bytes.get(SKIPPED, 0)
            left = max(0, record.total_bytes - skipped_bytes - done_bytes)
            return JobProgress(
                job_id=record.job_id,
                state=self.stop_state or JobState.RUNNING,
                total_files=record.total_files,
                total_bytes=record.total_bytes,
                done_files=before.files.get(DONE, 0) + count.done + count.there,
                earlier_files=before.files.get(DONE, 0),
                done_bytes=done_bytes,
                skipped_files=before.files.get(SKIPPED, 0),
                skipped_bytes=skipped_bytes,
                failed_files=before.files.get(FAILED, 0) + count.failed,
                bytes_per_s=rate,
                eta_s=time_left_s(left, rate, measured_s),
                workers=count.under_way,
                retries=count.retries,
                slow_downs=count.slow_downs,
                elapsed_s=now_s - self._started_s,
            )

    def _conduct(self) -> None:
        ended_well = False
        try:
            if self.row.record.kind is JobKind.COPY:
                self.uploads.abort_left()
            self._report_refused()
            threads = [
                threading.Thread(target=self._work, name=f"s3nav-send-{n}", daemon=True)
                for n in range(min(self._workers, max(1, self.row.record.total_files)))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(TICK_S)
                    self._reports.progress(self._progress())
            self._tidy()
            ended_well = True
        except S3NavError as error:
            self._give_up(error)
            ended_well = True
        finally:
            if not ended_well:
                self._give_up(S3NavError(_BUG, remedy="report this bug"))
            self._end()

    def _end(self) -> None:
        self._ended.set()
        self._reports.progress(self._progress())
        self._reports.ended(
            RunEnd(
                job_id=self.row.record.job_id,
                files=self._count.done,
                size_bytes=self._count.done_bytes,
                duration_s=time.monotonic() - self._started_s,
                was_stopped=self.stop_state is not None,
            )
        )

    def _give_up(self, error: S3NavError) -> None:
        """Pause the job because of an error: another item would meet it too."""
        if self.stop(JobState.PAUSED):
            self._reports.stopping(self.row.record.job_id, error)

    def _tidy(self) -> None:
        """Remove unfinished uploads of earlier runs that no job will continue."""
        if self.stop_state is not None:
            return
        try:
            self.uploads.abort_left()
        except S3NavError as error:
            logger.warning("parts of an upload stay: %s", error.message)

    def _report_refused(self) -> None:
        """What the plan has refused counts as failed, and is told."""
        after = 0
        while items := self._journal.window(
            self.row.number, after=after, limit=_WINDOW, state=FAILED
        ):
            after = items[-1].number
            for item in items:
                self._report_failed(item, "exists", "other bytes are there", exit_code=2)

    def _work(self) -> None:
        ended_well = False
        try:
            while (item := self._next()) is not None:
                self._send(item)
            ended_well = True
        except S3NavError as error:  # the journal cannot be written
            self._give_up(error)
            ended_well = True
        finally:
            if not ended_well:
                self._give_up(S3NavError(_BUG, remedy="report this bug"))

    def _next(self) -> Item | None:
        with self._lock:
            if self.stop_state is not None:
                return None
            if not self._ready:
                items = self._journal.window(self.row.number, after=self._cursor, limit=_WINDOW)
                self._ready.extend(items)
                self._cursor = items[-1].number if items else self._cursor
            return self._ready.popleft() if self._ready else None

    def _send(self, item: Item) -> None:
        watch = _ItemWatch(self)
        with self._lock:
            self._count.under_way += 1
        settled_bytes = 0
        try:
            delivered = self._deliver(item, watch, look_first=self._look_first)
            if delivered is not None:
                self._journal.seal(
                    landing=[(item.number, delivered.verified_by, None, "")], done=[item.number]
                )
                if delivered.size_bytes != item.size_bytes:
                    self._journal.set_size(item.number, delivered.size_bytes)
                settled_bytes = delivered.size_bytes
                self._count_delivered(delivered)
        except S3NavError as error:
            self._fail(item, error)
        finally:
            watch.settle(settled_bytes)
            with self._lock:
                self._count.under_way -= 1

    def _count_delivered(self, delivered: Delivered) -> None:
        with self._lock:
            self._count.unavailable = 0
            if delivered.was_there:
                self._count.there += 1
            else:
                self._count.done += 1
                self._count.done_bytes += delivered.size_bytes

    def _fail(self, item: Item, error: S3NavError) -> None:
        """Give the item up; or leave it for later and stop, when no other would fare better."""
        with self._lock:
            is_unavailable = isinstance(error, UnavailableError)
            self._count.unavailable = self._count.unavailable + 1 if is_unavailable else 0
            is_lost = self._count.unavailable >= UNAVAILABLE_MAX
            if self.stop_state is not None:
                return
        if is_lost or verdict_of(error) is Verdict.PAUSE_JOB:
            self._give_up(error)
            return
        self._journal.fail_item(item.number, f"{error.reference}: {error.message}")
        with self._lock:
            self._count.failed += 1
        self._report_failed(item, error.reference, error.message, exit_code=error.exit_code)

    def _report_failed(self, item: Item, slug: str, message: str, *, exit_code: int) -> None:
        record = self.row.record
        is_copy = record.kind is JobKind.COPY and record.to is not None
        place = S3Uri(record.to.bucket, item.local) if is_copy and record.to else item.source
        self._reports.item_failed(
            ItemFailed(
                job_id=record.job_id,
                source=str(place),
                slug=slug,
                message=message,
                exit_code=exit_code,
            )
        )
