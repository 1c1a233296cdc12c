"""Convert scrape records to MongoDB documents and back; indexes with their reasons."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import bson
import msgspec
from bson.errors import BSONError
from msgspec.structs import fields

from s3nav.scrape.resources import Document, Json, LogLine, QueryFact, Resource, ScrapeRecord, Where

T = TypeVar("T")
Plain = dict[str, Any]
Keys = list[tuple[str, int]]

MAX_DOCUMENT_BYTES = 15 * 1024 * 1024
"""MongoDB's limit is 16 MB (manual, "MongoDB Limits and Thresholds"); the rest is for the other
members beside the response."""
CHUNK_BYTES = 8 * 1024 * 1024
IDENTITY = ("scrape_id", "service", "region", "operation")
TTL = "ttl_created_at"

_UP, _DOWN = 1, -1
_IDENTITY_KEYS: Keys = [(name, _UP) for name in IDENTITY]

INDEXES: Mapping[str, Sequence[tuple[Keys, Mapping[str, Any]]]] = {
    "scrapes": (
        ([("scrape_id", _UP)], {"unique": True}),
        ([("start_time", _DOWN)], {}),
        ([("success", _UP)], {}),
        # Both can be arrays, and a compound multikey index allows only one array per document
        # (MongoDB manual, "Multikey Indexes").
        ([("services", _UP), ("regions", _UP)], {"partialFilterExpression": {"services": "all"}}),
        ([("services", _UP)], {}),
        ([("success", _UP), ("start_time", _DOWN)], {}),
    ),
    "aws_resources": (
        (_IDENTITY_KEYS, {"unique": True}),
        (
            [("service", _UP), ("region", _UP), ("operation", _UP), ("scrape_timestamp", _DOWN)],
            {},
        ),
        ([("scrape_id", _UP)], {}),
        ([("service", _UP), ("region", _UP)], {}),
        ([("scrape_timestamp", _DOWN)], {}),
        ([("source_filename", _UP)], {}),
    ),
    "aws_resource_chunks": (([*_IDENTITY_KEYS, ("number", _UP)], {"unique": True}),),
    "scrape_queries": ((_IDENTITY_KEYS, {"unique": True}),),
    "resources": (
        (_IDENTITY_KEYS, {}),
        ([("scrape_id", _UP), ("key", _UP)], {}),
        ([("arn", _UP)], {}),
        ([("id", _UP)], {}),
    ),
    "scrape_logs": (([("scrape_id", _UP), ("timestamp", _DOWN)], {}),),
}
COLLECTIONS = tuple(INDEXES)

_TOKEN = re.compile(r"[^\W_]+")
_to_json = msgspec.json.Encoder().encode
_members = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (Document, QueryFact, Resource, LogLine, ScrapeRecord)
}


def plain(fact: object) -> Plain:
    """Convert a struct to a dict that BSON can hold; datetimes stay datetimes."""
    found: Plain = msgspec.to_builtins(fact, builtin_types=(datetime,))
    return found


def fact(kind: type[T], found: Mapping[str, Any]) -> T:
    """Convert a document to a struct, ignoring members added by MongoDB or a later s3nav."""
    known = {name: found[name] for name in _members[kind] if name in found}  # type: ignore[index]
    return msgspec.convert(known, kind)


def identity_of(found: Mapping[str, Any]) -> Plain:
    """Return the members that identify a query."""
    return {name: found[name] for name in IDENTITY}


def condition(where: Where) -> Plain:
    """Convert `where` to a MongoDB filter."""
    wanted = {
        "scrape_id": where.scrape_id,
        "service": where.service,
        "region": where.region,
        "operation": where.operation,
    }
    found: Plain = {name: value for name, value in wanted.items() if value is not None}
    if where.region == "global":
        found["region"] = None
    return found


def split(document: Document) -> tuple[Plain, list[Plain]]:
    """Return a document and, if it exceeds MongoDB's limit, the chunks of its response."""
    text = _to_json(document.response)
    found = plain(document)
    if _fits(found, len(text)):
        return found, []
    starts = range(0, len(text), CHUNK_BYTES)
    chunks = [
        {**identity_of(found), "number": number, "data": text[start : start + CHUNK_BYTES]}
        for number, start in enumerate(starts)
    ]
    for chunk in chunks:
        chunk["created_at"] = document.created_at
    return {**found, "response": {}, "chunks": len(chunks)}, chunks


def joined(found: Plain, chunks: Sequence[Mapping[str, Any]]) -> Document:
    """Return a document with its response joined from the chunks."""
    if found.get("chunks"):
        response: Json = msgspec.json.decode(b"".join(bytes(chunk["data"]) for chunk in chunks))
        found = {**found, "response": response}
    return fact(Document, found)


def resource_document(resource: Resource, number: int, created_at: datetime) -> Plain:
    """Convert a resource to a document with its search words."""
    tags = " ".join(f"{name} {value}" for name, value in resource.tags.items())
    words = (resource.id, resource.name, resource.arn, tags, resource.type, resource.service)
    found = plain(resource)
    # Tag names can contain `.` and `$`, which are special in MongoDB field names.
    found["tags"] = [[name, value] for name, value in resource.tags.items()]
    return {
        **found,
        "_id": f"{resource.scrape_id}/{resource.key:016x}",
        "number": number,
        "words": " ".join(words).lower(),
        "created_at": created_at,
    }


def resource_of(found: Plain) -> Resource:
    """Convert a document to a resource."""
    return fact(Resource, {**found, "tags": dict(found["tags"])})


def pattern(word: str) -> str | None:
    """Return a regular expression for words with this prefix; None without letters or digits."""
    tokens = [re.escape(token.lower()) for token in _TOKEN.findall(word)]
    return "(^|[^0-9a-z])" + "[^0-9a-z]+".join(tokens) if tokens else None


def _fits(found: Plain, json_bytes: int) -> bool:
    if json_bytes > MAX_DOCUMENT_BYTES:
        return False
    try:
        return len(bson.encode(found)) <= MAX_DOCUMENT_BYTES
    except (BSONError, OverflowError, UnicodeError, RecursionError):
        # Integers beyond 64 bits and lone surrogates are valid in JSON but not in BSON.
        return False
