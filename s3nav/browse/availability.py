"""Count the objects of a place by day, and find days without objects."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

import msgspec

from s3nav.browse.listing import list_parallel
from s3nav.model.errors import S3NavError
from s3nav.model.objects import KeyPage, KeySpan
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore

HELD_PAGES = 16
"""Pages held back until the date format of keys is known; after this many it is given up."""
_DAY = timedelta(days=1)


class DayReader(Protocol):
    """Finds the day of an object. Thread safe; `learn` is called by one thread at a time."""

    def learn(self, keys: Sequence[str]) -> bool:
        """Study a page; returns whether days can be read from now on."""
        ...

    def day_of(self, key: str, modified_s: int) -> date | None:
        """The day of an object; None when it has none."""
        ...


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive days without an object, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1


class DayTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The objects of one day."""

    objects: int = 0
    size_bytes: int = 0


class DaySpan(msgspec.Struct, frozen=True, kw_only=True):
    """The requested days, both ends included; None means no limit."""

    start: date | None = None
    end: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is no limit."""
        return self.start is None and self.end is None

    def has(self, day: date) -> bool:
        """Whether a day is in the span."""
        return (self.start is None or day >= self.start) and (self.end is None or day <= self.end)


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """The objects of a place by day."""

    place: S3Uri
    span: DaySpan = msgspec.field(default_factory=DaySpan)
    days: Mapping[date, DayTotal]
    """Days with objects, in order."""
    undated: DayTotal
    """Objects without a known day: they may belong to any."""
    outside_objects: int = 0
    """Objects outside the requested days."""
    complete: bool
    """Everything was listed."""
    cancelled: bool = False
    problem: S3NavError | None = None
    """The first thing that could not be listed."""
    requests: int = 0

    @property
    def objects(self) -> int:
        """The objects that a download of these days fetches, undated ones only without a limit."""
        return sum(day.objects for day in self.days.values()) + self._undated_wanted.objects

    @property
    def size_bytes(self) -> int:
        """The total size of these objects."""
        return sum(day.size_bytes for day in self.days.values()) + self._undated_wanted.size_bytes

    @property
    def first(self) -> date | None:
        """The first day with an object."""
        return next(iter(self.days), None)

    @property
    def last(self) -> date | None:
        """The last day with an object."""
        return max(self.days, default=None)

    @property
    def looked_at(self) -> Gap | None:
        """The days searched for gaps; None when neither the request nor the objects limit them."""
        first, last = self.span.start or self.first, self.span.end or self.last
        return Gap(first=first, last=last) if first and last and first <= last else None

    @property
    def gaps(self) -> tuple[Gap, ...] | None:
        """Days without an object, in order.

        None when unknown: the listing is incomplete, no object has a day, or there are no objects
        and no days were requested.
        """
        nothing_dated = not self.days and not self.outside_objects
        whole = self.looked_at
        if not self.complete or whole is None or (self.undated.objects and nothing_dated):
            return None
        return tuple(_gaps(whole, self.days))

    @property
    def missing_days(self) -> int | None:
        """The days in all gaps; None when unknown."""
        return None if self.gaps is None else sum(gap.days for gap in self.gaps)

    @property
    def _undated_wanted(self) -> DayTotal:
        return self.undated if self.span.is_open else DayTotal()


def _gaps(whole: Gap, days: Mapping[date, DayTotal]) -> Iterator[Gap]:
    next_day = whole.first
    for day in days:
        if day > next_day:
            yield Gap(first=next_day, last=day - _DAY)
        next_day = day + _DAY
    if next_day <= whole.last:
        yield Gap(first=next_day, last=whole.last)


class DayCount:
    """Counts one place by day. Call `run` once; read `objects` while it runs."""

    def __init__(  # noqa: PLR0913 - how the place is listed and counted
        self,
        store: ObjectStore,
        place: S3Uri,
        reader: DayReader,
        *,
        retry_attempts: int,
        matches: Callable[[str], bool] | None = None,
        span: DaySpan | None = None,
        requester_pays: bool = False,
    ) -> None:
        self.objects = 0
        """Objects listed so far, of any day."""
        self._store = store
        self._place = place
        self._reader = reader
        self._matches = matches
        self._span = span or DaySpan()
        self._requester_pays = requester_pays
        self._retry_attempts = retry_attempts
        self._lock = threading.Lock()
        self._held: list[KeyPage] = []
        self._pages_looked_at = 0
        self._days: dict[date | None, list[int]] = {}
        """Objects and bytes by day; None for objects without a day."""

    def run(self, is_cancelled: Callable[[], bool]) -> Availability:
        """List the place. Errors of S3 are in the result."""
        outcome = list_parallel(
            self._store,
            self._place,
            sink=self._take,
            restart=self._forget,
            is_cancelled=is_cancelled,
            retry_attempts=self._retry_attempts,
            requester_pays=self._requester_pays,
        )
        for page in self._held:
            self._add((None, size) for size in page.sizes)
        counted = {day: DayTotal(objects=n, size_bytes=b) for day, (n, b) in self._days.items()}
        undated = counted.pop(None, DayTotal())
        days = sorted((day, total) for day, total in counted.items() if day is not None)
        return Availability(
            place=self._place,
            span=self._span,
            days={day: total for day, total in days if self._span.has(day)},
            undated=undated,
            outside_objects=sum(t.objects for day, t in days if not self._span.has(day)),
            complete=outcome.complete,
            cancelled=outcome.cancelled,
            problem=outcome.problems[0].error if outcome.problems else None,
            requests=outcome.requests,
        )

    def _forget(self) -> None:
        """Everything is listed again, because the endpoint lists in another order."""
        with self._lock:
            self.objects = self._pages_looked_at = 0
            self._held, self._days = [], {}

    def _take(self, _span: KeySpan, page: KeyPage) -> None:
        page = self._wanted(page)
        with self._lock:
            self.objects += len(page.keys)
            pages = self._readable(page)
        for each in pages:
            rows = zip(each.keys, each.modified_s, each.sizes, strict=True)
            self._add((self._reader.day_of(key, when), size) for key, when, size in rows)

    def _wanted(self, page: KeyPage) -> KeyPage:
        if self._matches is None:
            return page
        rows = [at for at, key in enumerate(page.keys) if self._matches(key)]
        return KeyPage(
            keys=[page.keys[at] for at in rows],
            sizes=[page.sizes[at] for at in rows],
            modified_s=[page.modified_s[at] for at in rows],
        )

    def _readable(self, page: KeyPage) -> list[KeyPage]:
        """The pages to count now; others are held back. Call it under the lock."""
        if page.keys and self._pages_looked_at < HELD_PAGES:
            self._held.append(page)
            is_known = self._reader.learn(page.keys)
            self._pages_looked_at += 1
            if not is_known and self._pages_looked_at < HELD_PAGES:
                return []
            self._pages_looked_at = HELD_PAGES
            pages, self._held = self._held, []
            return pages
        return [page]

    def _add(self, rows: Iterator[tuple[date | None, int]]) -> None:
        sums: dict[date | None, list[int]] = {}
        for day, size in rows:
            known = sums.setdefault(day, [0, 0])
            known[0] += 1
            known[1] += size
        with self._lock:
            for day, (objects, size_bytes) in sums.items():
                known = self._days.setdefault(day, [0, 0])
                known[0] += objects
                known[1] += size_bytes
