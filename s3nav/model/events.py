"""What happens while s3nav works, as one closed union of frozen events."""

from enum import StrEnum

import msgspec

from s3nav.model.scrape_queries import QueryStatus, ScrapeState


class JobState(StrEnum):
    """Where a transfer job stands; kept in the journal.

    PLANNED → RUNNING ⇄ PAUSED → DONE | FAILED | CANCELLED. RUNNING found at start-up means
    interrupted, and can be resumed.
    """

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True when nothing will happen any more unless the user asks."""
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


MEASURED_S = 1.0
"""A rate of less than that is none: what it says of the time that is left would be absurd."""


class JobProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Newest counters of a job, sampled at most ten times a second."""

    job_id: str
    state: JobState
    total_files: int = 0
    total_bytes: int = 0
    done_files: int = 0
    """Files fetched and verified in this job, earlier runs of it included."""
    earlier_files: int = 0
    """Those of earlier runs among them."""
    done_bytes: int = 0
    """Bytes on disk for this job, parts of unfinished files included."""
    skipped_files: int = 0
    skipped_bytes: int = 0
    failed_files: int = 0
    bytes_per_s: float = 0.0
    eta_s: float | None = None
    """None while the rate is unknown."""
    workers: int = 0
    retries: int = 0
    slow_downs: int = 0
    """How often S3 asked to slow down."""
    elapsed_s: float = 0.0


class JobAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A job has been planned and is in the queue."""

    job_id: str
    title: str


class JobStateChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A job moved to another state; the journal already says so."""

    job_id: str
    state: JobState
    reason: str = ""
    """Why, in words for the user, when it was not the user's own wish."""


class ItemFailed(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a job was given up."""

    job_id: str
    source: str
    """The S3 URI."""
    slug: str
    message: str
    exit_code: int = 9
    """Of the error: what a command exits with when all its items failed alike."""


class ScanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Newest totals of a bucket, or of a prefix in it, being counted."""

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
    """How much is counted, 0 to 1, as an estimate; None when nobody can tell."""


class QueueReordered(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs have another order; the journal already says which."""


class ScrapeProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Newest counters of a scrape, at most ten times a second, and once at its end."""

    scrape_id: str
    state: ScrapeState
    queries_done: int = 0
    queries_known: int = 0
    """Grows until `knows_all`."""
    knows_all: bool = False
    """True once every service is looked up and no answer can lead to another query."""
    by_status: tuple[tuple[QueryStatus, int], ...] = ()
    by_service: tuple[tuple[str, int], ...] = ()
    """Documents of each service that has any."""
    newest_service: str = ""
    """The one that answered last, or could not."""
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
