"""The filters of a selection on objects that somebody else has listed."""

from collections.abc import Sequence

from s3nav.model.objects import ObjectFact
from s3nav.transfer.selection import (
    DatePattern,
    DaySieve,
    Filters,
    SelectionStats,
    Sieve,
    asks_for_days,
    find_pattern,
)


class ObjectFilter:
    """All filters, dates in keys too. Raises UsageError for impossible ones."""

    def __init__(self, filters: Filters) -> None:
        self.tally = SelectionStats()
        """What was left out, and why."""
        self._filters = filters
        self._sieve = Sieve(filters)
        self._asks_for_days = asks_for_days(filters)
        self._days: DaySieve | None = None

    def keep(self, facts: Sequence[ObjectFact]) -> Sequence[ObjectFact]:
        """Those that pass, in order; give them page by page in the order of keys."""
        kept = self._sieve.keep(facts, self.tally)
        if not self._asks_for_days:
            return kept
        if self._days is None:
            text = self._filters.date_pattern or find_pattern([fact.key for fact in facts])
            if text:
                self._days = DaySieve(DatePattern.parse(text), self._filters)
        return self._days.keep(kept, self.tally) if self._days else ()
