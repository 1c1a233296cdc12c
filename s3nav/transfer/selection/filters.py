"""Keep the listed objects that pass all filters, and count why others are left out."""

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.request_counts import UsageBook
from s3nav.transfer.selection.key_dates import DatePattern, find_pattern
from s3nav.transfer.selection.selection import Filters

Page = Sequence[ObjectFact]
Question = tuple[str, Callable[[Page], Page]]
"""The reason to leave objects out, and what keeps the others of a page."""
NO_DATE = "no date in its key"
OUTSIDE_DATES = "outside the dates"
MISSING_SHOWN = 20
"""How many missing objects are named; the others are only counted."""


class SelectionStats(msgspec.Struct, kw_only=True):
    """Counters of one selection; only the thread that lists it writes them."""

    list_requests: int = 0
    lists_by_bucket: dict[str, int] = msgspec.field(default_factory=dict)
    """The same, by bucket."""
    inventory_at: datetime | None = None
    """When the inventory that replaced the listing was made; None without one. Aware, UTC."""
    inventory: UsageBook = msgspec.field(default_factory=dict)
    """Requests sent to read the inventory."""
    head_requests: int = 0
    """For versions that a manifest names."""
    listed_files: int = 0
    """Objects of the sources, before filters."""
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    """Reason to the number of objects left out."""
    date_patterns: dict[str, str] = msgspec.field(default_factory=dict)
    """Source to the date pattern found in its keys."""
    missing: list[str] = msgspec.field(default_factory=list)
    """The first `MISSING_SHOWN` objects that a manifest names and the bucket does not have."""
    missing_files: int = 0
    empty: list[str] = msgspec.field(default_factory=list)
    """Sources without an object, where others have some."""
    denied: list[str] = msgspec.field(default_factory=list)
    """Sources that the credentials may not list."""

    @property
    def left_out_files(self) -> int:
        """Objects that filters left out."""
        return sum(self.left_out.values())

    def ask(self, bucket: str) -> None:
        """Count a LIST request."""
        self.list_requests += 1
        self.lists_by_bucket[bucket] = self.lists_by_bucket.get(bucket, 0) + 1

    def leave_out(self, reason: str, files: int) -> None:
        """Count objects that a filter left out."""
        if files:
            self.left_out[reason] = self.left_out.get(reason, 0) + files

    def miss(self, source: str) -> None:
        """Count an object that does not exist."""
        self.missing_files += 1
        if len(self.missing) < MISSING_SHOWN:
            self.missing.append(source)


class ObjectFilter:
    """All filters of a selection, on the objects of one source, page by page in key order.

    Dates in keys need a pattern. If the filters have none, the first page whose keys follow a known
    pattern decides.
    """

    def __init__(
        self, filters: Filters, stats: SelectionStats | None = None, *, source: str = ""
    ) -> None:
        """Count what is left out in `stats`. Raises UsageError for contradictory filters."""
        self.stats = SelectionStats() if stats is None else stats
        self.days: DayFilter | None = None
        """The filter on dates in keys, once their pattern is known."""
        self._source = source
        self._filters = filters
        self._asks_for_days = asks_for_days(filters)
        start, end = filters.start_date, filters.end_date
        if start is not None and end is not None and start > end:
            raise UsageError(f"start date {start} is after end date {end}", slug="bad-dates")
        if filters.date_pattern:
            DatePattern.parse(filters.date_pattern)
        self._questions = (
            *_key_questions(filters),
            *_size_questions(filters),
            *_date_questions(filters),
        )

    def keep(self, facts: Sequence[ObjectFact]) -> Sequence[ObjectFact]:
        """The objects that pass, in order; the others are counted under the first reason."""
        for reason, question in self._questions:
            kept = question(facts)
            self.stats.leave_out(reason, len(facts) - len(kept))
            facts = kept
        if not (self._asks_for_days and facts):
            return facts
        days = self.find_days([fact.key for fact in facts])
        if days is None:
            self.stats.leave_out(NO_DATE, len(facts))
            return ()
        return days.keep(facts, self.stats)

    def find_days(self, keys: Sequence[str]) -> "DayFilter | None":
        """The filter on dates in keys; None while no key has followed a known pattern."""
        if self.days is None:
            text = self._filters.date_pattern or find_pattern(keys)
            if text:
                self.days = DayFilter(DatePattern.parse(text), self._filters)
                if self._source:
                    self.stats.date_patterns[self._source] = text
        return self.days


