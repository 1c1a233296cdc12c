"""List the objects of a selection, each once, page by page."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.model.errors import AccessDeniedError, NotFoundError, UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import is_ordered, key_bytes
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.selection import (
    Filters,
    ObjectFilter,
    Search,
    Selection,
    SelectionStats,
    asks_for_days,
    searches_of,
)
from s3nav.transfer.source_listing.date_pruning import wanted_spans
from s3nav.transfer.source_listing.inventory_source import check_inventory, from_inventory
from s3nav.transfer.source_listing.object_lister import PAGE, Lister, named_versions

_COMPRESSED = (".gz", ".zst", ".lz4", ".bz2")
Chosen = tuple[str, Sequence[ObjectFact]]
"""A bucket and some of its objects, in key order."""


def check_selection(selection: Selection) -> None:
    """Raise UsageError for a contradictory selection; sends no request."""
    inventory = selection.inventory
    has_place = bool(selection.sources) or inventory is not None
    named = [has_place, bool(selection.manifest), bool(selection.plan)]
    if not any(named):
        raise UsageError(
            "nothing to download was named", remedy="name s3://bucket/prefix", slug="no-source"
        )
    if sum(named) > 1:
        raise UsageError(
            "sources, a manifest and a plan exclude each other",
            remedy="name one of them",
            slug="several-sources",
        )
    if selection.plan and selection.filters != Filters():
        raise UsageError(
            "filters do not apply to the replay of a plan",
            remedy="leave them out, or make another plan",
            slug="filtered-plan",
        )
    if selection.shard and not selection.plan:
        raise UsageError(
            "only a plan file can be divided into shards",
            remedy="`download … --dry-run --write-plan FILE` once, then `download --plan FILE"
            f" --shard {selection.shard}` on each machine",
            slug="shard-without-plan",
        )
    searches_of(selection.sources)
    ObjectFilter(selection.filters)
    if inventory is not None:
        check_inventory(inventory, selection.sources, selection.filters)


def choose(
    store: ObjectStore,
    selection: Selection,
    stats: SelectionStats,
    check_stop: Callable[[], None] = lambda: None,
) -> Iterator[Chosen]:
    """Yield the selected objects in the order of sources and keys; counts into `stats`.

    Raises UsageError as `check_selection` does, and NotFoundError for a missing bucket, or when no
    source has an object and one names a key.
    """
    check_selection(selection)
    if selection.inventory is not None:
        return from_inventory(selection.inventory, selection, stats, check_stop)
    lister = Lister(
        store,
        stats,
        requester_pays=selection.requester_pays,
        suffixes=_COMPRESSED if selection.decompress else (),
    )
    if selection.plan is not None:
        return selection.plan.objects(selection.shard)
    if selection.manifest is not None:
        return _named(lister, selection, stats)
    return _Choice(lister, selection, stats).pages()


def _named(lister: Lister, selection: Selection, stats: SelectionStats) -> Iterator[Chosen]:
    """The objects of a manifest; missing ones are yielded too, so that they fail by name."""
    assert selection.manifest is not None
    manifest = selection.manifest
    chosen = ObjectFilter(selection.filters, stats)
    if asks_for_days(selection.filters):
        # The pages below may be as small as one key: let many keys decide on the pattern.
        first = [key for keys in manifest.keys.values() for key in keys[:PAGE]]
        chosen.find_days(first[:PAGE])
    for bucket, keys in manifest.keys.items():
        for found, missing in named_versions(lister, bucket, keys, manifest.versions):
            stats.listed_files += len(found)
            kept = chosen.keep(found)
            for key in missing:
                stats.miss(f"s3://{bucket}/{key}")
            absent = [
                ObjectFact(
                    key=key, size_bytes=0, version_id=manifest.versions.get((bucket, key), "")
                )
                for key in missing
            ]
            # Both are in order and few are missing; the namer needs one order.
            if absent:
                kept = sorted([*kept, *absent], key=lambda fact: key_bytes(fact.key))
            yield bucket, kept


class _Choice:
    """Lists the sources of one selection, one after the other."""

    def __init__(self, lister: Lister, selection: Selection, stats: SelectionStats) -> None:
        self._lister = lister
        self._searches = searches_of(selection.sources)
        self._filters = selection.filters
        self._filter = ObjectFilter(selection.filters, stats)
        self._stats = stats
        self._is_pruned = False

    def pages(self) -> Iterator[Chosen]:
        """Every source's objects after the filters."""
        empty: list[Search] = []
        is_pruned = False
        for index, search in enumerate(self._searches):
            before = [s.matches for s in self._searches[:index] if s.meets(search)]
            listed_before = self._stats.listed_files
            source = str(search.source.place)
            self._filter = ObjectFilter(self._filters, self._stats, source=source)
            self._is_pruned = False
            for facts in self._allowed(search):
                self._stats.listed_files += len(facts)
                fresh = [f for f in facts if not any(m(f.key) for m in before)] if before else facts
                yield search.bucket, self._filter.keep(fresh)
            is_empty = self._stats.listed_files == listed_before and not self._is_pruned
            is_pruned = is_pruned or self._is_pruned
            if is_empty and search.source.place.key:
                empty.append(search)
                if not search.source.may_be_absent:
                    self._stats.empty.append(source)
        # One source without objects does not stop the others.
        if empty and not is_pruned and not self._stats.listed_files:
            raise _no_objects(empty[0])

    def _allowed(self, search: Search) -> Iterator[Sequence[ObjectFact]]:
        """Objects of one source; none if access is denied and the source may be denied."""
        try:
            yield from self._listed(search)
        except AccessDeniedError:
            self._stats.denied.append(str(search.source.place))
            is_all = len(self._stats.denied) == len(self._searches)
            if is_all or not search.source.may_be_denied:
                raise

    def _listed(self, search: Search) -> Iterator[Sequence[ObjectFact]]:
        """Objects of one source, before the filters."""
        bucket, head = search.bucket, search.head
        if search.is_exact or not (search.covers_head or search.is_glob):
            yield self._lister.exact(bucket, head)
            if search.is_exact:
                return
            head += "/"
            self._filter.days = None
        for facts in self._below(search, head):
            yield [f for f in facts if search.matches(f.key)] if search.is_glob else facts

    def _below(self, search: Search, head: str) -> Iterator[Sequence[ObjectFact]]:
        first = self._lister.page(search.bucket, head)
        spans = None
        are_ordered = is_ordered([fact.key for fact in first.objects], "")
        if asks_for_days(self._filters) and first.next_token is not None and are_ordered:
            days = self._filter.find_days([fact.key for fact in first.objects])
            if days is not None:
                spans = wanted_spans(self._lister, search.bucket, head, days)
        if spans is None:
            yield from self._lister.rest(search.bucket, head, first)
            return
        self._is_pruned = True
        yield from self._lister.spans(search.bucket, head, spans)


def _no_objects(search: Search) -> NotFoundError:
    return NotFoundError(
        f"nothing matches {search.source.place}",
        remedy=f"`s3nav --headless ls s3://{search.bucket}/` lists the bucket",
        slug="no-such-key",
    )
