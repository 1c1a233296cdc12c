"""Make the tasks of an event loop wait until a request of theirs is allowed.

Apart from `concurrency`, because few commands need asyncio and it takes long to import.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from s3nav.retries.retry_policy import ConcurrencyLimit


class Turn:
    """One task's leave to make a request."""

    def __init__(self, begun: int) -> None:
        self.begun = begun
        """See `ConcurrencyLimit.refused`."""


class AsyncLimiter:
    """Makes tasks of one event loop wait for their turn; the task says what came of it."""

    def __init__(self, most: int) -> None:
        self._limit = ConcurrencyLimit(most)
        self.refusals = 0
        """Requests refused so far."""
        self._running = 0
        self._free = asyncio.Condition()

    @property
    def limit(self) -> float:
        """How many may be under way now, before it is rounded down."""
        return self._limit.limit

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait until not too many are under way."""
        async with self._free:
            await self._free.wait_for(lambda: self._running < int(self._limit.limit))
            self._running += 1
        try:
            yield Turn(self._limit.cuts)
        finally:
            async with self._free:
                self._running -= 1
                # Only as many as there is room for: hundreds wait, and to wake all of them for each
                # answer would take longer than the answers.
                self._free.notify(max(0, int(self._limit.limit) - self._running))

    def refused(self, turn: Turn) -> None:
        """The server had enough."""
        self.refusals += 1
        self._limit.refused(turn.begun)

    def answered(self) -> None:
        """A request was answered well."""
        self._limit.answered()