class DayFilter:
    """Keeps objects whose key has a date within the range."""

    def __init__(self, pattern: DatePattern, filters: Filters) -> None:
        self.pattern = pattern
        self._start, self._end = filters.start_date, filters.end_date

    def wants(self, prefix: str) -> bool | None:
        """Whether keys with this prefix are in the range; None when the prefix has no date."""
        days = self.pattern.days_of(prefix)
        return None if days is None else days.meet(self._start, self._end)

    def keep(self, facts: Sequence[ObjectFact], stats: SelectionStats) -> Sequence[ObjectFact]:
        """The objects to keep, in order; the others are counted in `stats`."""
        answers = [self.wants(fact.key) for fact in facts]
        stats.leave_out(NO_DATE, answers.count(None))
        stats.leave_out(OUTSIDE_DATES, answers.count(False))
        return [fact for fact, answer in zip(facts, answers, strict=True) if answer]


def asks_for_days(filters: Filters) -> bool:
    """Whether the filters have a range of days for the dates in keys."""
    limited = filters.start_date is not None or filters.end_date is not None
    return filters.date_from == "key" and limited


def compile_globs(globs: Sequence[str]) -> re.Pattern[str]:
    """One expression that matches whole keys that match any glob. Raises UsageError."""
    for glob in globs:
        check_glob(glob)
    return re.compile("|".join(f"(?:{fnmatch.translate(glob)})" for glob in globs), re.DOTALL)


def check_glob(glob: str) -> None:
    """Raise UsageError for a bracket that is not closed or a range that runs backwards."""
    position = 0
    while (position := glob.find("[", position)) >= 0:
        # As in fnmatch, `]` directly after `[` or `[!` stands for itself.
        first = position + 1 + (glob[position + 1 : position + 2] == "!")
        end = glob.find("]", first + 1)
        if end < 0:
            raise _bad_glob(glob, "`[` is not closed")
        for low, high in re.findall(r"(.)-(.)", glob[first:end], re.DOTALL):
            if low > high:
                raise _bad_glob(glob, f"`{low}-{high}` runs backwards")
        position = end + 1


def _bad_glob(glob: str, why: str) -> UsageError:
    return UsageError(
        f"`{glob}` is not a glob: {why}",
        remedy="write [[] for the character itself",
        slug="bad-glob",
    )


def _each(is_kept: Callable[[ObjectFact], bool]) -> Callable[[Page], Page]:
    return lambda facts: [fact for fact in facts if is_kept(fact)]


def _by_regex(texts: Sequence[str], *, is_wanted: bool) -> Callable[[Page], Page]:
    from s3nav.transfer.selection.user_regex import (  # noqa: PLC0415  # few selections need it
        UserRegex,
    )

    regex = UserRegex(texts)

    def kept(facts: Page) -> Page:
        if not facts:
            return facts
        found = regex.found_in([fact.key for fact in facts])
        return [fact for fact, is_found in zip(facts, found, strict=True) if is_found is is_wanted]

    return kept


def _key_questions(filters: Filters) -> Iterator[Question]:
    if filters.extensions:
        endings = filters.extensions
        yield "another extension", _each(lambda fact: fact.key.lower().endswith(endings))
    if filters.include:
        wanted = compile_globs(filters.include)
        yield "not included", _each(lambda fact: wanted.match(fact.key) is not None)
    if filters.include_regex:
        yield "not included", _by_regex(filters.include_regex, is_wanted=True)
    if filters.exclude:
        unwanted = compile_globs(filters.exclude)
        yield "excluded", _each(lambda fact: unwanted.match(fact.key) is None)
    if filters.exclude_regex:
        yield "excluded", _by_regex(filters.exclude_regex, is_wanted=False)


def _size_questions(filters: Filters) -> Iterator[Question]:
    smallest, largest = filters.min_size_bytes, filters.max_size_bytes
    if smallest is not None and largest is not None and smallest > largest:
        raise UsageError(
            f"minimum size {smallest} is above maximum size {largest}", slug="bad-sizes"
        )
    if smallest is not None:
        yield "too small", _each(lambda fact: fact.size_bytes >= smallest)
    if largest is not None:
        yield "too large", _each(lambda fact: fact.size_bytes <= largest)
    if filters.storage_classes:
        classes = frozenset(name.upper() for name in filters.storage_classes)
        yield "another storage class", _each(lambda fact: fact.storage_class in classes)


def _date_questions(filters: Filters) -> Iterator[Question]:
    if filters.date_from == "key":
        return
    start, end = filters.start_date, filters.end_date
    if start is not None:
        first = datetime.combine(start, time(), UTC)
        yield (
            OUTSIDE_DATES,
            _each(lambda fact: fact.modified_at is not None and fact.modified_at >= first),
        )
    if end is not None:
        after = datetime.combine(end, time(), UTC) + timedelta(days=1)
        yield (
            OUTSIDE_DATES,
            _each(lambda fact: fact.modified_at is not None and fact.modified_at < after),
        )
