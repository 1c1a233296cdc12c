"""Count the requests actually sent to S3, by job, bucket and class, and look up job budgets."""

import threading
from typing import TYPE_CHECKING

from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.request_counts import (
    Usage,
    UsageBook,
    add_to,
    count_in,
    current_job_id,
)

if TYPE_CHECKING:
    from s3nav.pricing.metering.budget import Budget


class DollarMeter:
    """The request counters of one session; thread-safe. A count takes less than a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: dict[str, UsageBook] = {}
        self._budgets: dict[str, Budget] = {}

    def count_list(self, bucket: str) -> None:
        """Count a LIST that was answered."""
        with self._lock:
            self._usage(bucket, "STANDARD").lists += 1

    def count_head(self, bucket: str, storage_class: str) -> None:
        """Count an answered HEAD, or a request that costs the same."""
        with self._lock:
            self._usage(bucket, storage_class).heads += 1

    def count_get(self, bucket: str, storage_class: str, size_bytes: int) -> None:
        """Count an answered GET of `size_bytes`."""
        with self._lock:
            usage = self._usage(bucket, storage_class)
            usage.gets += 1
            usage.size_bytes += size_bytes

    def count(self, bucket: str, storage_class: str, usage: Usage) -> None:
        """Add usage that a thread collected by itself."""
        with self._lock:
            self._usage(bucket, storage_class).add(usage)

    def of(self, job_id: str) -> UsageBook:
        """Return a copy of one job's usage."""
        with self._lock:
            return {key: usage.copy() for key, usage in self._books.get(job_id, {}).items()}

    def all(self) -> UsageBook:
        """Return the usage of the whole session, with and without a job."""
        book: UsageBook = {}
        with self._lock:
            for one in self._books.values():
                add_to(book, one)
        return book

    def limit(self, job_id: str, budget: "Budget") -> None:
        """Make the requests of a job reserve from a budget."""
        self._budgets[job_id] = budget

    def budget(self) -> "Budget | None":
        """Return the budget of the job that this thread works for; None without one."""
        return self._budgets.get(current_job_id.get()) if self._budgets else None

    def _usage(self, bucket: str, storage_class: str) -> Usage:
        job_id = current_job_id.get()
        book = self._books.get(job_id)
        if book is None:
            book = self._books[job_id] = {}
        return count_in(book, bucket, storage_class)


def is_billed(error: S3NavError) -> bool:
    """True when S3 bills a failed request: it does unless the failure is S3's (HTTP 5xx).

    Source: S3 User Guide, "Billing for Amazon S3 error responses".
    """
    return not isinstance(error, UnavailableError)
