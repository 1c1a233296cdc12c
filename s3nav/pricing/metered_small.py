"""GETs of small objects with a meter in the line: counted one by one as they come back."""

from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Generic

from s3nav.model.errors import BudgetError, S3NavError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, GetRequest, ObjectHead
from s3nav.model.ports import Arrival, AskedBody, ObjectBody, SmallGets, SmallObject, Wanted
from s3nav.pricing.dollar_meter import DollarMeter, is_billed

if TYPE_CHECKING:
    from s3nav.pricing.budget import Reserved

NO_BYTES = memoryview(b"")


class RefusedArrival(Generic[Wanted]):
    """A GET that the budget did not allow: it was never sent."""

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
        """There is none."""
        raise LookupError(self.wanted.key)


class MeteredAnswer:
    """An answer that is still to be read, and counts when it has been begun."""

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
        """Await it, once."""
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
        """Drop it; it was sent all the same."""
        self._asked.close()
        if self._is_open:
            self._is_open = False
            count(self._meter, self._wanted, self._reserved, self._wanted.size_bytes)


class MeteredSmallGets(Generic[Wanted]):
    """The port ``SmallGets``. What is dropped while it is under way counts in full: it was sent."""

    def __init__(self, gets: SmallGets[Wanted], meter: DollarMeter) -> None:
        self._gets = gets
        self._meter = meter
        self._flying: dict[int, tuple[Wanted, Reserved | None]] = {}
        self._refused: deque[RefusedArrival[Wanted]] = deque()

    @property
    def under_way(self) -> int:
        """Asked for and not come back."""
        return self._gets.under_way + len(self._refused)

    @property
    def waited_s(self) -> float:
        """How long the network was waited for."""
        return self._gets.waited_s

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each that the budget allows; what goes wrong is told by `next`."""
        budget = self._meter.budget()
        flying = self._flying
        if budget is None:
            for one in wanted:
                flying[id(one)] = one, None
            self._gets.ask(wanted)
            return
        allowed: list[Wanted] = []
        for one in wanted:
            request = GetRequest(bucket=one.bucket, key=one.key, expected_bytes=one.size_bytes)
            try:
                flying[id(one)] = one, budget.reserve_get(request)
            except BudgetError as error:
                self._refused.append(RefusedArrival(one, error))
            else:
                allowed.append(one)
        if allowed:
            self._gets.ask(allowed)

    def next(self) -> Arrival[Wanted]:
        """What came back next, in any order. Raises what `waiting` raises."""
        if self._refused:
            return self._refused.popleft()
        arrival = self._gets.next()
        wanted, reserved = self._flying.pop(id(arrival.wanted), (arrival.wanted, None))
        if arrival.asked is not None:
            arrival.asked = MeteredAnswer(arrival.asked, wanted, self._meter, reserved)
        elif arrival.error is not None:
            count(self._meter, wanted, reserved, 0 if is_billed(arrival.error) else None)
        else:
            size_bytes = len(arrival.content)
            count(self._meter, wanted, reserved, size_bytes, arrival.storage_class)
        return arrival

    def close(self) -> None:
        """Drop answers nobody wants any more, keep the connections that are free."""
        self._gets.close()
        self._refused.clear()
        for wanted, reserved in self._flying.values():
            count(self._meter, wanted, reserved, wanted.size_bytes)
        self._flying.clear()


def count(
    meter: DollarMeter,
    wanted: SmallObject,
    reserved: "Reserved | None",
    size_bytes: int | None,
    storage_class: str = DEFAULT_STORAGE_CLASS,
) -> None:
    """Count a GET with its bytes; None: nothing was billed."""
    with nullcontext() if reserved is None else reserved.budget.settling(reserved):
        if size_bytes is not None:
            meter.count_get(wanted.bucket, storage_class, size_bytes)
