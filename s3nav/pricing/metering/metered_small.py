"""Count GETs of small objects as their responses arrive."""

from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic

from s3nav.model.errors import BudgetError, S3NavError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, GetRequest, ObjectHead
from s3nav.model.ports.stores import Arrival, AskedBody, ObjectBody, SmallGets, SmallObject, Wanted
from s3nav.model.request_counts import Usage
from s3nav.pricing.metering.dollar_meter import DollarMeter, is_billed

if TYPE_CHECKING:
    from s3nav.pricing.metering.budget import Budget, Reserved

FLUSH_EVERY = 64
"""GETs that a thread collects before it updates the meter: each update takes a lock."""
NO_BYTES = memoryview(b"")


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
        try:
            body = self._asked.body()
        except S3NavError as error:
            size_bytes = 0 if is_billed(error) else None
            count(self._meter, self._wanted, self._reserved, size_bytes)
            raise
        count(self._meter, self._wanted, self._reserved, body.length_bytes, body.head.storage_class)
        return body

    def close(self) -> None:
        """Drop the response and count it: S3 had already sent it."""
        self._asked.close()
        if self._is_open:
            self._is_open = False
            count(self._meter, self._wanted, self._reserved, self._wanted.size_bytes)


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
        request = GetRequest(bucket=wanted.bucket, key=wanted.key, expected_bytes=wanted.size_bytes)
        try:
            self._reserved[id(wanted)] = budget.reserve_get(request)
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
            count(self._meter, wanted, reserved, 0 if is_billed(arrival.error) else None)
        else:
            count(self._meter, wanted, reserved, wanted.size_bytes, arrival.storage_class)

    def _flush(self) -> None:
        """Pass the collected usage to the meter."""
        if self._usage.gets:
            self._meter.count(*self._kind, self._usage)
            self._usage = Usage()


def count(
    meter: DollarMeter,
    wanted: SmallObject,
    reserved: "Reserved | None",
    size_bytes: int | None,
    storage_class: str = DEFAULT_STORAGE_CLASS,
) -> None:
    """Count a GET of `size_bytes`; None when S3 does not bill it."""
    with nullcontext() if reserved is None else reserved.budget.counting(reserved):
        if size_bytes is not None:
            meter.count_get(wanted.bucket, storage_class, size_bytes)
