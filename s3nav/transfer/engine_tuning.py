"""How hard the engine works: what a user sets, and what it finds out by itself."""

import msgspec

from s3nav.model.text.quantities import MIB

FIRST_WORKERS = 4
MOST_WORKERS = 32
SAMPLE_S = 1.0
GAIN = 1.08
"""More workers stay when they bring at least so much more."""
BUSY = 0.6
"""Of one core: from there on workers wait for the GIL, and more of them only wait longer."""
HOLD_SAMPLES = 20
"""Samples between a try that brought nothing and the next one."""


class EngineTuning(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may set of the engine, as it stands when the program starts."""

    parallel: int | None = None
    """Fixed number of workers; None: the engine's own choice."""
    retry_attempts: int = 5
    """How often a failed request is tried again."""
    part_bytes: int = 16 * MIB
    """Objects up to this size are one whole GET; larger ones are fetched in parts of it."""
    bandwidth: str = ""
    """``50MB/s`` or a timetable, as `Timetable.parse` reads it; empty for no limit."""

    @property
    def workers(self) -> int:
        """How many workers to begin with."""
        return self.parallel or FIRST_WORKERS

    @property
    def most_workers(self) -> int:
        """How many workers there may be."""
        return self.parallel or MOST_WORKERS


class WorkerTuner:
    """Finds how many workers pay: doubles them, keeps them when more bytes come, else goes back.

    Asked by one thread with growing counts; knows no clock of its own.
    """

    def __init__(self, *, first: int, most: int) -> None:
        self._most = most
        self._workers = first
        self._before_trying = first
        self._best_rate = 0.0
        self._hold = 1
        self._since: Sample | None = None

    def workers(self, sample: "Sample", *, active: int) -> int:
        """How many there should be, given that `active` were at work."""
        since = self._since
        if since is None or sample.fetched_bytes < since.fetched_bytes:
            self._since = sample
            return self._workers
        span_s = sample.now_s - since.now_s
        if span_s < SAMPLE_S:
            return self._workers
        self._since = sample
        if active != self._workers:
            # Slowed down by S3, or on the way back: nothing can be learnt.
            self._settle(active)
            return self._workers
        is_computing = sample.cpu_s - since.cpu_s > BUSY * span_s
        self._judge((sample.fetched_bytes - since.fetched_bytes) / span_s, is_computing)
        return self._workers

    def _judge(self, rate: float, is_computing: bool) -> None:
        if self._before_trying != self._workers and rate < self._best_rate * GAIN:
            self._settle(self._before_trying)
            return
        self._best_rate = rate
        self._before_trying = self._workers
        self._hold -= 1
        if self._hold <= 0 and not is_computing:
            self._workers = min(self._most, self._workers * 2)

    def _settle(self, workers: int) -> None:
        self._workers = self._before_trying = workers
        self._hold = HOLD_SAMPLES


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine has done by a moment; the clock may start anywhere."""

    now_s: float
    fetched_bytes: int
    cpu_s: float = 0.0
    """Of the whole process."""
