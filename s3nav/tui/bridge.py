"""Bring events of background threads to the UI thread, ten times a second."""

from collections import deque
from collections.abc import Callable, Iterable

import msgspec
from msgspec.structs import replace

from s3nav.model.events import (
    Event,
    ItemFailed,
    JobAdded,
    JobProgress,
    JobState,
    JobStateChanged,
    ScanProgress,
    ScrapeProgress,
)
from s3nav.model.stream import EventStream
from s3nav.present.cockpit_head import Traffic
from s3nav.transfer import Bandwidth, JobRecord

DRAIN_EVERY_S = 0.1
SAMPLE_EVERY_DRAINS = 5
"""A throughput sample every half second."""
SAMPLES_KEPT = 120


class JobView(msgspec.Struct):
    """One job as the queue shows it."""

    record: JobRecord
    progress: JobProgress
    samples: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=SAMPLES_KEPT))
    """Bytes per second, oldest first."""
    last_failure: ItemFailed | None = None

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1: of the bytes, or of the files if all are empty."""
        now = self.progress
        if now.total_bytes:
            return min(1.0, (now.done_bytes + now.skipped_bytes) / now.total_bytes)
        if not now.total_files:
            return 1.0 if self.record.state is JobState.DONE else 0.0
        return min(1.0, (now.done_files + now.skipped_files) / now.total_files)


class Bridge:
    """The jobs as the cockpit knows them; all calls come from the UI thread."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._subscription = stream.subscribe()
        self._drains = 0
        self.jobs: dict[str, JobView] = {}
        """In the order of the queue."""
        self.samples: deque[float] = deque(maxlen=SAMPLES_KEPT)
        """Throughput of all jobs together, oldest first."""
        self.limit: Callable[[], Bandwidth] = Bandwidth
        """The limit of all downloads together; a function, as it depends on the time of day."""
        self.is_stale = False
        """True if the journal must be read again: a new job, an ended one, or lost events."""
        self.changes = 0
        """How many changes of a job's state have arrived."""

    def close(self) -> None:
        """Stop listening."""
        self._stream.unsubscribe(self._subscription)

    @property
    def running(self) -> int:
        """How many jobs run."""
        return sum(view.record.state is JobState.RUNNING for view in self.jobs.values())

    @property
    def traffic(self) -> Traffic:
        """All jobs together, for the header."""
        return Traffic(
            running=self.running,
            unfinished=sum(not view.record.state.is_final for view in self.jobs.values()),
            bytes_per_s=self.bytes_per_s,
            limit_bytes_per_s=self.limit().bytes_per_s,
            samples=self.samples,
        )

    @property
    def bytes_per_s(self) -> float:
        """All running jobs together."""
        return sum(
            view.progress.bytes_per_s
            for view in self.jobs.values()
            if view.record.state is JobState.RUNNING
        )

    def load(self, found: Iterable[tuple[JobRecord, JobProgress]], *, as_of: int) -> None:
        """Replace the jobs by those of the journal; keep the samples of known ones.

        `as_of` is the value of `changes` before the journal was read. If a state has changed
        since, the journal may be older than the events, and must be read again.
        """
        self.is_stale = self.is_stale or as_of != self.changes
        known, self.jobs = self.jobs, {}
        for record, progress in found:
            view = known.get(record.job_id) or JobView(record, progress)
            newest = max(view.progress, progress, key=lambda p: p.elapsed_s)
            view.record, view.progress = record, newest
            self.jobs[record.job_id] = view

    def drain(self) -> tuple[Event, ...]:
        """Return the events since the last call, after updating the jobs with them."""
        drained = self._subscription.drain()
        self.is_stale = self.is_stale or drained.dropped > 0
        for event in drained.events:
            self._apply(event)
        self._drains += 1
        if self._drains % SAMPLE_EVERY_DRAINS == 0:
            self._sample()
        return drained.events

    def _apply(self, event: Event) -> None:
        match event:
            case ScanProgress() | ScrapeProgress():
                return
            case JobAdded():
                self.is_stale = True
            case JobProgress(job_id=job_id) if job_id in self.jobs:
                self.jobs[job_id].progress = event
            case JobStateChanged(job_id=job_id) if job_id in self.jobs:
                self.changes += 1
                view = self.jobs[job_id]
                view.record = replace(view.record, state=event.state, reason=event.reason)
            case ItemFailed(job_id=job_id) if job_id in self.jobs:
                self.jobs[job_id].last_failure = event
            case _:
                self.is_stale = True

    def _sample(self) -> None:
        if not self.running:
            return
        for view in self.jobs.values():
            if view.record.state is JobState.RUNNING:
                view.samples.append(view.progress.bytes_per_s)
        self.samples.append(self.bytes_per_s)
