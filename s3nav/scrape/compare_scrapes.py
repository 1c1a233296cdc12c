"""Compare two scrapes: added, removed, changed — and unknown where nobody can tell.

A thing is only called removed when the newer scrape asked for it and got all of the answer. Order,
`ResponseMetadata` and members that change by themselves are no change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources import QueryFact, Resource, ScrapeRecord, Where, settled
from s3nav.scrape.stores import Ref, ResourceStore, Slot

NOT_ASKED = "not asked"
FIELDS_SHOWN = 50
"""Changed members told of one resource."""
CHARACTERS_SHOWN = 500

Verdict = Literal["added", "removed", "changed", "unknown"]


class FieldChange(msgspec.Struct, frozen=True, kw_only=True):
    """One member that differs; None for one that is not there."""

    path: str
    before: object = None
    after: object = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that differs."""

    verdict: Verdict
    resource: Resource
    """The newer one, unless there is only an older one."""
    reason: str = ""
    """Of an unknown one: why nobody can tell."""
    fields: Sequence[FieldChange] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two scrapes side by side. Counts cover everything, `changes` the first of each kind."""

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
    """Compare two scrapes, or a part of them; at most `limit` changes of each kind are told."""
    where = replace(where, scrape_id=None)
    differing = store.differing(older.scrape_id, newer.scrape_id, where)
    gone = _sorted_out(differing.removed, _judge(store, newer, older, where))
    new = _sorted_out(differing.added, _judge(store, older, newer, where))
    pairs = differing.changed
    changes = [
        *_told(store, "added", [slot.ref for slot in new.certain[:limit]]),
        *_told(store, "removed", [slot.ref for slot in gone.certain[:limit]]),
        *_changed(store, pairs[:limit]),
        *_unknown(store, [*gone.unsure, *new.unsure][:limit]),
    ]
    return Comparison(
        older=older,
        newer=newer,
        where=where,
        added=len(new.certain),
        removed=len(gone.certain),
        changed=len(pairs),
        unknown=len(gone.unsure) + len(new.unsure),
        same=differing.same,
        changes=changes,
    )


def changed_fields(before: object, after: object, path: str = "") -> Iterator[FieldChange]:
    """Where two values differ, volatile members and the order of lists aside."""
    yield from _fields(settled(before), settled(after), path)


class _Sorted(msgspec.Struct, frozen=True):
    certain: list[Slot]
    unsure: list[tuple[Slot, str]]


def _judge(
    store: ResourceStore, missing_in: ScrapeRecord, present_in: ScrapeRecord, where: Where
) -> Callable[[Slot], str]:
    """Why the absence of a thing means nothing; empty when it does mean something."""
    asked = {
        (query.service, query.region, query.operation): query
        for query in store.queries(replace(where, scrape_id=missing_in.scrape_id))
    }
    # What aws-list-all finds empty may hold defaults that it leaves out.
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


def _sorted_out(slots: Sequence[Slot], why: Callable[[Slot], str]) -> _Sorted:
    result = _Sorted([], [])
    for slot in slots:
        reason = why(slot)
        if reason:
            result.unsure.append((slot, reason))
        else:
            result.certain.append(slot)
    return result


def _told(store: ResourceStore, verdict: Verdict, refs: list[Ref]) -> Iterator[Change]:
    for resource in store.resources_at(refs):
        yield Change(verdict=verdict, resource=resource)


def _unknown(store: ResourceStore, unsure: Sequence[tuple[Slot, str]]) -> Iterator[Change]:
    found = store.resources_at([slot.ref for slot, _ in unsure])
    for resource, (_, reason) in zip(found, unsure, strict=False):
        yield Change(verdict="unknown", resource=resource, reason=reason)


def _changed(store: ResourceStore, pairs: Sequence[tuple[Ref, Ref]]) -> Iterator[Change]:
    before = store.resources_at([pair[0] for pair in pairs])
    after = store.resources_at([pair[1] for pair in pairs])
    # Document by document: each is read once.
    ordered = sorted(zip(before, after, strict=True), key=lambda pair: _place(pair[1]))
    contents = store.contents([resource for pair in ordered for resource in pair])
    for _, new in ordered:
        old_content, new_content = next(contents), next(contents)
        fields = [*changed_fields(old_content, new_content)][:FIELDS_SHOWN]
        yield Change(verdict="changed", resource=new, fields=fields)


def _place(resource: Resource) -> tuple[str, str, str, str]:
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
    """Lists of as many objects are compared one by one; others as a whole."""
    return len(before) == len(after) and all(
        isinstance(each, Mapping) for each in (*before, *after)
    )


def _short(value: object) -> object:
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= CHARACTERS_SHOWN else text[:CHARACTERS_SHOWN] + "…"
