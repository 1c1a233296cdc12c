"""Counts what S3 is really asked, by job, bucket and class; and holds back what costs too much."""

import threading
from typing import TYPE_CHECKING

from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.request_counts import (
    FREE_BYTES_PER_REQUEST,
    Usage,
    UsageBook,
    account,
    add_to,
    count_in,
    excess_of,
)

if TYPE_CHECKING:
    from s3nav.pricing.metering.budget import Budget


class DollarMeter:
    """One for a session. Any thread may count and ask; a count costs less than a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: dict[str, UsageBook] = {}
        self._budgets: dict[str, Budget] = {}

    def count_list(self, bucket: str) -> None:
        """A LIST was answered."""
        with self._lock:
            self._usage(bucket, "STANDARD").lists += 1

    def count_head(self, bucket: str, storage_class: str) -> None:
        """A HEAD, or what costs the same, was answered."""
        with self._lock:
            self._usage(bucket, storage_class).heads += 1

    def count_get(self, bucket: str, storage_class: str, size_bytes: int) -> None:
        """A GET was answered with so many bytes."""
        with self._lock:
            usage = self._usage(bucket, storage_class)
            usage.gets += 1
            usage.size_bytes += size_bytes
            if size_bytes > FREE_BYTES_PER_REQUEST:
                usage.excess_bytes += excess_of(size_bytes)

    def count(self, bucket: str, storage_class: str, usage: Usage) -> None:
        """So much was answered since this thread told last."""
        with self._lock:
            self._usage(bucket, storage_class).add(usage)

    def of(self, job_id: str) -> UsageBook:
        """What was asked for one job, as it is now."""
        with self._lock:
            return {key: usage.copy() for key, usage in self._books.get(job_id, {}).items()}

    def all(self) -> UsageBook:
        """What was asked since the session began, for jobs and for no job."""
        book: UsageBook = {}
        with self._lock:
            for one in self._books.values():
                add_to(book, one)
        return book

    def limit(self, job_id: str, budget: "Budget") -> None:
        """From now on, the requests of a job ask its budget first."""
        self._budgets[job_id] = budget

    def budget(self) -> "Budget | None":
        """The budget of the job this thread works for."""
        return self._budgets.get(account.get()) if self._budgets else None

    def _usage(self, bucket: str, storage_class: str) -> Usage:
        job_id = account.get()
        book = self._books.get(job_id)
        if book is None:
            book = self._books[job_id] = {}
        return count_in(book, bucket, storage_class)


def is_billed(error: S3NavError) -> bool:
    """Whether S3 bills a request that it refused: not what it could not answer."""
    return not isinstance(error, UnavailableError)
