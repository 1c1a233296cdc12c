"""Queries that read scrapes from MongoDB."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.database import Database

from s3nav.scrape.resources import GLOBAL, Document, QueryFact, Resource, Where, at_pointer
from s3nav.scrape.stores.mongo_documents import (
    IDENTITY,
    Plain,
    condition,
    fact,
    identity_of,
    joined,
    pattern,
    resource_of,
)
from s3nav.scrape.stores.resource_store import Differing, Group, Ref, Share, Slot, Totals

REFS_PER_QUERY = 500
CACHED_DOCUMENTS = 4
Mongo = Database[Plain]
_BY_QUERY = [(name, 1) for name in IDENTITY]
_COMPARED = {"key": 1, "digest": 1, "service": 1, "region": 1, "operation": 1}


def documents(
    database: Mongo, where: Where, *, limit: int | None, offset: int, newest_first: bool
) -> Iterator[Document]:
    """Yield documents with their chunks joined."""
    order = [("scrape_timestamp", -1), *_BY_QUERY] if newest_first else _BY_QUERY
    found = database["aws_resources"].find(condition(where)).sort(order).skip(offset)
    for each in found.limit(limit or 0):
        chunks: list[Plain] = []
        if each.get("chunks"):
            identity = identity_of(each)
            chunks = list(database["aws_resource_chunks"].find(identity).sort([("number", 1)]))
        yield joined(each, chunks)


def queries(database: Mongo, where: Where) -> Iterator[QueryFact]:
    """Yield queries by scrape, service, region, operation."""
    for each in database["scrape_queries"].find(condition(where)).sort(_BY_QUERY):
        yield fact(QueryFact, each)


def resources(
    database: Mongo, where: Where, *, limit: int | None, offset: int
) -> Iterator[Resource]:
    """Yield resources in the order of their documents."""
    found = database["resources"].find(condition(where)).sort([*_BY_QUERY, ("number", 1)])
    for each in found.skip(offset).limit(limit or 0):
        yield resource_of(each)


def resources_at(database: Mongo, refs: Sequence[Ref]) -> tuple[Resource, ...]:
    """Return resources by id, in the order of `refs`."""
    found: dict[Ref, Resource] = {}
    for start in range(0, len(refs), REFS_PER_QUERY):
        some = list(refs[start : start + REFS_PER_QUERY])
        for each in database["resources"].find({"_id": {"$in": some}}):
            found[each["_id"]] = resource_of(each)
    return tuple(found[ref] for ref in refs if ref in found)


def contents(database: Mongo, found: Iterable[Resource]) -> Iterator[object]:
    """Yield the JSON values of resources, caching the last documents."""
    cached: OrderedDict[Where, Document | None] = OrderedDict()
    for resource in found:
        where = Where(
            scrape_id=resource.scrape_id,
            service=resource.service,
            region=resource.region or GLOBAL,
            operation=resource.operation,
        )
        if where not in cached:
            one = documents(database, where, limit=1, offset=0, newest_first=False)
            cached[where] = next(one, None)
            while len(cached) > CACHED_DOCUMENTS:
                cached.popitem(last=False)
        document = cached[where]
        yield None if document is None else at_pointer(document.response, resource.pointer)


def search(
    database: Mongo, words: Sequence[str], *, scrape_id: str | None, limit: int
) -> tuple[Resource, ...]:
    """Return resources with words that start with each of `words`, newest first."""
    patterns = [found for word in words if (found := pattern(word)) is not None]
    if not patterns:
        return ()
    wanted: Plain = {"$and": [{"words": {"$regex": each}} for each in patterns]}
    if scrape_id is not None:
        wanted["scrape_id"] = scrape_id
    newest = database["resources"].find(wanted).sort([("created_at", -1), ("_id", 1)])
    return tuple(resource_of(each) for each in newest.limit(limit))


def differing(database: Mongo, older: str, newer: str, where: Where) -> Differing:
    """Compare two scrapes by the keys and digests of their resources."""
    before, after = (_by_key(database, name, where) for name in (older, newer))
    common = before.keys() & after.keys()
    changed = [key for key in common if before[key]["digest"] != after[key]["digest"]]
    return Differing(
        added=_slots(after, before),
        removed=_slots(before, after),
        changed=[(before[key]["_id"], after[key]["_id"]) for key in sorted(changed)],
        same=len(common) - len(changed),
    )


def _by_key(database: Mongo, scrape_id: str, where: Where) -> dict[int, Plain]:
    wanted = {**condition(where), "scrape_id": scrape_id}
    return {each["key"]: each for each in database["resources"].find(wanted, _COMPARED)}


def _slots(here: Mapping[int, Plain], other: Mapping[int, Plain]) -> list[Slot]:
    only = [each for key, each in here.items() if key not in other]
    slots = [Slot(e["_id"], e["service"], e["region"], e["operation"]) for e in only]
    return sorted(slots, key=lambda s: (s.service, s.region or "", s.operation, s.ref))


def totals(database: Mongo) -> Totals:
    """Return totals over the whole store."""
    scrapes, found = database["scrapes"], database["aws_resources"]
    newest = scrapes.find_one({}, {"start_time": 1}, sort=[("start_time", -1)])
    return Totals(
        total_scrapes=scrapes.count_documents({}),
        successful_scrapes=scrapes.count_documents({"success": True}),
        failed_scrapes=scrapes.count_documents({"success": False}),
        total_resources=database["resources"].count_documents({}),
        total_documents=found.count_documents({}),
        services_discovered=tuple(sorted(found.distinct("service"))),
        regions_scanned=tuple(sorted(name for name in found.distinct("region") if name)),
        last_scrape=newest["start_time"] if newest else None,
    )


def shares(database: Mongo, group: Group, where: Where) -> tuple[Share, ...]:
    """Count documents and resources by group, largest first."""
    steps: list[Mapping[str, Any]] = [
        {"$match": condition(where)},
        {
            "$group": {
                "_id": f"${group}",
                "documents": {"$sum": 1},
                "resources": {"$sum": "$resources_count"},
            }
        },
        {"$sort": {"resources": -1, "_id": 1}},
    ]
    return tuple(
        Share(name=each["_id"], documents=each["documents"], resources=each["resources"])
        for each in database["aws_resources"].aggregate(steps)
    )


def timeline(database: Mongo, since: datetime) -> Iterator[Plain]:
    """Yield counts by day, with the day as ``_id``."""
    steps: list[Mapping[str, Any]] = [
        {"$match": {"start_time": {"$gte": since}}},
        {
            "$group": {
                "_id": {"$dateToString": {"format": "%Y-%m-%d", "date": "$start_time"}},
                "scrapes": {"$sum": 1},
                "successful": {"$sum": {"$cond": [{"$eq": ["$success", True]}, 1, 0]}},
                "documents": {"$sum": "$documents"},
                "resources": {"$sum": "$total_resources_saved"},
            }
        },
        {"$sort": {"_id": 1}},
    ]
    yield from database["scrapes"].aggregate(steps)
