"""How many downloads run at once: fewer when the server refuses, more again when it does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

REFUSED = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""What the price list answers when too much is asked of it: 403 among them."""


class Turn:
    """One request's leave to run."""

    def __init__(self, begun: int) -> None:
        self.begun = begun
        """Which cut it began after."""


class Pace:
    """A bound that halves on a refusal and grows by one for each round without."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.refusals = 0
        self._running = 0
        self._cuts = 0
        self._free = asyncio.Condition()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for a place, and give it back."""
        async with self._free:
            await self._free.wait_for(lambda: self._running < int(self.limit))
            self._running += 1
        try:
            yield Turn(self._cuts)
        finally:
            async with self._free:
                self._running -= 1
                # Only as many as there is room for: hundreds wait, and to wake all of them for each
                # answer would take longer than the answers.
                self._free.notify(max(0, int(self.limit) - self._running))

    def refused(self, turn: Turn) -> None:
        """Halve; once for all that were under way when the server had enough."""
        self.refusals += 1
        if turn.begun == self._cuts:
            self._cuts += 1
            self.limit = max(1.0, self.limit / 2)

    def answered(self) -> None:
        """Grow a little: by one when as many as the limit were answered."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)
