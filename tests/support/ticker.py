"""A clock that a busy machine slows down as it slows down whoever is measured."""

import threading
from typing import Self

TICK_S = 0.01
SECOND = 100
"""Ticks."""


class Ticker:
    """Counts hundredths of a second, never too many; use it as a context."""

    def __init__(self) -> None:
        self.now = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def pass_by(self, ticks: int) -> None:
        """Wait until so many have passed."""
        until = self.now + ticks
        while self.now < until:
            self._ended.wait(TICK_S)

    def _run(self) -> None:
        while not self._ended.wait(TICK_S):
            self.now += 1
