"""Run downloads on shared threads: workers, the committer, and a conductor that feeds jobs."""

import logging
import random
import threading
import time
from collections.abc import Callable
from functools import partial

from s3nav.model.errors import LocalDiskError, S3NavError
from s3nav.model.events import ItemFailed, JobState
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.waits import join
from s3nav.retries import RetryBudget
from s3nav.transfer.download.committer import Committer, complete_renames, remove_unfinished
from s3nav.transfer.download.limits import (
    Bandwidth,
    EngineTuning,
    Sample,
    Throttle,
    Timetable,
    WorkerTuner,
)
from s3nav.transfer.download.running_job import (
    FinishedCheck,
    JobRun,
    Meter,
    find_lost_at_end,
    open_target,
)
from s3nav.transfer.download.scheduler import LOW_WATER, Scheduler
from s3nav.transfer.download.worker import Worker, Workshop
from s3nav.transfer.jobs import Run, RunEnd, RunReports
from s3nav.transfer.journal import Checkpoint, Item, JobRow, Journal

logger = logging.getLogger(__name__)

WINDOW = 4_000
"""Items read from the journal at once."""
TICK_S = 0.1
ORDER_EVERY_S = 0.5
"""Seconds until running jobs follow a new queue order, also one that another process made."""
QUIET_S = 5.0
"""After this many seconds without a slow-down response, one more worker may run."""


