"""Run downloads: repair what a killed run left, hand the job to the engine, clean up."""

from functools import partial

from s3nav.model.events import JobState
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.download.engine import Engine
from s3nav.transfer.download.limits import Bandwidth, EngineTuning, Timetable
from s3nav.transfer.download.running_job import JobRun
from s3nav.transfer.jobs import Run, RunReports
from s3nav.transfer.journal import (
    DONE,
    FAILED,
    LANDING,
    PENDING,
    SKIPPED,
    Checkpoint,
    Item,
    JobRow,
    Journal,
)
from s3nav.transfer.local_files import Target
from s3nav.transfer.planning import EXISTING_REASON

_RECOVERY_WINDOW = 1_000


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

    def check(self) -> None:
        """Reading is always allowed."""

    def open_run(self, row: JobRow) -> Run:
        """Finish renames that a killed run left, and count. Raises LocalDiskError."""
        self._engine.check()
        run = self._prepare(row)
        return Run(
            start=partial(self._engine.start, run),
            stop=partial(self._engine.schedule.stop, run),
            close=run.target.close,
        )

    def clean_up(self, row: JobRow) -> None:
        """Remove unfinished files of a cancelled job. Raises LocalDiskError."""
        with Target(row.record.target, row.record.job_id) as target:
            for state in (PENDING, FAILED):
                after = 0
                while items := self._journal.window(
                    row.number, after=after, limit=_RECOVERY_WINDOW, state=state
                ):
                    after = items[-1].number
                    for item in items:
                        target.discard(item)
                    self._journal.drop_parts([item.number for item in items])

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

    def _prepare(self, row: JobRow) -> JobRun:
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


def _lands(target: Target, item: Item) -> bool:
    if target.has_temporary(item):
        target.land(item)
        return True
    size_bytes = item.size_bytes if item.landed_bytes is None else item.landed_bytes
    return target.stored_size(item) == size_bytes
