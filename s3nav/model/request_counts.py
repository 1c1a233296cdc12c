"""What S3 is asked for, in numbers: planned by a room, or counted while it happens."""

from contextvars import ContextVar
from typing import Self

import msgspec
from msgspec.structs import replace

FREE_BYTES_PER_REQUEST = 512 * 1024
"""Express One Zone bills the bytes of a request beyond these."""


class Usage(msgspec.Struct, kw_only=True):
    """Counters of one bucket and storage class; whoever counts is the only one that writes."""

    lists: int = 0
    gets: int = 0
    heads: int = 0
    """HEAD and everything else that costs the same."""
    objects: int = 0
    size_bytes: int = 0
    """Delivered by the GETs."""
    excess_bytes: int = 0
    """Of each GET, those beyond `FREE_BYTES_PER_REQUEST`."""

    def add(self, other: Self, sign: int = 1) -> None:
        """Take another count in, or out with a `sign` of -1."""
        self.lists += sign * other.lists
        self.gets += sign * other.gets
        self.heads += sign * other.heads
        self.objects += sign * other.objects
        self.size_bytes += sign * other.size_bytes
        self.excess_bytes += sign * other.excess_bytes

    def copy(self) -> Self:
        """The counters as they are now."""
        return replace(self)


current_job_id: ContextVar[str] = ContextVar("current_job_id", default="")
"""The job that this thread's requests are made for; empty: none."""

UsageBook = dict[tuple[str, str], Usage]
"""(bucket, storage class) to its counters."""


def count_in(book: UsageBook, bucket: str, storage_class: str) -> Usage:
    """The counters of a bucket and class, made when they are not there."""
    usage = book.get((bucket, storage_class))
    if usage is None:
        usage = book[bucket, storage_class] = Usage()
    return usage


def add_to(book: UsageBook, other: UsageBook, sign: int = 1) -> None:
    """Take all counters of another book in, or out with a `sign` of -1."""
    for (bucket, storage_class), usage in other.items():
        count_in(book, bucket, storage_class).add(usage, sign)


def excess_of(size_bytes: int, part_bytes: int | None = None) -> int:
    """Bytes beyond the free ones when an object is fetched whole, or in parts of `part_bytes`."""
    if part_bytes is None or size_bytes <= part_bytes:
        return max(0, size_bytes - FREE_BYTES_PER_REQUEST)
    parts, rest = divmod(size_bytes, part_bytes)
    of_part = max(0, part_bytes - FREE_BYTES_PER_REQUEST)
    return parts * of_part + max(0, rest - FREE_BYTES_PER_REQUEST)
