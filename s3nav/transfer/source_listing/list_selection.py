"""List what a selection chooses: each object once, page by page."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.model.errors import AccessDeniedError, NotFoundError, UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.selection import (
    NO_DATE,
    DatePattern,
    DaySieve,
    Filters,
    Search,
    Selection,
    SelectionStats,
    Sieve,
    asks_for_days,
    find_pattern,
    searches_of,
)
from s3nav.transfer.source_listing.date_pruning import wanted_spans
from s3nav.transfer.source_listing.inventory_source import check_inventory, from_inventory
from s3nav.transfer.source_listing.object_lister import Lister
from s3nav.transfer.source_listing.pinned_versions import named_versions

Chosen = tuple[str, Sequence[ObjectFact]]
"""A bucket and objects of it, in the order of their keys."""


def check_selection(selection: Selection) -> None:
    """Raise UsageError when the selection makes no sense; asks S3 nothing."""
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
            "a plan is replayed as it is: filters do not apply",
            remedy="leave them out, or plan anew",
            slug="filtered-plan",
        )
    if selection.shard and not selection.plan:
        raise UsageError(
            "only a frozen plan can be shared out",
            remedy="`download … --dry-run --write-plan FILE` once, then `download --plan FILE"
            f" --shard {selection.shard}` on each machine",
            slug="shard-without-plan",
        )
    searches_of(selection.sources)
    Sieve(selection.filters)
    if inventory is not None:
        check_inventory(inventory, selection.sources, selection.filters)


def choose(
    store: ObjectStore,
    selection: Selection,
    tally: SelectionStats,
    check_stop: Callable[[], None] = lambda: None,
) -> Iterator[Chosen]:
    """Yield each object chosen, in the order of sources and keys; `tally` counts meanwhile.

    Raises UsageError as `check` does, before anything is listed, and when nothing is left to
    download; NotFoundError for a bucket or a named key with nothing behind it.
    """
    check_selection(selection)
    if selection.inventory is not None:
        return from_inventory(selection.inventory, selection, tally, check_stop)
    lister = Lister(store, tally, requester_pays=selection.requester_pays)
    if selection.plan is not None:
        return selection.plan.objects(selection.shard)
    if selection.manifest is not None:
        return _named(lister, selection, tally)
    return _Choice(lister, selection, tally).pages()


def _named(lister: Lister, selection: Selection, tally: SelectionStats) -> Iterator[Chosen]:
    """The objects of a manifest; those that are not there are chosen too, to fail by name."""
    sieve = Sieve(selection.filters)
    dated = _named_days(selection)
    manifest = selection.manifest
    versions = manifest.versions if manifest else {}
    for bucket, keys in manifest.keys.items() if manifest else ():
        for found, missing in named_versions(lister, bucket, keys, versions):
            tally.listed_files += len(found)
            kept = sieve.keep(found, tally)
            kept = dated.keep(kept, tally) if dated else kept
            for key in missing:
                tally.miss(f"s3://{bucket}/{key}")
            absent = [
                ObjectFact(key=key, size_bytes=0, version_id=versions.get((bucket, key), ""))
                for key in missing
            ]
            # Both in order, and missing ones are few: the namer wants one order.
            yield bucket, sorted([*kept, *absent], key=_by_key) if absent else kept


def _by_key(fact: ObjectFact) -> bytes:
    return fact.key.encode("utf-8", "surrogatepass")


def _named_days(selection: Selection) -> DaySieve | None:
    filters = selection.filters
    if not (selection.manifest and asks_for_days(filters)):
        return None
    keys = [key for keys in selection.manifest.keys.values() for key in keys[:1000]]
    text = filters.date_pattern or find_pattern(keys[:1000])
    return DaySieve(DatePattern.parse(text or "%Y%m%d"), filters)


class _Choice:
    """Lists the sources of one selection, one after the other."""

    def __init__(self, lister: Lister, selection: Selection, tally: SelectionStats) -> None:
        self._lister = lister
        self._searches = searches_of(selection.sources)
        self._filters = selection.filters
        self._sieve = Sieve(selection.filters)
        self._tally = tally
        self._asks_for_days = asks_for_days(selection.filters)
        self._days: DaySieve | None = None
        self._is_pruned = False

    def pages(self) -> Iterator[Chosen]:
        """Every source's objects after the filters."""
        for index, search in enumerate(self._searches):
            before = [s.matches for s in self._searches[:index] if s.meets(search)]
            listed_before = self._tally.listed_files
            self._days, self._is_pruned = None, False
            for facts in self._allowed(search):
                self._tally.listed_files += len(facts)
                fresh = [f for f in facts if not any(m(f.key) for m in before)] if before else facts
                kept = self._sieve.keep(fresh, self._tally)
                yield search.bucket, self._of_days(search, kept) if self._asks_for_days else kept
            is_empty = self._tally.listed_files == listed_before and not self._is_pruned
            is_last = index == len(self._searches) - 1
            may_be_absent = search.source.may_be_absent and (
                self._tally.listed_files or not is_last
            )
            if is_empty and search.source.place.key and not may_be_absent:
                raise _nothing_behind(search)

    def _allowed(self, search: Search) -> Iterator[Sequence[ObjectFact]]:
        """What `_listed` yields; nothing where the credentials do not reach and that is fine."""
        try:
            yield from self._listed(search)
        except AccessDeniedError:
            self._tally.denied.append(str(search.source.place))
            is_all = len(self._tally.denied) == len(self._searches)
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
            self._days = None
        for facts in self._below(search, head):
            yield [f for f in facts if search.matches(f.key)] if search.is_glob else facts

    def _below(self, search: Search, head: str) -> Iterator[Sequence[ObjectFact]]:
        first = self._lister.page(search.bucket, head)
        spans = None
        if self._asks_for_days and first.next_token is not None:
            self._find_days(search, first.objects)
            if self._days is not None:
                spans = wanted_spans(self._lister, search.bucket, head, self._days)
        if spans is None:
            for page in self._lister.rest(search.bucket, head, first):
                yield page.objects
            return
        self._is_pruned = True
        for span in spans:
            yield from self._lister.span(search.bucket, head, span)

    def _of_days(self, search: Search, facts: Sequence[ObjectFact]) -> Sequence[ObjectFact]:
        """Those whose key has a wanted date."""
        self._find_days(search, facts)
        if self._days is None:
            self._tally.leave_out(NO_DATE, len(facts))
            return ()
        return self._days.keep(facts, self._tally)

    def _find_days(self, search: Search, facts: Sequence[ObjectFact]) -> None:
        """Settle on the pattern of a source with the first page that has one."""
        if self._days is None:
            text = self._filters.date_pattern or find_pattern([fact.key for fact in facts])
            if text:
                self._tally.date_patterns[str(search.source.place)] = text
                self._days = DaySieve(DatePattern.parse(text), self._filters)


def _nothing_behind(search: Search) -> NotFoundError:
    return NotFoundError(
        f"nothing matches {search.source.place}",
        remedy=f"`s3nav --headless ls s3://{search.bucket}/` lists what is there",
        slug="no-such-key",
    )
