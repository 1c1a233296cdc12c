"""Decide what an error means for an item and its job, and how long to wait before trying again."""

import random
import threading
from enum import Enum

from s3nav.model.errors import (
    BudgetError,
    CredentialsError,
    IntegrityError,
    LocalDiskError,
    ObjectChangedError,
    S3NavError,
    UnavailableError,
)
from s3nav.transfer.local_files import DISK_FULL, TARGET_LOST

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 20.0
BUDGET = 200.0
BUDGET_PER_SUCCESS = 0.5
RESTARTS_MAX = 3
"""How often an item is started anew because its object changed."""


class Verdict(Enum):
    """What to do after an error."""

    RETRY = "try the request again later"
    RESTART = "fetch the item anew, as S3 holds it now"
    FAIL_ITEM = "give the item up, go on with the others"
    PAUSE_JOB = "stop until the user has helped"


def verdict_of(error: S3NavError) -> Verdict:
    """What an error asks for, before attempts are counted."""
    match error:
        case ObjectChangedError():
            return Verdict.RESTART
        case IntegrityError() | UnavailableError():
            return Verdict.RETRY
        case CredentialsError() | BudgetError():
            return Verdict.PAUSE_JOB
        case LocalDiskError(reference=reference) if reference in {DISK_FULL, TARGET_LOST}:
            return Verdict.PAUSE_JOB
        case S3NavError(reference=S3NavError.slug):
            return Verdict.PAUSE_JOB  # a bug of ours says nothing about the object
        case _:
            return Verdict.FAIL_ITEM


def delay_s(attempt: int, draw: random.Random) -> float:
    """Full jitter: anything up to a bound that doubles with each attempt, from 1."""
    return draw.uniform(0, min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**attempt))


class RetryBudget:
    """How many retries an endpoint is worth: refilled by successes, so that a dead one is left."""

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
        """So many requests succeeded."""
        # Read without the lock: nearly always full, and a lost update only delays the refill.
        if self._left < self._full:
            with self._lock:
                self._left = min(self._full, self._left + requests * BUDGET_PER_SUCCESS)

    def refill(self) -> None:
        """A user asks for another try."""
        with self._lock:
            self._left = self._full
