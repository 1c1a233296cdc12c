"""How facts become documents of MongoDB, and documents facts; indexes and their reasons."""

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

DOCUMENT_BYTES_MOST = 15 * 1024 * 1024
"""MongoDB takes 16 MB; some is left for what stands beside the response."""
CHUNK_BYTES = 8 * 1024 * 1024
PLACE = ("scrape_id", "service", "region", "operation")
TTL = "ttl_created_at"

_UP, _DOWN = 1, -1
_PLACE_KEYS: Keys = [(name, _UP) for name in PLACE]

INDEXES: Mapping[str, Sequence[tuple[Keys, Mapping[str, Any]]]] = {
    "scrapes": (
        ([("scrape_id", _UP)], {"unique": True}),
        ([("start_time", _DOWN)], {}),
        ([("success", _UP)], {}),
        # Both may be lists, and MongoDB indexes no two lists of one document together.
        ([("services", _UP), ("regions", _UP)], {"partialFilterExpression": {"services": "all"}}),
        ([("services", _UP)], {}),
        ([("success", _UP), ("start_time", _DOWN)], {}),
    ),
    "aws_resources": (
        (_PLACE_KEYS, {"unique": True}),
        (
            [("service", _UP), ("region", _UP), ("operation", _UP), ("scrape_timestamp", _DOWN)],
            {},
        ),
        ([("scrape_id", _UP)], {}),
        ([("service", _UP), ("region", _UP)], {}),
        ([("scrape_timestamp", _DOWN)], {}),
        ([("source_filename", _UP)], {}),
    ),
    "aws_resource_chunks": (([*_PLACE_KEYS, ("number", _UP)], {"unique": True}),),
    "scrape_queries": ((_PLACE_KEYS, {"unique": True}),),
    "resources": (
        (_PLACE_KEYS, {}),
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
    """A fact as BSON can hold it; moments stay moments."""
    found: Plain = msgspec.to_builtins(fact, builtin_types=(datetime,))
    return found


def fact(kind: type[T], found: Mapping[str, Any]) -> T:
    """The fact in a document; what MongoDB or a later s3nav added is left out."""
    known = {name: found[name] for name in _members[kind] if name in found}  # type: ignore[index]
    return msgspec.convert(known, kind)


def place_of(found: Mapping[str, Any]) -> Plain:
    """The identity of a query."""
    return {name: found[name] for name in PLACE}


def condition(where: Where) -> Plain:
    """The filter that stands for `where`."""
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
    """A document, and the chunks of its response when MongoDB would not take it whole."""
    text = _to_json(document.response)
    found = plain(document)
    if _fits(found, len(text)):
        return found, []
    starts = range(0, len(text), CHUNK_BYTES)
    chunks = [
        {**place_of(found), "number": number, "data": text[start : start + CHUNK_BYTES]}
        for number, start in enumerate(starts)
    ]
    for chunk in chunks:
        chunk["created_at"] = document.created_at
    return {**found, "response": {}, "chunks": len(chunks)}, chunks


def joined(found: Plain, chunks: Sequence[Mapping[str, Any]]) -> Document:
    """A document with its whole response."""
    if found.get("chunks"):
        response: Json = msgspec.json.decode(b"".join(bytes(chunk["data"]) for chunk in chunks))
        found = {**found, "response": response}
    return fact(Document, found)


def resource_document(resource: Resource, number: int, created_at: datetime) -> Plain:
    """A resource, with what it is found by."""
    tags = " ".join(f"{name} {value}" for name, value in resource.tags.items())
    words = (resource.id, resource.name, resource.arn, tags, resource.type, resource.service)
    found = plain(resource)
    # Names of tags hold dots and dollars, which names of members had better not.
    found["tags"] = [[name, value] for name, value in resource.tags.items()]
    return {
        **found,
        "_id": f"{resource.scrape_id}/{resource.key:016x}",
        "number": number,
        "words": " ".join(words).lower(),
        "created_at": created_at,
    }


def resource_of(found: Plain) -> Resource:
    """The resource in a document."""
    return fact(Resource, {**found, "tags": dict(found["tags"])})


def pattern(word: str) -> str | None:
    """What finds a word by its beginning; None for one without letters and digits."""
    tokens = [re.escape(token.lower()) for token in _TOKEN.findall(word)]
    return "(^|[^0-9a-z])" + "[^0-9a-z]+".join(tokens) if tokens else None


def _fits(found: Plain, json_bytes: int) -> bool:
    if json_bytes > DOCUMENT_BYTES_MOST:
        return False
    try:
        return len(bson.encode(found)) <= DOCUMENT_BYTES_MOST
    except (BSONError, OverflowError, UnicodeError, RecursionError):
        # Numbers beyond 64 bits and halves of surrogate pairs are JSON, and not BSON.
        return False