class Engine:
    """Starts its threads with the first job and joins them in `close`."""

    def __init__(
        self,
        store: ObjectStore,
        journal: Journal,
        tuning: EngineTuning,
        reports: RunReports,
        *,
        checkpoint: Checkpoint = lambda _: None,
    ) -> None:
        self._journal = journal
        self._reports = reports
        self._budget = RetryBudget()
        self.schedule = Scheduler(tuning.workers)
        self._committer = Committer(
            self.schedule,
            journal,
            self._stop,
            self._fail_item,
            guarded=self._guarded,
            checkpoint=checkpoint,
        )
        self.schedule.on_quiet = self._committer.sync_now
        self.throttle = Throttle(Timetable.parse(tuning.bandwidth), text=tuning.bandwidth)
        self._tuner = None
        if tuning.parallel is None:
            self._tuner = WorkerTuner(first=tuning.workers, most=tuning.most_workers)
        self._workers_at_first = tuning.workers
        self._shop = Workshop(
            store=store,
            schedule=self.schedule,
            committer=self._committer,
            journal=journal,
            budget=self._budget,
            throttle=self.throttle,
            retry_attempts=tuning.retry_attempts,
            stop=self._stop,
            fail_item=self._fail_item,
        )
        self._workers: list[threading.Thread] = []
        self._conductor = threading.Thread(
            target=self._guarded(self._conduct), name="s3nav-conductor"
        )
        self._closing = threading.Event()
        self._meters: dict[JobRun, Meter] = {}
        self._started = self._is_broken = False
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise S3NavError when a bug has ended a thread: nothing would fetch another job."""
        if self._is_broken:
            raise _broken()

    def start(self, run: JobRun) -> None:
        """Begin to fetch a job's items."""
        with self._lock:
            if not self._started:
                self._started = True
                self._committer.start()
                self._staff(self._workers_at_first)
                self._conductor.start()
        self._budget.refill()
        self.schedule.add(run)

    def close(self) -> None:
        """Stop every run as paused, record what is written, join all threads."""
        for run in self.schedule.runs():
            self.schedule.stop(run, JobState.PAUSED)
        self._closing.set()
        self.schedule.attention.set()
        with self._lock:
            if not self._started:
                return
        self.schedule.close()
        join(self._conductor)  # it alone starts more workers
        for thread in self._workers:
            join(thread)
        self._committer.close()

    def _conduct(self) -> None:
        next_tick_s = next_order_s = quiet_since_s = time.monotonic()
        slow_downs = 0
        while not (self._closing.is_set() and not self.schedule.runs()):
            self.schedule.attention.wait(TICK_S)
            self.schedule.attention.clear()
            now_s = time.monotonic()
            runs = self.schedule.runs()
            for run in runs:
                self._attend(run, now_s)
            if now_s < next_tick_s:
                continue
            next_tick_s = now_s + TICK_S
            if now_s >= next_order_s:
                next_order_s = now_s + ORDER_EVERY_S
                self._order(runs)
            for run in runs:
                if not run.ended.is_set():
                    self._publish(run, now_s)
            self._tune(runs, now_s)
            seen = sum(run.slow_downs for run in runs)
            if seen != slow_downs:
                slow_downs, quiet_since_s = seen, now_s
            elif now_s - quiet_since_s > QUIET_S:
                quiet_since_s = now_s
                self.schedule.speed_up()

    def _staff(self, count: int) -> None:
        """Start workers until there are `count`."""
        while len(self._workers) < count:
            index = len(self._workers)
            thread = threading.Thread(
                target=self._guarded(Worker(index, self._shop, random.Random()).work),
                name=f"s3nav-fetch-{index}",
            )
            self._workers.append(thread)
            thread.start()

    def _tune(self, runs: list[JobRun], now_s: float) -> None:
        if self._tuner is None or not runs:
            return
        active = self.schedule.active_workers
        fetched = sum(sum(run.fetched_bytes) for run in runs)
        sample = Sample(now_s=now_s, fetched_bytes=fetched, cpu_s=time.process_time())
        wanted = self._tuner.workers(sample, active=active)
        if wanted != active:
            self._staff(wanted)
            self.schedule.set_workers(wanted)

    def _attend(self, run: JobRun, now_s: float) -> None:
        """Feed a run, wake its retries, and end it when nothing is left to do."""
        if not run.is_stopping:
            self.schedule.wake_due(run, now_s)
            if run.check is not None:
                self._check(run, run.check)
            elif not run.exhausted and len(run.ready) < LOW_WATER:
                self._feed(run)
        with self.schedule.lock:
            is_idle = run.in_flight == 0 and run.uncommitted == 0
            is_over = is_idle and (run.is_stopping or run.is_through)
        if is_over:
            self._check_at_end(run)
            self._end(run)

    def _check(self, run: JobRun, check: FinishedCheck) -> None:
        """Look for some finished files of earlier runs; then the run is fed."""
        self.schedule.attention.set()
        try:
            if check.step():
                return
            run.lost_files += check.lost
            if check.lost:
                run.count_earlier(self._journal)
        except S3NavError as error:
            self._stop(run, error)
        run.check = None

    def _check_at_end(self, run: JobRun) -> None:
        if not run.is_stopping:
            problem = find_lost_at_end(self._journal, run.row, run.target)
            if problem is not None:
                self._stop(run, problem)

    def _order(self, runs: list[JobRun]) -> None:
        """Give running jobs the order of the queue."""
        if len(runs) > 1:
            self.schedule.order(self._journal.running_order())

    def _feed(self, run: JobRun) -> None:
        try:
            items = self._journal.window(run.row.number, after=run.cursor, limit=WINDOW)
        except S3NavError as error:
            self._stop(run, error)
            return
        self.schedule.feed(run, items, exhausted=len(items) < WINDOW)

    def _end(self, run: JobRun) -> None:
        if not self.schedule.remove(run):
            return
        for file in run.files:
            file.temporary.close()
        self._publish(run, time.monotonic())
        self._meters.pop(run, None)
        run.target.close()
        run.ended.set()
        self._reports.ended(
            RunEnd(
                job_id=run.row.record.job_id,
                files=run.done,
                size_bytes=run.done_bytes,
                duration_s=time.monotonic() - run.started_s,
                was_stopped=run.stop_state is not None,
            )
        )

    def _publish(self, run: JobRun, now_s: float) -> None:
        meter = self._meters.setdefault(run, Meter())
        state = run.stop_state or JobState.RUNNING
        self._reports.progress(
            meter.sample(run, state=state, workers=self.schedule.active_workers, now_s=now_s)
        )

    def _stop(self, run: JobRun, error: S3NavError) -> None:
        """Pause a run because of an error; the user may resume it when the cause is gone."""
        if self.schedule.stop(run, JobState.PAUSED, error):
            self._reports.stopping(run.row.record.job_id, error)

    def _fail_item(self, run: JobRun, item: Item, error: S3NavError) -> None:
        try:
            self._journal.fail_item(item.number, f"{error.reference}: {error.message}")
        except LocalDiskError as problem:
            self._stop(run, problem)
            return
        self.schedule.count_failed(run)
        self._reports.item_failed(
            ItemFailed(
                job_id=run.row.record.job_id,
                source=str(item.source),
                slug=error.reference,
                message=error.message,
                exit_code=error.exit_code,
            )
        )

    def _guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        """A thread's body that stops all jobs when a bug ends the thread, so that nothing hangs."""

        def body() -> None:
            ended_well = False
            try:
                work()
                ended_well = True
            finally:
                if not ended_well:
                    self._stop_all()

        return body

    def _stop_all(self) -> None:
        problem = _broken()
        self._is_broken = True
        self.schedule.close()
        for run in self.schedule.runs():
            if self.schedule.stop(run, JobState.PAUSED, problem):
                self._reports.stopping(run.row.record.job_id, problem)
            self._end(run)
        self._closing.set()


