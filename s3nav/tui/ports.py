"""What the cockpit asks of a session; `s3nav.session.Session` provides it, and a fake in tests."""

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
        """What a download would do, by thousands; writes nothing. `preview` is filled meanwhile.

        Raises S3NavError, PlanStoppedError within a second of `is_stopped`.
        """
        ...


class TransferQueue(Protocol):
    """The part of `s3nav.transfer.Transfers` the cockpit uses."""

    def plan(
        self, selection: Selection, preview: Preview, *, is_stopped: Callable[[], bool]
    ) -> JobRecord:
        """List, name local files, write the journal; `preview` is filled meanwhile. Blocks.

        Raises S3NavError, PlanStoppedError within a second of `is_stopped`.
        """
        ...

    def usage(self, job_id: str) -> JobUsage:
        """What a job was planned to ask of S3, and has asked until now."""
        ...

    def start(self, job_id: str) -> None:
        """Let the engine fetch; returns at once."""
        ...

    def pause(self, job_id: str) -> None:
        """Stop at the next safe point; can be resumed."""
        ...

    def resume(self, job_id: str) -> None:
        """Go on with a paused, interrupted or partly failed job."""
        ...

    def cancel(self, job_id: str) -> None:
        """Stop for good."""
        ...

    def jobs(self) -> list[JobRecord]:
        """All jobs of the journal, in the order of the queue."""
        ...

    def progress(self, job_id: str) -> JobProgress:
        """Counters of a job seen for the first time."""
        ...

    def items(
        self, job_id: str, *, state: ItemState | None = None, offset: int = 0, limit: int = 1000
    ) -> list[ItemRecord]:
        """A page of a job's objects."""
        ...

    def move(self, job_id: str, direction: Direction) -> tuple[int, int]:
        """Give a job another place in the queue; its new one, and how many there are."""
        ...

    @property
    def bandwidth(self) -> Bandwidth:
        """The limit of all downloads together."""
        ...

    def limit_bandwidth(self, text: str) -> None:
        """Set it, within a second; empty for none. Raises UsageError."""
        ...

    def clear_done(self) -> int:
        """Forget ended jobs; returns how many."""
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
        """Find, compare, let `agree` look, write the journal. Blocks. Raises S3NavError."""
        ...


class CockpitSession(Protocol):
    """What one run holds."""

    @property
    def settings(self) -> Settings:
        """Merged from all layers."""
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
        """The same; a request that fails is made again, but not a GET. `check` may raise."""
        ...

    def identity(self) -> "Identity":
        """Who S3 says we are. Raises CredentialsError and UnavailableError."""
        ...

    def plan_reader(self) -> PlanReading:
        """What a download would do. Raises CredentialsError."""
        ...

    def transfers(self) -> TransferQueue:
        """All jobs; uploads and copies are refused unless allowed. Raises LocalDiskError."""
        ...

    @property
    def meter(self) -> DollarMeter:
        """What S3 was really asked since the session began."""
        ...

    def estimator(self) -> Estimator:
        """What usage of S3 costs on this user's terms. Raises UsageError for odd settings."""
        ...

    def scans(self) -> Scans:
        """Counted buckets. Its calls raise LocalDiskError."""
        ...

    def prices(self) -> Prices:
        """The price list and the catalogue of it."""
        ...

    def scrapes(self) -> Scrapes:
        """Scrapes of the account. Its calls raise S3NavError."""
        ...

    def use_profile(self, name: str | None) -> None:
        """Work with another profile from now on."""
        ...


class CountBuckets(Protocol):
    """`s3nav.browse.count_buckets`, or a fake that needs no time."""

    def __call__(
        self,
        scans: Scans,
        buckets: Sequence[BucketFact],
        *,
        at_once: int,
        fresh: bool,
        is_cancelled: Callable[[], bool],
    ) -> Iterator[BucketStats]:
        """Yield each bucket's stats as it is finished."""
        ...
