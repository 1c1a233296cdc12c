"""Turn the counters of a running job into the progress that front ends show."""

import time
from collections import deque

from s3nav.model.events import MEASURED_S, JobProgress, JobState
from s3nav.transfer.download.running_job import JobRun

WINDOW_S = 5.0
"""The rate is measured over this window."""


class Meter:
    """Samples one run; asked by one thread."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, run: JobRun, *, state: JobState, workers: int, now_s: float) -> JobProgress:
        """The newest progress of a run."""
        fetched = sum(run.fetched_bytes)
        self._samples.append((now_s, fetched))
        while len(self._samples) > 2 and self._samples[0][0] < now_s - WINDOW_S:
            self._samples.popleft()
        since_s, since_bytes = self._samples[0]
        span_s = now_s - since_s
        rate = max(0.0, (fetched - since_bytes) / span_s) if span_s > 0 else 0.0
        on_disk = run.earlier_bytes + fetched
        left = max(0, run.total_bytes - run.skipped_bytes - on_disk)
        return JobProgress(
            job_id=run.row.record.job_id,
            state=state,
            total_files=run.total_files,
            total_bytes=run.total_bytes,
            done_files=run.earlier_files + run.done,
            earlier_files=run.earlier_files,
            done_bytes=on_disk,
            skipped_files=run.skipped_files,
            skipped_bytes=run.skipped_bytes,
            failed_files=run.failed,
            bytes_per_s=rate,
            eta_s=time_left_s(left, rate, span_s),
            workers=min(workers, run.in_flight),
            retries=run.retries,
            slow_downs=run.slow_downs,
            elapsed_s=now_s - run.started_s,
        )


def time_left_s(left_bytes: int, bytes_per_s: float, measured_s: float) -> float | None:
    """How long the rest takes at that rate; None until the rate was measured long enough."""
    is_measured = measured_s >= MEASURED_S and bytes_per_s > 0
    return left_bytes / bytes_per_s if is_measured else None


def now() -> float:
    """The clock of all meters."""
    return time.monotonic()
