"""Limits of downloads: how many workers, and a bandwidth that may depend on the time of day."""

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import KIB, MIB, parse_size

FIRST_WORKERS = 4
MOST_WORKERS = 32
SAMPLE_S = 1.0
GAIN = 1.08
"""More workers stay when they bring at least so much more."""
BUSY = 0.6
"""Of one core: from there on workers wait for the GIL, and more of them only wait longer."""
HOLD_SAMPLES = 20
"""Samples between a try that brought nothing and the next one."""
UNLIMITED = ("", "off", "unlimited")
SLICE_S = 0.25
"""Longest nap: a new limit, a pause or a cancel acts after it."""
BURST_S = 0.1
"""What may be saved up while nothing comes."""
PIECE_MIN_BYTES = 16 * KIB
MINUTES_PER_DAY = 24 * 60
_ENTRY = re.compile(r"(?:(\*|\d{1,2}:\d{2}-\d{1,2}:\d{2})(?:\s*=|\s))?\s*([^=]*)")
_REMEDY = 'write 50MB/s, off, or a timetable: "08:00-18:00 10MB/s, 50MB/s"'


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


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """A limit for some minutes of each day."""

    start_minute: int
    stop_minute: int
    """Not included; at or before the start it is on the next day."""
    bytes_per_s: int | None
    """None for no limit."""

    def covers(self, minute: int) -> bool:
        """True when the limit holds in this minute of the day."""
        if self.start_minute < self.stop_minute:
            return self.start_minute <= minute < self.stop_minute
        return minute >= self.start_minute or minute < self.stop_minute


class Bandwidth(msgspec.Struct, frozen=True, kw_only=True):
    """The limit of all jobs."""

    text: str = ""
    """As it was written; empty for none."""
    bytes_per_s: int | None = None
    """What holds at this minute; None for no limit."""


class Timetable(msgspec.Struct, frozen=True):
    """Limits in the order they were written; the first that covers a minute counts."""

    hours: tuple[Hours, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Timetable":
        """Read ``50MB/s`` or ``08:00-18:00 10MB/s, 50MB/s``, also with ``=`` and ``*``.

        Raises UsageError.
        """
        if text.strip().lower() in UNLIMITED:
            return cls()
        return cls(tuple(_hours(entry.strip()) for entry in text.split(",")))

    def limit_at(self, minute: int) -> int | None:
        """Bytes a second in this minute of the day; None for no limit."""
        for hours in self.hours:
            if hours.covers(minute):
                return hours.bytes_per_s
        return None


class Throttle:
    """A token bucket that all workers share; they may overdraw it and then wait."""

    def __init__(
        self,
        timetable: Timetable,
        *,
        text: str = "",
        clock: Callable[[], float] = time.monotonic,
        minute_of_day: Callable[[], int] = lambda: _minute(datetime.now().astimezone()),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._timetable = timetable
        self._text = text
        self._clock = clock
        self._minute_of_day = minute_of_day
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = 0.0
        self._filled_at = clock()

    def change(self, timetable: Timetable, text: str = "") -> None:
        """Follow another timetable from now on; what waits notices within a second."""
        with self._lock:
            self._timetable, self._text = timetable, text
            self._tokens = 0.0

    def limit(self) -> int | None:
        """Bytes a second now; None for no limit."""
        return self._timetable.limit_at(self._minute_of_day()) if self._timetable.hours else None

    def bandwidth(self) -> Bandwidth:
        """The limit as it was written and as it holds now."""
        limit = self.limit()
        with self._lock:
            return Bandwidth(text=self._text if self._timetable.hours else "", bytes_per_s=limit)

    def piece_bytes(self) -> int:
        """The most to read at once, so that a low limit gives a steady flow."""
        limit = self.limit()
        return MIB if limit is None else max(PIECE_MIN_BYTES, min(MIB, int(limit * BURST_S)))

    def take(self, size_bytes: int, waiting: Callable[[], None]) -> None:
        """Account for bytes that came, and wait until the limit allows more.

        `waiting` is called at least four times a second and may raise.
        """
        if not self._timetable.hours:
            return
        with self._lock:
            self._refill()
            self._tokens -= size_bytes
        while True:
            limit = self.limit()
            if limit is None:
                return
            with self._lock:
                self._refill()
                wait_s = -self._tokens / limit
            if wait_s <= 0:
                return
            self._sleep(min(wait_s, SLICE_S))
            waiting()

    def _refill(self) -> None:
        now = self._clock()
        limit = self.limit()
        if limit is None:
            self._tokens = 0.0
        else:
            earned = self._tokens + (now - self._filled_at) * limit
            self._tokens = min(earned, limit * BURST_S)
        self._filled_at = now


def _hours(entry: str) -> Hours:
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise _odd(entry)
    span, rate = match[1] or "*", match[2].strip()
    start, stop = (0, MINUTES_PER_DAY) if span == "*" else _span(span, entry)
    return Hours(start_minute=start, stop_minute=stop, bytes_per_s=_rate(rate, entry))


def _span(text: str, entry: str) -> tuple[int, int]:
    minutes = []
    for moment in text.split("-"):
        hour, _, minute = moment.partition(":")
        minutes.append(int(hour) * 60 + int(minute))
        if int(minute) > 59 or minutes[-1] > MINUTES_PER_DAY:
            raise _odd(entry)
    return minutes[0], minutes[1]


def _rate(text: str, entry: str) -> int | None:
    if text.lower() in UNLIMITED[1:]:
        return None
    try:
        bytes_per_s = parse_size(text.removesuffix("/s"))
    except UsageError as error:
        raise _odd(entry) from error
    if bytes_per_s <= 0:
        raise _odd(entry)
    return bytes_per_s


def _odd(entry: str) -> UsageError:
    return UsageError(f"`{entry}` is not a bandwidth", remedy=_REMEDY, slug="bad-bandwidth")


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
