"""Limit the retries that all requests to one endpoint make together."""

import threading

BUDGET = 200.0
BUDGET_PER_SUCCESS = 0.5


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
