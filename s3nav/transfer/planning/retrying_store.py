"""S3 as planning sees it: questions that fail are asked again, and nobody waits who need not."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from s3nav.model.errors import EXIT_INTERRUPTED, S3NavError, UnavailableError
from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.ports.stores import ObjectBody, ObjectStore
from s3nav.transfer.planning.item_retries import RetryBudget, delay_s

T = TypeVar("T")
NAP_S = 0.2
"""Longest sleep between two looks at whether to stop."""
_NEVER_AGAIN = frozenset({"unknown-host", "tls", "wrong-region"})
"""Nothing that goes away within seconds."""
_NO_ANSWER = frozenset({"unreachable", "stalled"})


class PlanStoppedError(S3NavError):
    """Nobody wants the plan any more; nothing is left of it."""

    slug = "plan-stopped"
    exit_code = EXIT_INTERRUPTED


def never() -> bool:
    """Nobody stops it."""
    return False


class RetryingStore:
    """The port ``ObjectStore`` for planning.

    What is unavailable is asked again with full jitter, as often as the settings say and as the
    budget allows; an endpoint that has never answered only once more. `is_stopped` is asked at
    least twice a second; methods then raise PlanStoppedError.
    """

    def __init__(
        self,
        store: ObjectStore,
        *,
        retry_attempts: int,
        is_stopped: Callable[[], bool] = never,
        budget: RetryBudget | None = None,
        draw: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._attempts = retry_attempts
        self._is_stopped = is_stopped
        self._budget = budget or RetryBudget()
        self._draw = draw or random.Random()
        self._sleep = sleep
        self._has_answered = False

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._ask(self._store.list_buckets)

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._ask(lambda: self._store.bucket_region(bucket))

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        watched = replace(request, waiting=self.check)
        return self._ask(lambda: self._store.list_page(watched))

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        watched = replace(request, waiting=self.check)
        return self._ask(lambda: self._store.list_keys(watched))

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts."""
        return self._ask(
            lambda: self._store.head(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            )
        )

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        """The size of one part of a multipart upload."""
        return self._ask(
            lambda: self._store.part_bytes(
                bucket, key, number, version_id=version_id, requester_pays=requester_pays
            )
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded."""
        return self._ask(
            lambda: self._store.attributes(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            )
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET; whoever reads it tries again."""
        return self._store.get(request)

    def close(self) -> None:
        """Nothing: whoever opened the store closes it."""

    def _ask(self, question: Callable[[], T]) -> T:
        attempt = 0
        while True:
            self.check()
            try:
                answer = question()
            except UnavailableError as error:
                attempt += 1
                if not self._is_worth_it(error, attempt):
                    raise
                self._nap(delay_s(attempt, self._draw))
            else:
                self._has_answered = True
                self._budget.earn()
                return answer

    def _is_worth_it(self, error: UnavailableError, attempt: int) -> bool:
        if error.reference in _NEVER_AGAIN:
            return False
        is_silent = error.reference in _NO_ANSWER and not self._has_answered
        most = min(1, self._attempts) if is_silent else self._attempts
        return attempt <= most and self._budget.spend()

    def _nap(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            self.check()
            self._sleep(min(left_s, NAP_S))

    def check(self) -> None:
        """Raise PlanStoppedError when nobody waits for the plan any more."""
        if self._is_stopped():
            raise PlanStoppedError("the plan was stopped; nothing of it is kept")
