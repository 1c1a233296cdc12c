"""What is written to a MongoDB with scrapes."""

from collections.abc import Sequence

from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from s3nav.scrape.resources import Entry
from s3nav.scrape.stores.mongo_documents import Plain, place_of, plain, resource_document, split

Mongo = Database[Plain]


def add_documents(database: Mongo, entries: Sequence[Entry]) -> None:
    """Keep documents with their resources; those of a query that is there already go."""
    parts = [split(entry.document) for entry in entries if entry.document is not None]
    if not parts:
        return
    written = database["aws_resources"].bulk_write(
        [ReplaceOne(place_of(found), found, upsert=True) for found, _ in parts], ordered=False
    )
    new = set(written.upserted_ids or {})
    _forget_parts(database, [found for at, (found, _) in enumerate(parts) if at not in new])
    chunks = [chunk for _, each in parts for chunk in each]
    for chunk in chunks:  # each is half of what one message may hold
        database["aws_resource_chunks"].insert_one(chunk)
    resources = [
        resource_document(resource, number, entry.query.at)
        for entry in entries
        for number, resource in enumerate(entry.resources)
    ]
    _add_resources(database, resources)


def _add_resources(database: Mongo, resources: Sequence[Plain]) -> None:
    if not resources:
        return
    try:
        database["resources"].insert_many(resources, ordered=False)
    except BulkWriteError:
        # An attempt before this one got part of the way.
        database["resources"].bulk_write(
            [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in resources],
            ordered=False,
        )


def add_queries(database: Mongo, entries: Sequence[Entry]) -> None:
    """Keep what became of queries. Last: a query that is there has its document there too."""
    found = [{**plain(entry.query), "created_at": entry.query.at} for entry in entries]
    if not found:
        return
    written = database["scrape_queries"].bulk_write(
        [ReplaceOne(place_of(each), each, upsert=True) for each in found], ordered=False
    )
    new = set(written.upserted_ids or {})
    emptied = [
        query
        for at, (query, entry) in enumerate(zip(found, entries, strict=True))
        if at not in new and entry.document is None
    ]
    for query in emptied:
        database["aws_resources"].delete_many(place_of(query))
    _forget_parts(database, emptied)


def _forget_parts(database: Mongo, replaced: Sequence[Plain]) -> None:
    for found in replaced:
        for name in ("resources", "aws_resource_chunks"):
            database[name].delete_many(place_of(found))
