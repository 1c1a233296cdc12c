"""Notice a response that arrives too slowly to wait for, as curl does with its speed limit.

A server that sends a byte now and then never runs into the read timeout. Only time spent waiting
for bytes counts: not that of `--bandwidth`, of a pause, or of a slow disk.
"""

from collections import deque

from s3nav.model.errors import UnavailableError

WINDOW_S = 20.0
LEAST_BYTES = 20 * 1024
"""A response is given up when it brings fewer bytes than this in `WINDOW_S` of waiting.

Responses that are slow at the same time share it: they may share a slow line.
"""
SLOW_READ_S = 0.1
"""A response is watched from the first read that takes this long."""
LONGEST_SILENCE_S = 5.0
"""No silence counts for more: the read timeout decides about silence."""
SAMPLE_S = 1.0


class SpeedWatch:
    """The speed of one response over the last `WINDOW_S` of waiting.

    It adds itself to `watched`, the responses of its HTTP client that are watched now.
    """

    __slots__ = ("_arrived_bytes", "_samples", "_waited_s", "_watched", "is_too_slow")

    def __init__(self, watched: "set[SpeedWatch]") -> None:
        self._watched = watched
        self._waited_s = 0.0
        self._arrived_bytes = 0
        self._samples = deque([(0.0, 0)])
        """Seconds waited and bytes arrived, at most once for each `SAMPLE_S`."""
        self.is_too_slow = False
        watched.add(self)

    def count(self, arrived_bytes: int, waited_s: float) -> None:
        """Count bytes that arrived and how long they were waited for."""
        self._arrived_bytes += arrived_bytes
        self._waited_s += min(waited_s, LONGEST_SILENCE_S)
        samples = self._samples
        if self._waited_s - samples[-1][0] < SAMPLE_S:
            return
        samples.append((self._waited_s, self._arrived_bytes))
        while self._waited_s - samples[1][0] >= WINDOW_S:
            samples.popleft()
        since_s, before_bytes = samples[0]
        least_bytes = LEAST_BYTES / max(1, len(self._watched))
        if self._waited_s - since_s >= WINDOW_S:
            self.is_too_slow = self._arrived_bytes - before_bytes < least_bytes

    def end(self) -> None:
        """The response has ended. Calling it twice is fine."""
        self._watched.discard(self)


def too_slow() -> UnavailableError:
    """The error for a response that `SpeedWatch` gives up."""
    return UnavailableError(
        f"less than {LEAST_BYTES // 1024} KiB arrived in {WINDOW_S:.0f} s",
        remedy="try again; if it happens again, the network to the endpoint is too slow",
        slug="too-slow",
    )
