"""What choosing objects cost and what it left out, counted while it goes on."""

from datetime import datetime

import msgspec

from s3nav.model.request_counts import UsageBook

MISSING_SHOWN = 20


class SelectionStats(msgspec.Struct, kw_only=True):
    """Counters of one selection; the thread that chooses is the only one that writes."""

    list_requests: int = 0
    lists_by_bucket: dict[str, int] = msgspec.field(default_factory=dict)
    """The same, by bucket."""
    inventory_at: datetime | None = None
    """As of when the inventory tells that was read in place of a listing. Aware, UTC."""
    inventory: UsageBook = msgspec.field(default_factory=dict)
    """What reading it has asked S3 for."""
    head_requests: int = 0
    """Of versions that a manifest names."""
    listed_files: int = 0
    """Objects the sources name, before the filters."""
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    """Why filters left objects out, with how many."""
    date_patterns: dict[str, str] = msgspec.field(default_factory=dict)
    """Source to the pattern its keys' dates were found to follow."""
    missing: list[str] = msgspec.field(default_factory=list)
    """The first objects that a manifest names and the bucket does not have."""
    missing_files: int = 0
    denied: list[str] = msgspec.field(default_factory=list)
    """Sources left out because the credentials may not list them."""

    @property
    def left_out_files(self) -> int:
        """Objects that filters refused."""
        return sum(self.left_out.values())

    def ask(self, bucket: str) -> None:
        """Count a LIST request."""
        self.list_requests += 1
        self.lists_by_bucket[bucket] = self.lists_by_bucket.get(bucket, 0) + 1

    def leave_out(self, reason: str, files: int) -> None:
        """Count objects that a filter refused."""
        if files:
            self.left_out[reason] = self.left_out.get(reason, 0) + files

    def miss(self, source: str) -> None:
        """Count an object that is not there."""
        self.missing_files += 1
        if len(self.missing) < MISSING_SHOWN:
            self.missing.append(source)
