"""The facts of a scan, for every front end."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from s3nav.browse.pages import BandTotal, ObjectTotal
from s3nav.browse.scans.coverage import Coverage
from s3nav.model.places import S3Uri


class ScanState(StrEnum):
    """The state of a scan. One that is not COMPLETE has a reason and a partial coverage."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    """It ended early: interrupted, denied, or S3 did not respond."""
    CANCELLED = "cancelled"
    """The user stopped it."""


class ClassTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The objects in one storage class."""

    objects: int
    size_bytes: int


class ScanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One count of a place, finished or not."""

    scan_id: str
    place: S3Uri
    region: str | None = None
    state: ScanState
    started_at: datetime
    ended_at: datetime | None = None
    duration_s: float = 0.0
    """Of all its runs."""
    requests: int = 0
    """Of all its runs."""
    objects: int = 0
    size_bytes: int = 0
    newest_at: datetime | None = None
    oldest_at: datetime | None = None
    by_class: Mapping[str, ClassTotal] = msgspec.field(default_factory=dict)
    by_size: tuple[BandTotal, ...] = ()
    by_age: tuple[BandTotal, ...] = ()
    largest: tuple[ObjectTotal, ...] = ()
    coverage: Coverage
    reason: str = ""
    """Why it is not complete; empty when it is."""
    has_objects: bool = True
    """False when only its totals are stored: it cannot be searched or compared by object."""
    may_resume: bool = False
    """The next count of the place may resume this scan."""
    inventory: str = ""
    """The inventory manifest it was made from, as of `started_at`; empty if it was listed."""

    @property
    def is_complete(self) -> bool:
        """True when every key of the place was listed."""
        return self.state is ScanState.COMPLETE
