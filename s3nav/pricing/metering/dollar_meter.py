"""Count the requests actually sent to S3, by job, bucket and class, and look up job budgets."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic, TypeVar

from s3nav.middleware import get_charge
from s3nav.model.errors import BudgetError, S3NavError, UnavailableError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ObjectHead
from s3nav.model.ports.stores import Arrival, AskedBody, ObjectBody, SmallGets, SmallObject, Wanted
from s3nav.model.request_counts import (
    Charge,
    RequestKind,
    Usage,
    UsageBook,
    add_to,
    count_in,
    current_job_id,
)

if TYPE_CHECKING:
    from s3nav.pricing.metering.budget import Budget, Reserved

T = TypeVar("T")
FLUSH_EVERY = 64
"""GETs that a thread collects before it updates the meter: each update takes a lock."""
NO_BYTES = memoryview(b"")


class DollarMeter:
    """The request counters of one session. Implements ``RequestMeter``; thread-safe.

    A request counts when its response arrives. One that S3 did not answer, or answered with a
    server error, is not billed and not counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._books: dict[str, UsageBook] = {}
        self._budgets: dict[str, Budget] = {}

    def send(self, charge: Charge[T], send: Callable[[], T]) -> T:
        """Reserve the price of a request if its job has a budget, send it, and count it.

        Raises BudgetError in place of sending it.
        """
        budget = self.budget()
        return self.settle(charge, send, None if budget is None else budget.reserve(charge))

    def small_gets(self, gets: SmallGets[Wanted]) -> SmallGets[Wanted]:
        """Return the same GETs, each of which is counted."""
        return MeteredSmallGets(gets, self)

    def settle(self, charge: Charge[T], send: Callable[[], T], reserved: "Reserved | None") -> T:
        """Send a request for which `reserved` was reserved, and count it if S3 bills it."""
        storage_class, usage = DEFAULT_STORAGE_CLASS, charge.kind.usage()
        is_counted = True
        try:
            answer = send()
            storage_class, size_bytes = charge.billed(answer)
            usage = charge.kind.usage(size_bytes)
        except S3NavError as error:
            is_counted = is_billed(error)
            raise
        finally:
            self.count(charge.bucket, storage_class, usage if is_counted else None, reserved)
        return answer

    def count(
        self,
        bucket: str,
        storage_class: str,
        usage: Usage | None,
        reserved: "Reserved | None" = None,
    ) -> None:
        """Count usage, None for a request that is not billed, in place of what was reserved."""
        with nullcontext() if reserved is None else reserved.budget.counting(reserved):
            if usage is not None:
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


class RefusedArrival(Generic[Wanted]):
    """A GET that was not sent because of the budget."""

    asked: AskedBody | None = None
    content = NO_BYTES
    crc64nvme = ""
    is_plain = False
    storage_class = ""

    def __init__(self, wanted: Wanted, error: S3NavError) -> None:
        self.wanted = wanted
        self.error: S3NavError | None = error

    @property
    def head(self) -> ObjectHead:
        """Raise LookupError: there was no response."""
        raise LookupError(self.wanted.key)


class MeteredResponse:
    """A response not yet read; it is counted when its body is opened or dropped."""

    def __init__(
        self,
        asked: AskedBody,
        wanted: SmallObject,
        meter: DollarMeter,
        reserved: "Reserved | None",
    ) -> None:
        self._asked = asked
        self._wanted = wanted
        self._meter = meter
        self._reserved = reserved
        self._is_open = True

    def body(self) -> ObjectBody:
        """Wait for the body; call it once."""
        self._is_open = False
        return self._meter.settle(_charge(self._wanted), self._asked.body, self._reserved)

    def close(self) -> None:
        """Drop the response and count it: S3 had already sent it."""
        self._asked.close()
        if self._is_open:
            self._is_open = False
            wanted = self._wanted
            usage = RequestKind.GET.usage(wanted.size_bytes)
            self._meter.count(wanted.bucket, DEFAULT_STORAGE_CLASS, usage, self._reserved)


