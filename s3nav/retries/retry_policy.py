"""The retry policy: retry failed requests where that can help, and limit concurrent requests.

A request is retried at most `retry_attempts` times. `ConcurrencyLimit` halves the number of
concurrent requests when a server refuses one, and raises it by one each round. `ThreadLimiter`
makes threads wait for it, `AsyncLimiter` tasks.
"""

import contextlib
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from s3nav.model.errors import S3NavError, ThrottledError, UnavailableError

T = TypeVar("T")
THROTTLED_FACTOR = 2
"""A throttled request gets this many times `retry_attempts`: S3 only asks to slow down."""
LOOK_EVERY_S = 0.1
"""Longest wait between two calls of `check`, in seconds."""
_MOST_DOUBLINGS = 60
"""More would not fit into a float, and every bound is reached long before."""
BUDGET = 200.0
BUDGET_PER_SUCCESS = 0.5
_NEVER_AGAIN = frozenset({"unknown-host", "tls", "wrong-region", "redirected"})
"""Errors that do not pass within seconds."""
_NO_ANSWER = frozenset({"unreachable", "stalled"})


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Delays of one kind of request, in seconds. The bound doubles from `first_s` to `longest_s`.

    Full jitter spreads clients evenly that failed at the same moment:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    first_s: float = 0.2
    """The longest delay before the first retry."""
    longest_s: float = 20.0
    shortest_s: float = 0.0

    def delay_s(self, attempt: int, draw: random.Random) -> float:
        """The delay before retry number `attempt`, from 1."""
        bound_s = self.first_s * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
        shortest_s = min(self.shortest_s, self.longest_s)
        return draw.uniform(shortest_s, max(shortest_s, min(self.longest_s, bound_s)))


USUAL_BACKOFF = Backoff()
"""For requests to S3: up to 0.2 s before the first retry, never more than 20 s."""


class RetryBudget:
    """Retries left for one endpoint. Successes refill it, so a dead endpoint is left soon.

    Any thread may call.
    """

    def __init__(self, full: float = BUDGET) -> None:
        self._lock = threading.Lock()
        self._full = full
        self._left = full

    def spend(self) -> bool:
        """Take one retry; False when there is none left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self, requests: int = 1) -> None:
        """Refill for `requests` that succeeded."""
        # Read without the lock: nearly always full, and a lost update only delays the refill.
        if self._left < self._full:
            with self._lock:
                self._left = min(self._full, self._left + requests * BUDGET_PER_SUCCESS)

    def refill(self) -> None:
        """Start anew: a user asks for another try."""
        with self._lock:
            self._left = self._full


def retries_allowed(error: S3NavError, retry_attempts: int) -> int:
    """How often a request that failed with `error` is made again, at most."""
    return retry_attempts * (THROTTLED_FACTOR if isinstance(error, ThrottledError) else 1)


def no_check() -> None:
    """Let a request go on."""


class RequestCancelled(Exception):  # noqa: N818 - not an error
    """The user stopped what the request was for."""


def cancellation_check(is_cancelled: Callable[[], bool]) -> Callable[[], None]:
    """A check that raises RequestCancelled once `is_cancelled` says so."""

    def check() -> None:
        if is_cancelled():
            raise RequestCancelled

    return check


class RequestRetries:
    """The retries of requests to one endpoint, by any number of threads.

    Only an UnavailableError is worth a retry. While the endpoint has never answered, silence is
    worth one only: an address with a typing error must fail within seconds.
    """

    def __init__(
        self,
        retry_attempts: int,
        *,
        backoff: Backoff | None = None,
        budget: RetryBudget | None = None,
        draw: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._attempts = retry_attempts
        self._backoff = backoff or USUAL_BACKOFF
        self._budget = budget or RetryBudget()
        self._draw = draw or random.Random()
        self._sleep = sleep
        self._clock = clock
        self._has_answered = False

    def call(self, request: Callable[[], T], check: Callable[[], None] = no_check) -> T:
        """The result of `request`, made again while that makes sense.

        `check` is called before each request and ten times a second between them; what it raises
        ends the call. Raises what the last request raised.
        """
        attempt = 0
        while True:
            check()
            try:
                result = request()
            except UnavailableError as error:
                attempt += 1
                delay_s = self.delay_s(error, attempt)
                if delay_s is None:
                    raise
                self._wait(delay_s, check)
            else:
                self._has_answered = True
                self._budget.earn()
                return result

    def delay_s(self, error: S3NavError, attempt: int) -> float | None:
        """How long to wait before retry number `attempt`, from 1; None to give up."""
        if not isinstance(error, UnavailableError) or error.reference in _NEVER_AGAIN:
            return None
        most = retries_allowed(error, self._attempts)
        if error.reference in _NO_ANSWER and not self._has_answered:
            most = min(1, most)
        if attempt > most:
            return None
        # A throttled endpoint is alive: only the budget of a broken one must run out.
        if not isinstance(error, ThrottledError) and not self._budget.spend():
            return None
        return self._backoff.delay_s(attempt, self._draw)

    def _wait(self, delay_s: float, check: Callable[[], None]) -> None:
        until_s = self._clock() + delay_s
        while (left_s := until_s - self._clock()) > 0:
            check()
            self._sleep(min(left_s, LOOK_EVERY_S))


class ConcurrencyLimit:
    """Counts and decides only; threads that share it need a lock around it."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        """Rounded down it is how many may be under way: 1 at least."""
        self.cuts = 0
        """How often it was halved. A request remembers it from its start."""

    def refused(self, begun: int, *, at_once: float = math.inf) -> None:
        """Halve the limit, or `at_once` where fewer are under way.

        `begun` is `cuts` as it was when the refused request began: requests that were under way
        when the server had enough count as one refusal.
        """
        if begun == self.cuts:
            self.cuts += 1
            self.limit = max(1.0, min(self.limit, at_once) / 2)

    def answered(self) -> None:
        """Grow a little: by one when as many requests as the limit were answered."""
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def round_ended(self) -> None:
        """Grow by one, where no single answers are counted."""
        self.limit = min(float(self.most), self.limit + 1)


class ThreadLimiter:
    """Makes threads wait for their turn. A request that raises ThrottledError is a refusal."""

    def __init__(self, most: int, *, useful: Callable[[], int] | None = None) -> None:
        """`useful` may ask for fewer than allowed; it is called under the lock."""
        self._limit = ConcurrencyLimit(most)
        self._useful = useful
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        self._under_way = 0
        self.requests = 0
        """Begun so far."""

    @property
    def at_once(self) -> int:
        """How many requests may be under way now."""
        allowed = int(self._limit.limit)
        return allowed if self._useful is None else max(1, min(allowed, self._useful()))

    @contextlib.contextmanager
    def turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Make one request when not too many are under way.

        Raises what `check` raises, which is called while the thread waits; nothing is counted then.
        """
        with self._lock:
            check()
            while self._under_way >= self.at_once:
                self._free.wait(LOOK_EVERY_S)
                check()
            self._under_way += 1
            self.requests += 1
            begun = self._limit.cuts
        is_answered = is_refused = False
        try:
            yield
            is_answered = True
        except ThrottledError:
            is_refused = True
            raise
        finally:
            with self._lock:
                self._under_way -= 1
                if is_answered:
                    self._limit.answered()
                elif is_refused:
                    self._limit.refused(begun, at_once=self.at_once)
                self._free.notify()
