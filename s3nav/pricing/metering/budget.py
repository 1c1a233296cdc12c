"""What a job may cost: each request asks first, and none is sent that could pass it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import BudgetError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, GetRequest
from s3nav.model.request_counts import Usage, UsageBook, add_to, count_in, excess_of
from s3nav.model.text.quantities import GIB
from s3nav.pricing.estimates import Estimator, exactly

_BEYOND_FREE_BYTES = 1 << 60


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a user is ready to pay for a job, and what is known of the job."""

    usd: Decimal
    planned: UsageBook
    asked: Callable[[], UsageBook]
    """What the job has asked for until now, in all its runs."""
    requester_pays: bool
    part_bytes: int
    """Of a GET that does not say how much it expects."""


class Budget:
    """Any thread may reserve.

    The bill of what was asked and of what is in flight never passes the allowance, unless S3
    delivers more than was planned. Of a bucket with several classes, what is in flight is taken
    to be of the dearest.
    """

    def __init__(self, allowance: Allowance, estimator: Estimator) -> None:
        self._allowance = allowance
        self._estimator = estimator
        self._classes = self._dearest_classes()
        self._lock = threading.Lock()
        self._in_flight: UsageBook = {}
        self._room = Decimal(0)
        """Dollars that may be spent before the bill must be added up again."""

    def reserve_get(self, request: GetRequest) -> "Reserved":
        """Before a GET. Raises BudgetError."""
        size_bytes = request.expected_bytes
        if request.span is not None:
            size_bytes = request.span.length_bytes
        if size_bytes is None:
            size_bytes = self._allowance.part_bytes
        usage = Usage(gets=1, size_bytes=size_bytes, excess_bytes=excess_of(size_bytes))
        return self._reserve(request.bucket, usage)

    def reserve_list(self, bucket: str) -> "Reserved":
        """Before a LIST. Raises BudgetError."""
        return self._reserve(bucket, Usage(lists=1))

    def reserve_head(self, bucket: str) -> "Reserved":
        """Before a HEAD, or what costs the same. Raises BudgetError."""
        return self._reserve(bucket, Usage(heads=1))

    @contextmanager
    def settling(self, reserved: "Reserved") -> Iterator[None]:
        """Within it a request is counted; from then on it is no longer in flight."""
        with self._lock:
            yield
            self._flight(reserved).add(reserved.usage, -1)

    def give_back(self, reserved: "Reserved") -> None:
        """A request was not made."""
        with self.settling(reserved):
            pass

    def _reserve(self, bucket: str, usage: Usage) -> "Reserved":
        storage_class = self._classes.get(bucket, DEFAULT_STORAGE_CLASS)
        reserved = Reserved(budget=self, bucket=bucket, storage_class=storage_class, usage=usage)
        with self._lock, exactly():
            most = self._price({(bucket, storage_class): usage}, at_most=True)
            if self._room < most:
                self._room = self._left(reserved) + most
            self._room -= most
            self._flight(reserved).add(usage)
        return reserved

    def _left(self, reserved: "Reserved") -> Decimal:
        """What is left when all that is in flight, and this one, have come. Raises BudgetError."""
        book = self._allowance.asked()
        add_to(book, self._in_flight)
        count_in(book, reserved.bucket, reserved.storage_class).add(reserved.usage)
        usd = self._allowance.usd
        left = usd - self._price(book)
        if left < 0:
            raise BudgetError(
                f"the next request would take the bill past the budget of ${usd}",
                remedy="what is there is kept; the same command with a higher --budget goes on",
            )
        return left

    def _flight(self, reserved: "Reserved") -> Usage:
        return count_in(self._in_flight, reserved.bucket, reserved.storage_class)

    def _price(self, book: UsageBook, *, at_most: bool = False) -> Decimal:
        """Dollars of a book; `at_most`: on top of whatever else, in the dearest tier."""
        terms = self._estimator.terms
        if at_most:
            terms = replace(terms, free_tier_used_bytes=_BEYOND_FREE_BYTES)
        bill = self._estimator.download(
            book, requester_pays=self._allowance.requester_pays, terms=terms
        )
        return bill.total_usd

    def _dearest_classes(self) -> Mapping[str, str]:
        probe = Usage(gets=1, size_bytes=GIB, excess_bytes=GIB)
        prices: dict[str, dict[str, Decimal]] = {}
        for bucket, storage_class in self._allowance.planned:
            price = self._price({(bucket, storage_class): probe}, at_most=True)
            prices.setdefault(bucket, {})[storage_class] = price
        return {bucket: max(of, key=of.__getitem__) for bucket, of in prices.items()}


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is about to be made."""

    budget: Budget
    bucket: str
    storage_class: str
    usage: Usage
