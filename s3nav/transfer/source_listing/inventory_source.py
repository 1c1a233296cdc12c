"""Select objects from an S3 Inventory in place of a listing."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import S3Uri, key_bytes
from s3nav.model.ports.inventory import Inventory
from s3nav.transfer.selection import (
    Filters,
    ObjectFilter,
    Search,
    Selection,
    SelectionStats,
    Source,
    asks_for_days,
    searches_of,
)

_TIME, _CLASS = "LastModifiedDate", "StorageClass"


def check_inventory(inventory: Inventory, sources: Sequence[Source], filters: Filters) -> None:
    """Raise UsageError for sources of another bucket, and for filters that lack their column."""
    for source in sources:
        if source.place.bucket != inventory.bucket:
            raise UsageError(
                f"the inventory is of s3://{inventory.bucket}, not of {source.place}",
                remedy="name a prefix of its bucket, or none",
                slug="other-inventory",
            )
    has_days = filters.start_date is not None or filters.end_date is not None
    asked = {
        _TIME: has_days and not asks_for_days(filters),
        _CLASS: bool(filters.storage_classes),
    }
    lacking = [name for name in inventory.missing if asked.get(name)]
    if lacking:
        raise UsageError(
            f"the inventory has no column {lacking[0]}, which a filter needs",
            remedy="leave the filter out, or add the field to the inventory's configuration",
            slug="bad-inventory",
        )


def from_inventory(
    inventory: Inventory, selection: Selection, stats: SelectionStats, check: Callable[[], None]
) -> Iterator[tuple[str, Sequence[ObjectFact]]]:
    """Yield the selected objects in key order; counts into `stats`.

    `check` is called while the inventory is read, and may raise. Raises NotFoundError for a source
    without objects, and the errors of reading the inventory.
    """
    everything = (Source(place=S3Uri(inventory.bucket)),)
    searches = searches_of(selection.sources or everything)
    shares = [_Share(search, selection.filters, stats) for search in searches]
    stats.inventory, stats.inventory_at = inventory.asked, inventory.created_at
    for facts in inventory.objects([search.head for search in searches], check):
        left, kept = facts, list[ObjectFact]()
        for share in shares:
            mine = [fact for fact in left if share.search.matches(fact.key)]
            if len(shares) > 1:
                left = [fact for fact in left if not share.search.matches(fact.key)]
            stats.listed_files += len(mine)
            share.found_files += len(mine)
            kept += share.filter.keep(mine)
        if len(shares) > 1:
            kept.sort(key=lambda fact: key_bytes(fact.key))
        yield inventory.bucket, kept
    # One source without objects does not stop the others.
    empty = [str(share.search.source.place) for share in shares if share.is_empty]
    if empty and len(empty) == len(shares):
        raise NotFoundError(
            f"nothing in the inventory matches {empty[0]}",
            remedy="newer objects are missing in it: leave --inventory out to list the bucket",
            slug="no-such-key",
        )
    stats.empty += empty


class _Share:
    """The objects of one source."""

    def __init__(self, search: Search, filters: Filters, stats: SelectionStats) -> None:
        self.search = search
        self.filter = ObjectFilter(filters, stats, source=str(search.source.place))
        self.found_files = 0

    @property
    def is_empty(self) -> bool:
        """True when the inventory has no object of the source, which names a key."""
        source = self.search.source
        return bool(source.place.key) and not self.found_files and not source.may_be_absent
