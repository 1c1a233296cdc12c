"""The events that s3nav publishes while it works, as one closed union."""

from enum import StrEnum

import msgspec

from s3nav.model.scrape_queries import QueryStatus, ScrapeState


class JobState(StrEnum):
    """The state of a transfer job, as stored in the journal.

    PLANNED → RUNNING ⇄ PAUSED → DONE | FAILED | CANCELLED. A job found RUNNING at start-up was
    interrupted and can be resumed.
    """

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True when the job changes only at the user's request."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


MEASURED_S = 1.0
"""Rates are not reported before this time: estimates from shorter measurements are useless."""


class JobProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Current counters of a job, published at most ten times a second."""

    job_id: str
    state: JobState
    total_files: int = 0
    total_bytes: int = 0
    done_files: int = 0
    """Files fetched and verified in this job, over all its runs."""
    earlier_files: int = 0
    """The part of `done_files` from earlier runs."""
    done_bytes: int = 0
    """Bytes on disk for this job, including parts of unfinished files."""
    skipped_files: int = 0
    skipped_bytes: int = 0
    failed_files: int = 0
    lost_files: int = 0
    """Finished in earlier runs, and gone or of another size when this one began: fetched again."""
    bytes_per_s: float = 0.0
    eta_s: float | None = None
    """None while the rate is unknown."""
    workers: int = 0
    retries: int = 0
    slow_downs: int = 0
    """Number of 503 SlowDown and 429 responses."""
    elapsed_s: float = 0.0


class JobAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A job has been planned and is in the queue."""

    job_id: str
    title: str


class JobStateChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A job changed state; the journal already has the new state."""

    job_id: str
    state: JobState
    reason: str = ""
    """The reason, as a message; empty when the user requested the change."""


class ItemFailed(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a job failed for good."""

    job_id: str
    source: str
    """The S3 URI."""
    slug: str
    message: str
    exit_code: int = 9
    """The error's exit code: the command's too when all its items failed with it."""


class ScanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Current totals of a running scan of a bucket or prefix."""

    bucket: str
    objects: int
    size_bytes: int
    requests: int
    complete: bool
    elapsed_s: float
    prefix: str = ""
    """Empty for the whole bucket."""
    scan_id: str = ""
    share: float | None = None
    """Estimated share counted, 0 to 1; None when unknown."""


class QueueReordered(msgspec.Struct, frozen=True, kw_only=True):
    """The order of the queue changed; the journal already has the new order."""


class ScrapeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Current counters of a scrape, at most ten times a second and once at its end."""

    scrape_id: str
    state: ScrapeState
    queries_done: int = 0
    queries_known: int = 0
    """Grows until `knows_all`."""
    knows_all: bool = False
    """True once no service lookup or answer can add another query."""
    by_status: tuple[tuple[QueryStatus, int], ...] = ()
    by_service: tuple[tuple[str, int], ...] = ()
    """Number of documents of each service that has any."""
    newest_service: str = ""
    """The service of the last query, whatever its result."""
    documents: int = 0
    resources: int = 0
    spooled: int = 0
    """Documents kept on the local disk because the store did not answer."""
    elapsed_s: float = 0.0


Event = (
    JobProgress
    | JobAdded
    | JobStateChanged
    | ItemFailed
    | ScanProgress
    | QueueReordered
    | ScrapeProgress
)
