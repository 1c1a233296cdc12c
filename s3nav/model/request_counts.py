"""Numbers of requests to S3, planned or counted as they happen."""

from collections.abc import Callable
from contextvars import ContextVar
from enum import Enum
from typing import Generic, Self, TypeVar

import msgspec
from msgspec.structs import replace

T = TypeVar("T")


class Usage(msgspec.Struct, kw_only=True):
    """Counters of one bucket and storage class; only one thread may write to them."""

    lists: int = 0
    gets: int = 0
    heads: int = 0
    """HEAD and other requests at the same price."""
    objects: int = 0
    size_bytes: int = 0
    """Bytes delivered by the GETs."""

    def add(self, other: Self, sign: int = 1) -> None:
        """Add another count, or subtract it with a `sign` of -1."""
        self.lists += sign * other.lists
        self.gets += sign * other.gets
        self.heads += sign * other.heads
        self.objects += sign * other.objects
        self.size_bytes += sign * other.size_bytes

    def copy(self) -> Self:
        """Return a copy."""
        return replace(self)


class RequestKind(Enum):
    """Requests with different prices."""

    LIST = "list"
    GET = "get"
    HEAD = "head"
    """HEAD and other requests at the same price."""

    def usage(self, size_bytes: int = 0) -> Usage:
        """Return the usage of one request; `size_bytes` are those that a GET delivers."""
        match self:
            case RequestKind.LIST:
                return Usage(lists=1)
            case RequestKind.HEAD:
                return Usage(heads=1)
            case RequestKind.GET:
                return Usage(gets=1, size_bytes=size_bytes)


class Charge(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """How S3 bills one request, whose answer is a `T`."""

    kind: RequestKind
    bucket: str
    expected_bytes: int | None = None
    """What a GET will deliver; None when that is not known before its answer."""
    billed: Callable[[T], tuple[str, int]]
    """Returns the storage class of an answer and its bytes: 0, except for a GET."""


current_job_id: ContextVar[str] = ContextVar("current_job_id", default="")
"""The job that this thread's requests belong to; empty for none."""

UsageBook = dict[tuple[str, str], Usage]
"""Maps (bucket, storage class) to its counters."""


def count_in(book: UsageBook, bucket: str, storage_class: str) -> Usage:
    """Return the counters of a bucket and class, created if missing."""
    usage = book.get((bucket, storage_class))
    if usage is None:
        usage = book[bucket, storage_class] = Usage()
    return usage


def add_to(book: UsageBook, other: UsageBook, sign: int = 1) -> None:
    """Add all counters of another book, or subtract them with a `sign` of -1."""
    for (bucket, storage_class), usage in other.items():
        count_in(book, bucket, storage_class).add(usage, sign)
