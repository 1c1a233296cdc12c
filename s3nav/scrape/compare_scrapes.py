"""Compare two scrapes: each resource is added, removed, changed, the same or unknown.

A resource is called removed only when the newer scrape ran its query and got a complete answer;
otherwise it is unknown. The order of lists, `ResponseMetadata` and volatile members are ignored.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources import QueryFact, Resource, ScrapeRecord, Where, stable_form
from s3nav.scrape.stores import Ref, ResourceStore, Slot

NOT_ASKED = "not asked"
FIELDS_SHOWN = 50
"""Changed members reported for one resource."""
CHARACTERS_SHOWN = 500

Verdict = Literal["added", "removed", "changed", "unknown"]


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One member that differs; None stands for a missing member."""

    path: str
    before: object = None
    after: object = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that differs."""

    verdict: Verdict
    resource: Resource
    """The newer resource, or the older one when it was removed."""
    reason: str = ""
    """Why an unknown resource cannot be decided."""
    fields: Sequence[FieldChange] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The differences of two scrapes. Counts cover all; `changes` has the first of each kind."""

    older: ScrapeRecord
    newer: ScrapeRecord
    where: Where
    added: int
    removed: int
    changed: int
    unknown: int
    same: int
    changes: Sequence[Change]


def compare(
    store: ResourceStore, older: ScrapeRecord, newer: ScrapeRecord, where: Where, *, limit: int
) -> Comparison:
    """Compare two scrapes, or a part of them; return at most `limit` changes of each kind."""
    where = replace(where, scrape_id=None)
    differing = store.differing(older.scrape_id, newer.scrape_id, where)
    removed = _split(differing.removed, _inconclusive_reason(store, newer, older, where))
    new = _split(differing.added, _inconclusive_reason(store, older, newer, where))
    pairs = differing.changed
    changes = [
        *_changes_at(store, "added", [slot.ref for slot in new.certain[:limit]]),
        *_changes_at(store, "removed", [slot.ref for slot in removed.certain[:limit]]),
        *_changed(store, pairs[:limit]),
        *_unknown(store, [*removed.unsure, *new.unsure][:limit]),
    ]
    return Comparison(
        older=older,
        newer=newer,
        where=where,
        added=len(new.certain),
        removed=len(removed.certain),
        changed=len(pairs),
        unknown=len(removed.unsure) + len(new.unsure),
        same=differing.same,
        changes=changes,
    )


def changed_fields(before: object, after: object, path: str = "") -> Iterator[FieldChange]:
    """Yield where two values differ, ignoring volatile members and the order of lists."""
    yield from _fields(stable_form(before), stable_form(after), path)


class _Split(msgspec.Struct, frozen=True):
    certain: list[Slot]
    unsure: list[tuple[Slot, str]]


def _inconclusive_reason(
    store: ResourceStore, missing_in: ScrapeRecord, present_in: ScrapeRecord, where: Where
) -> Callable[[Slot], str]:
    """Return a function that says why a resource's absence proves nothing; empty if it does."""
    asked = {
        (query.service, query.region, query.operation): query
        for query in store.queries(replace(where, scrape_id=missing_in.scrape_id))
    }
    # aws-list-all reports a query as empty when it has only default resources, which it hides.
    empties_count = missing_in.engine in {present_in.engine, "native"}

    def why(slot: Slot) -> str:
        query = asked.get((slot.service, slot.region, slot.operation))
        if query is None:
            return NOT_ASKED
        if query.status is QueryStatus.EMPTY and not empties_count:
            return "left out by another engine"
        return "" if query.status.is_conclusive else _words(query)

    return why


def _words(query: QueryFact) -> str:
    return f"{query.status.value} ({query.code})" if query.code else query.status.value


def _split(slots: Sequence[Slot], why: Callable[[Slot], str]) -> _Split:
    result = _Split([], [])
    for slot in slots:
        reason = why(slot)
        if reason:
            result.unsure.append((slot, reason))
        else:
            result.certain.append(slot)
    return result


def _changes_at(store: ResourceStore, verdict: Verdict, refs: list[Ref]) -> Iterator[Change]:
    for resource in store.resources_at(refs):
        yield Change(verdict=verdict, resource=resource)


def _unknown(store: ResourceStore, unsure: Sequence[tuple[Slot, str]]) -> Iterator[Change]:
    found = store.resources_at([slot.ref for slot, _ in unsure])
    for resource, (_, reason) in zip(found, unsure, strict=False):
        yield Change(verdict="unknown", resource=resource, reason=reason)


def _changed(store: ResourceStore, pairs: Sequence[tuple[Ref, Ref]]) -> Iterator[Change]:
    before = store.resources_at([pair[0] for pair in pairs])
    after = store.resources_at([pair[1] for pair in pairs])
    # In document order, so that each document is read once.
    ordered = sorted(zip(before, after, strict=True), key=lambda pair: _document_order(pair[1]))
    contents = store.contents([resource for pair in ordered for resource in pair])
    for _, new in ordered:
        old_content, new_content = next(contents), next(contents)
        fields = [*changed_fields(old_content, new_content)][:FIELDS_SHOWN]
        yield Change(verdict="changed", resource=new, fields=fields)


def _document_order(resource: Resource) -> tuple[str, str, str, str]:
    return (resource.service, resource.region or "", resource.operation, resource.id)


def _fields(before: object, after: object, path: str) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from _fields(
                before.get(name), after.get(name), f"{path}.{name}" if path else name
            )
    elif isinstance(before, list) and isinstance(after, list) and _alike(before, after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _fields(old, new, f"{path}[{number}]")
    else:
        yield FieldChange(path=path, before=_short(before), after=_short(after))


def _alike(before: Sequence[object], after: Sequence[object]) -> bool:
    """True for lists with the same number of objects, which are compared one by one."""
    return len(before) == len(after) and all(
        isinstance(each, Mapping) for each in (*before, *after)
    )


def _short(value: object) -> object:
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= CHARACTERS_SHOWN else text[:CHARACTERS_SHOWN] + "…"