class MeteredSmallGets(Generic[Wanted]):
    """Implements ``SmallGets``. Requests dropped while under way count in full: they were sent."""

    def __init__(self, gets: SmallGets[Wanted], meter: DollarMeter) -> None:
        self._gets = gets
        self._meter = meter
        self._kind = ("", "")
        self._usage = Usage()
        """Usage of the bucket and class in `_kind` that the meter does not have yet."""
        self._bucket = ""
        """Bucket of the last request."""
        self._bytes_under_way = 0
        self._reserved: dict[int, Reserved] = {}
        """Reservations by `id()` of the object under way; empty without a budget."""
        self._refused: deque[RefusedArrival[Wanted]] = deque()

    @property
    def under_way(self) -> int:
        """Number of requests without a response yet."""
        return self._gets.under_way + len(self._refused)

    @property
    def waited_s(self) -> float:
        """Seconds spent waiting for the network."""
        return self._gets.waited_s

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each object that the budget allows; `next` returns the errors."""
        budget = self._meter.budget()
        if budget is not None:
            wanted = [one for one in wanted if self._is_allowed(one, budget)]
        if wanted:
            self._bucket = wanted[0].bucket
            self._bytes_under_way += sum([one.size_bytes for one in wanted])
            self._gets.ask(wanted)

    def next(self) -> Arrival[Wanted]:
        """Return the next response, in any order. Raises what `waiting` raises."""
        if self._refused:
            return self._refused.popleft()
        gets = self._gets
        arrival = gets.next()
        wanted = arrival.wanted
        self._bytes_under_way -= wanted.size_bytes
        if self._reserved or arrival.error is not None or arrival.asked is not None:
            self._flush()
            self._count_one(arrival)
            return arrival
        kind = (wanted.bucket, arrival.storage_class)
        if kind != self._kind:
            self._flush()
            self._kind = kind
        usage = self._usage
        usage.gets += 1
        usage.size_bytes += wanted.size_bytes
        if usage.gets >= FLUSH_EVERY or not gets.under_way:
            self._flush()
        return arrival

    def close(self) -> None:
        """Drop the requests under way and count them; free connections stay open."""
        self._refused.clear()
        self._flush()
        dropped = Usage(gets=self._gets.under_way, size_bytes=self._bytes_under_way)
        self._gets.close()
        for reserved in self._reserved.values():
            reserved.budget.release(reserved)
        self._reserved.clear()
        if dropped.gets:
            self._meter.count(self._bucket, DEFAULT_STORAGE_CLASS, dropped)
        self._bytes_under_way = 0

    def _is_allowed(self, wanted: Wanted, budget: "Budget") -> bool:
        try:
            self._reserved[id(wanted)] = budget.reserve(_charge(wanted))
        except BudgetError as error:
            self._refused.append(RefusedArrival(wanted, error))
            return False
        return True

    def _count_one(self, arrival: Arrival[Wanted]) -> None:
        wanted = arrival.wanted
        reserved = self._reserved.pop(id(wanted), None)
        if arrival.asked is not None:
            arrival.asked = MeteredResponse(arrival.asked, wanted, self._meter, reserved)
        elif arrival.error is not None:
            usage = RequestKind.GET.usage() if is_billed(arrival.error) else None
            self._meter.count(wanted.bucket, DEFAULT_STORAGE_CLASS, usage, reserved)
        else:
            usage = RequestKind.GET.usage(wanted.size_bytes)
            self._meter.count(wanted.bucket, arrival.storage_class, usage, reserved)

    def _flush(self) -> None:
        """Pass the collected usage to the meter."""
        if self._usage.gets:
            self._meter.count(*self._kind, self._usage)
            self._usage = Usage()


def _charge(wanted: SmallObject) -> Charge[ObjectBody]:
    return get_charge(wanted.bucket, wanted.size_bytes)


def is_billed(error: S3NavError) -> bool:
    """True when S3 bills a failed request: it does unless the failure is S3's (HTTP 5xx).

    Source: S3 User Guide, "Billing for Amazon S3 error responses".
    """
    return not isinstance(error, UnavailableError)