def _broken() -> S3NavError:
    return S3NavError(
        "a thread of the transfer engine ended", remedy="start s3nav again, and report this bug"
    )


class DownloadRunner:
    """The `Runner` of downloads; the jobs it runs share one engine."""

    def __init__(
        self,
        store: ObjectStore,
        journal: Journal,
        tuning: EngineTuning,
        reports: RunReports,
        *,
        checkpoint: Checkpoint = lambda _: None,
    ) -> None:
        self._journal = journal
        self._most_workers = tuning.most_workers
        self._engine = Engine(store, journal, tuning, reports, checkpoint=checkpoint)

    def prepare(self) -> None:
        """Raise S3NavError when a bug has ended a thread: nothing would fetch another job."""
        self._engine.check()

    def open_run(self, row: JobRow) -> Run:
        """Finish renames that a killed run left, and count. Raises LocalDiskError."""
        run = self._open(row)
        return Run(
            start=partial(self._engine.start, run),
            stop=partial(self._engine.schedule.stop, run),
            close=run.target.close,
        )

    def clean_up(self, row: JobRow) -> None:
        """Remove the temporary files of a cancelled job. Raises LocalDiskError."""
        if row.record.target.is_dir():  # opening a target would make it
            remove_unfinished(self._journal, row)

    def close(self) -> None:
        """Join the engine's threads. Twice is fine."""
        self._engine.close()

    def order(self) -> list[str]:
        """Job ids in the order of their turns."""
        return [run.row.record.job_id for run in self._engine.schedule.runs()]

    def bandwidth(self) -> Bandwidth:
        """The limit of all downloads together."""
        return self._engine.throttle.bandwidth()

    def limit_bandwidth(self, text: str) -> None:
        """Follow another limit from now on. Raises UsageError."""
        self._engine.throttle.change(Timetable.parse(text), text)

    def _open(self, row: JobRow) -> JobRun:
        target, lost = open_target(self._journal, row)
        is_open = False
        try:
            complete_renames(self._journal, row, target)
            self._journal.reopen_failed(row.number)
            run = JobRun(
                row=row,
                target=target,
                worker_count=self._most_workers,
                total_files=row.record.total_files,
                total_bytes=row.record.total_bytes,
                lost_files=lost,
                is_resumed=row.record.state is not JobState.PLANNED,
            )
            run.count_earlier(self._journal)
            if run.is_resumed and (run.earlier_files or run.skipped_files):
                run.check = FinishedCheck(self._journal, row, target)
            is_open = True
        finally:
            if not is_open:
                target.close()
        return run
