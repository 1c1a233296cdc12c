"""What the cockpit needs of a session: `s3nav.session.Session`, or a fake in tests."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from s3nav.browse import BucketStats, Scans
from s3nav.model.events import JobProgress
from s3nav.model.objects import BucketFact
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.stream import EventStream
from s3nav.pricing import DollarMeter, Estimator, Prices
from s3nav.scrape import Scrapes
from s3nav.settings import Settings
from s3nav.transfer import (
    Bandwidth,
    CopyObjects,
    Direction,
    ItemRecord,
    ItemState,
    JobRecord,
    JobUsage,
    PlannedItem,
    Preview,
    Selection,
    UploadFiles,
    UploadPlan,
    UploadPreview,
)

if TYPE_CHECKING:  # the cockpit starts without them
    from s3nav.aws import Identity, ProfileFact


class PlanReading(Protocol):
    """The part of `s3nav.transfer.PlanReader` the cockpit uses."""

    def read(
        self, selection: Selection, preview: Preview, *, is_stopped: Callable[[], bool]
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield what a download would do, a page at a time; write nothing, and fill `preview`.

        Raises S3NavError, PlanStoppedError within a second of `is_stopped`.
        """
        ...


class TransferQueue(Protocol):
    """The part of `s3nav.transfer.Transfers` the cockpit uses."""

    def plan(
        self, selection: Selection, preview: Preview, *, is_stopped: Callable[[], bool]
    ) -> JobRecord:
        """List the objects, write the plan to the journal, and fill `preview` meanwhile. Blocks.

        Raises S3NavError, PlanStoppedError within a second of `is_stopped`.
        """
        ...

    def usage(self, job_id: str) -> JobUsage:
        """The requests that a job has planned, and those it has made."""
        ...

    def start(self, job_id: str) -> None:
        """Start the job; returns at once."""
        ...

    def pause(self, job_id: str) -> None:
        """Stop the job at the next safe point; it can be resumed."""
        ...

    def resume(self, job_id: str) -> None:
        """Continue a paused, interrupted or partly failed job."""
        ...

    def cancel(self, job_id: str) -> None:
        """Stop the job; it cannot be resumed, only retried."""
        ...

    def jobs(self) -> list[JobRecord]:
        """All jobs of the journal, in the order of the queue."""
        ...

    def progress(self, job_id: str) -> JobProgress:
        """The counters of a job."""
        ...

    def items(
        self, job_id: str, *, state: ItemState | None = None, offset: int = 0, limit: int = 1000
    ) -> list[ItemRecord]:
        """A page of a job's objects."""
        ...

    def move(self, job_id: str, direction: Direction) -> tuple[int, int]:
        """Move a job in the queue; return its new position and the number of jobs."""
        ...

    @property
    def bandwidth(self) -> Bandwidth:
        """The limit of all downloads together."""
        ...

    def limit_bandwidth(self, text: str) -> None:
        """Set the limit, empty for none; it takes effect within a second. Raises UsageError."""
        ...

    def clear_done(self) -> int:
        """Forget ended jobs; return how many."""
        ...

    def remove_leftovers(self) -> int:
        """Remove parts that S3 still keeps of ended uploads; how many. Raises S3NavError."""
        ...

    @property
    def uploads(self) -> "UploadPlans":
        """Plans uploads and copies. Raises what opening S3 raises."""
        ...


class UploadPlans(Protocol):
    """The part of `s3nav.transfer.Uploads` the cockpit uses."""

    def find_resumable(self, request: UploadFiles | CopyObjects) -> JobRecord | None:
        """The unfinished job of the same request, or None."""
        ...

    def plan(
        self,
        request: UploadFiles | CopyObjects,
        preview: UploadPreview,
        *,
        is_stopped: Callable[[], bool],
        agree: Callable[[UploadPreview], None],
    ) -> UploadPlan:
        """Compare source and target, call `agree`, write the journal. Blocks. Raises S3NavError."""
        ...


class CockpitSession(Protocol):
    """The parts of `s3nav.session.Session` the cockpit uses."""

    @property
    def settings(self) -> Settings:
        """The merged settings."""
        ...

    @property
    def stream(self) -> EventStream:
        """Where the engine and scans publish events."""
        ...

    def profiles(self) -> Sequence["ProfileFact"]:
        """Every profile that could be used; no network."""
        ...

    def store(self) -> ObjectStore:
        """S3 with the current credentials. Raises CredentialsError."""
        ...

    def retrying_store(self, check: Callable[[], None] = ...) -> ObjectStore:
        """The same, but failed requests are retried, except GETs. `check` may raise to stop."""
        ...

    def identity(self) -> "Identity":
        """Who S3 says we are. Raises CredentialsError and UnavailableError."""
        ...

    def plan_reader(self) -> PlanReading:
        """Reads what a download would do. Raises CredentialsError."""
        ...

    def transfers(self) -> TransferQueue:
        """All jobs; uploads and copies are refused unless allowed. Raises LocalDiskError."""
        ...

    @property
    def meter(self) -> DollarMeter:
        """The requests made since the session began."""
        ...

    def estimator(self) -> Estimator:
        """Prices usage of S3 with the user's settings. Raises UsageError for invalid ones."""
        ...

    def scans(self) -> Scans:
        """The scans. Their calls raise LocalDiskError."""
        ...

    def prices(self) -> Prices:
        """The price lists and their catalogue."""
        ...

    def scrapes(self) -> Scrapes:
        """The scrapes. Their calls raise S3NavError."""
        ...

    def use_profile(self, name: str | None) -> None:
        """Use another profile from now on."""
        ...


class CountBuckets(Protocol):
    """`s3nav.browse.count_buckets`, or a fake."""

    def __call__(
        self,
        scans: Scans,
        buckets: Sequence[BucketFact],
        *,
        at_once: int,
        fresh: bool,
        is_cancelled: Callable[[], bool],
    ) -> Iterator[BucketStats]:
        """Yield the stats of each bucket as soon as it is counted."""
        ...
