"""Write scrapes to MongoDB."""

from collections.abc import Sequence

from pymongo import ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from s3nav.scrape.resources import Entry
from s3nav.scrape.stores.mongo_documents import Plain, identity_of, plain, resource_document, split

Mongo = Database[Plain]


def add_documents(database: Mongo, entries: Sequence[Entry]) -> None:
    """Add documents with their resources, replacing those of the same queries."""
    parts = [split(entry.document) for entry in entries if entry.document is not None]
    if not parts:
        return
    written = database["aws_resources"].bulk_write(
        [ReplaceOne(identity_of(found), found, upsert=True) for found, _ in parts], ordered=False
    )
    new = set(written.upserted_ids or {})
    _forget_parts(database, [found for at, (found, _) in enumerate(parts) if at not in new])
    chunks = [chunk for _, each in parts for chunk in each]
    for chunk in chunks:  # one by one: two could exceed MongoDB's message size
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
        # An earlier attempt wrote part of them: replace those.
        database["resources"].bulk_write(
            [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in resources],
            ordered=False,
        )


def add_queries(database: Mongo, entries: Sequence[Entry]) -> None:
    """Add query outcomes; called last, so that a stored query always has its document."""
    found = [{**plain(entry.query), "created_at": entry.query.at} for entry in entries]
    if not found:
        return
    written = database["scrape_queries"].bulk_write(
        [ReplaceOne(identity_of(each), each, upsert=True) for each in found], ordered=False
    )
    new = set(written.upserted_ids or {})
    emptied = [
        query
        for at, (query, entry) in enumerate(zip(found, entries, strict=True))
        if at not in new and entry.document is None
    ]
    for query in emptied:
        database["aws_resources"].delete_many(identity_of(query))
    _forget_parts(database, emptied)


def _forget_parts(database: Mongo, replaced: Sequence[Plain]) -> None:
    for found in replaced:
        for name in ("resources", "aws_resource_chunks"):
            database[name].delete_many(identity_of(found))
