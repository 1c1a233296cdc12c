"""Keep a job within its budget: every request reserves its price before it is sent."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import BudgetError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS
from s3nav.model.request_counts import Charge, Usage, UsageBook, add_to, count_in
from s3nav.model.text.quantities import GIB
from s3nav.pricing.estimates import Estimator, exactly

T = TypeVar("T")
_BEYOND_FREE_BYTES = 1 << 60


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """A job's budget, its planned usage and its usage so far."""

    usd: Decimal
    planned: UsageBook
    asked: Callable[[], UsageBook]
    """Returns the job's usage so far, over all its runs."""
    requester_pays: bool
    part_bytes: int
    """Size assumed for a GET without a known length."""


class Budget:
    """Reserves the price of each request; thread-safe.

    The bill of finished requests and those in flight never exceeds the allowance, unless S3
    delivers more than was planned. In a bucket with several classes, requests in flight are priced
    as the most expensive one.
    """

    def __init__(self, allowance: Allowance, estimator: Estimator) -> None:
        self._allowance = allowance
        self._estimator = estimator
        self._classes = self._dearest_classes()
        self._lock = threading.Lock()
        self._in_flight: UsageBook = {}
        self._room = Decimal(0)
        """US dollars that can be reserved before the whole bill has to be computed again."""

    def reserve(self, charge: Charge[T]) -> "Reserved":
        """Reserve the price of a request. Raises BudgetError."""
        size_bytes = charge.expected_bytes
        if size_bytes is None:
            size_bytes = self._allowance.part_bytes
        usage = charge.kind.usage(size_bytes)
        storage_class = self._classes.get(charge.bucket, DEFAULT_STORAGE_CLASS)
        reserved = Reserved(
            budget=self, bucket=charge.bucket, storage_class=storage_class, usage=usage
        )
        with self._lock, exactly():
            most = self._price({(charge.bucket, storage_class): usage}, at_most=True)
            if self._room < most:
                self._room = self._left(reserved) + most
            self._room -= most
            self._flight(reserved).add(usage)
        return reserved

    @contextmanager
    def counting(self, reserved: "Reserved") -> Iterator[None]:
        """Hold the lock while the caller counts a request, then take it out of flight.

        Counting and releasing in one step keeps a concurrent reservation from seeing neither.
        """
        with self._lock:
            yield
            self._flight(reserved).add(reserved.usage, -1)

    def release(self, reserved: "Reserved") -> None:
        """Release the reservation of a request that was not sent."""
        with self.counting(reserved):
            pass

    def _left(self, reserved: "Reserved") -> Decimal:
        """Return the US dollars left after this request and those in flight. Raises BudgetError."""
        book = self._allowance.asked()
        add_to(book, self._in_flight)
        count_in(book, reserved.bucket, reserved.storage_class).add(reserved.usage)
        usd = self._allowance.usd
        left = usd - self._price(book)
        if left < 0:
            raise BudgetError(
                f"the next request would take the bill past the budget of ${usd}",
                remedy="finished files are kept; run it again with a higher --budget to continue",
            )
        return left

    def _flight(self, reserved: "Reserved") -> Usage:
        return count_in(self._in_flight, reserved.bucket, reserved.storage_class)

    def _price(self, book: UsageBook, *, at_most: bool = False) -> Decimal:
        """Return the US dollars of usage; `at_most` assumes that the free tier is used up."""
        options = self._estimator.options
        if at_most:
            options = replace(options, free_tier_used_bytes=_BEYOND_FREE_BYTES)
        bill = self._estimator.download(
            book, requester_pays=self._allowance.requester_pays, options=options
        )
        return bill.total_usd

    def _dearest_classes(self) -> Mapping[str, str]:
        probe = Usage(gets=1, size_bytes=GIB)
        prices: dict[str, dict[str, Decimal]] = {}
        for bucket, storage_class in self._allowance.planned:
            price = self._price({(bucket, storage_class): probe}, at_most=True)
            prices.setdefault(bucket, {})[storage_class] = price
        return {bucket: max(of, key=of.__getitem__) for bucket, of in prices.items()}


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """A request about to be sent, with its reserved usage."""

    budget: Budget
    bucket: str
    storage_class: str
    usage: Usage
