"""What a plan comes to: files, bytes, requests and parts, or that it was stopped."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from s3nav.model.errors import EXIT_INTERRUPTED, S3NavError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ByteRange
from s3nav.model.request_counts import (
    UsageBook,
    add_to,
    count_in,
)
from s3nav.transfer.journal import PENDING, PlannedItem
from s3nav.transfer.selection import SelectionStats

RENAMED_SHOWN = 1_000


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """An object whose path below the target is not ``bucket/key``."""

    source: str
    local: str


class Preview(msgspec.Struct, kw_only=True):
    """What a download would do."""

    fetch_files: int = 0
    fetch_bytes: int = 0
    skip_files: int = 0
    skip_bytes: int = 0
    reasons: dict[str, int] = msgspec.field(default_factory=dict)
    """Reason to the number of files skipped."""
    renamed: list[Renamed] = msgspec.field(default_factory=list)
    """The first `RENAMED_SHOWN`."""
    renamed_files: int = 0
    get_requests: int = 0
    usage: UsageBook = msgspec.field(default_factory=dict)
    """Requests and bytes of the fetch, by bucket and storage class."""
    stats: SelectionStats = msgspec.field(default_factory=SelectionStats)
    """Requests sent while listing, and what filters left out."""
    free_bytes: int | None = None
    """On the disk of the target; None if unknown."""

    @property
    def total_files(self) -> int:
        """All selected objects."""
        return self.fetch_files + self.skip_files

    @property
    def total_bytes(self) -> int:
        """Of all selected objects."""
        return self.fetch_bytes + self.skip_bytes

    @property
    def asked(self) -> UsageBook:
        """Requests and bytes of the whole job: requests sent to list it, and the fetch."""
        book = {key: usage.copy() for key, usage in self.usage.items()}
        for bucket, lists in self.stats.lists_by_bucket.items():
            count_in(book, bucket, DEFAULT_STORAGE_CLASS).lists += lists
        add_to(book, self.stats.inventory)
        return book

    def count(
        self, items: Sequence[PlannedItem], part_bytes: int, *, is_verified: bool = True
    ) -> None:
        """Add planned items; to verify an object fetched in parts, a HEAD is counted."""
        # Nearly all pages have only pending items with plain names, each fetched whole. Counting
        # such a page as a whole keeps a plan of a million objects fast (docs/performance.md).
        sizes = [item.size_bytes for item in items]
        are_plain = not any(item.state or item.local for item in items)
        if are_plain and is_whole(max(sizes, default=0), part_bytes):
            self.fetch_files += len(items)
            self.fetch_bytes += sum(sizes)
            self.get_requests += len(items)
            self._add_fetches(items, sizes)
            return
        for item in items:
            self._count(item, part_bytes, is_verified=is_verified)

    def _add_fetches(self, items: Sequence[PlannedItem], sizes: Sequence[int]) -> None:
        """Count objects of one page, each fetched whole; nearly always they have one class."""
        kinds = {(item.bucket, item.storage_class) for item in items}
        if len(kinds) > 1:
            for item in items:
                self._add_fetches([item], [item.size_bytes])
            return
        for bucket, storage_class in kinds:
            usage = count_in(self.usage, bucket, storage_class)
            usage.objects += len(items)
            usage.gets += len(items)
            usage.size_bytes += sum(sizes)

    def _count(self, item: PlannedItem, part_bytes: int, *, is_verified: bool) -> None:
        if item.state == PENDING:
            self.fetch_files += 1
            self.fetch_bytes += item.size_bytes
            if is_whole(item.size_bytes, part_bytes):
                self.get_requests += 1
                self._add_fetches([item], [item.size_bytes])
            else:
                gets = part_count(item.size_bytes, part_bytes)
                self.get_requests += gets
                usage = count_in(self.usage, item.bucket, item.storage_class)
                usage.objects += 1
                usage.gets += gets
                usage.heads += is_verified
                usage.size_bytes += item.size_bytes
        else:
            self.skip_files += 1
            self.skip_bytes += item.size_bytes
            self.reasons[item.reason] = self.reasons.get(item.reason, 0) + 1
        if item.local and not item.codec:
            self.renamed_files += 1
            if len(self.renamed) < RENAMED_SHOWN:
                source = f"s3://{item.bucket}/{item.key}"
                self.renamed.append(Renamed(source=source, local=item.local))


class PlanStoppedError(S3NavError):
    """Planning was cancelled; nothing was saved."""

    slug = "plan-stopped"
    exit_code = EXIT_INTERRUPTED

    def __init__(self, message: str = "planning was stopped; nothing was saved") -> None:
        super().__init__(message)


def never() -> bool:
    """For plans that cannot be stopped."""
    return False


def stop_check(is_stopped: Callable[[], bool]) -> Callable[[], None]:
    """A function that raises PlanStoppedError once `is_stopped` returns True."""

    def check() -> None:
        if is_stopped():
            raise PlanStoppedError

    return check


def is_whole(size_bytes: int, part_bytes: int) -> bool:
    """True when one GET fetches the whole object."""
    return size_bytes <= part_bytes


def part_count(size_bytes: int, part_bytes: int) -> int:
    """How many parts `cut` returns; an absurd size has more than fit into memory."""
    return -(-size_bytes // part_bytes)


def cut(size_bytes: int, part_bytes: int) -> list[ByteRange]:
    """The parts of an object in file order; the last may be short. None for an empty object."""
    return [
        ByteRange(start=start, stop=min(start + part_bytes, size_bytes))
        for start in range(0, size_bytes, part_bytes)
    ]


def missing(
    size_bytes: int, part_bytes: int, recorded: Iterable[tuple[int, int]]
) -> list[ByteRange]:
    """The parts of `cut` that are not recorded as (start, stop), in file order."""
    known = set(recorded)
    return [span for span in cut(size_bytes, part_bytes) if (span.start, span.stop) not in known]
