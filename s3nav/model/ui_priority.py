"""Let background threads pause while a key press is handled: all share one interpreter lock."""

import threading
import time
from collections.abc import Callable

MAX_WAIT_S = 0.05
"""Longest pause; background work then continues even if the UI has not released it."""


class UiPriority:
    """The UI requests priority and releases it; background threads yield meanwhile. Thread-safe."""

    def __init__(
        self, *, max_wait_s: float = MAX_WAIT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest_s = max_wait_s
        self._clock = clock
        self._free = threading.Event()
        self._free.set()
        self._until = 0.0
        self.is_watched = False
        """True while a cockpit runs: work that other processes can do should go to them."""

    def request(self) -> None:
        """Make background threads pause at their next `yield_to_ui`."""
        self._until = self._clock() + self._longest_s
        self._free.clear()

    def release(self) -> None:
        """Let background threads continue."""
        self._free.set()

    def yield_to_ui(self) -> None:
        """Pause while the UI has priority, at most `max_wait_s`; costs nothing otherwise."""
        if not self._free.is_set():
            left_s = self._until - self._clock()
            if left_s <= 0 or not self._free.wait(left_s):
                self._free.set()


UI_PRIORITY = UiPriority()
"""One for the process, like its interpreter lock. Only the cockpit requests priority."""
