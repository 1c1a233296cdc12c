"""Let threads that compute make way for the one a person waits for: all share one interpreter."""

import threading
import time
from collections.abc import Callable

LONGEST_S = 0.05
"""Of one wait: background work goes on then, whatever became of the hurry."""


class UiPriority:
    """Somebody is in a hurry, or nobody is; any thread may ask, give way and thank."""

    def __init__(
        self, *, longest_s: float = LONGEST_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._longest_s = longest_s
        self._clock = clock
        self._free = threading.Event()
        self._free.set()
        self._until = 0.0
        self.is_watched = False
        """A person works with what this process paints: what others can compute, they should."""

    def ask(self) -> None:
        """Ask all who compute to wait a moment."""
        self._until = self._clock() + self._longest_s
        self._free.clear()

    def thank(self) -> None:
        """Let them go on."""
        self._free.set()

    def give_way(self) -> None:
        """Wait while somebody is in a hurry, a moment at most; costs nothing otherwise."""
        if not self._free.is_set():
            left_s = self._until - self._clock()
            if left_s <= 0 or not self._free.wait(left_s):
                self._free.set()


UI_PRIORITY = UiPriority()
"""Of this process, as its interpreter lock is. Only a cockpit ever asks."""
