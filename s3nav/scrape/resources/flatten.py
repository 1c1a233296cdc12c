"""Find the things in a response: id, name, ARN, type, region, tags, creation time.

Services name these members differently, so several names are tried, the most usual first.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from s3nav.scrape.resources.digest import digest_of, number_of
from s3nav.scrape.resources.documents import Json, Resource

RESULTS = "Results"
"""The list of merged answers about many parents; each item has Parameters and Response."""

MAX_DEPTH = 100
_NOT_THINGS = frozenset(
    {
        "ResponseMetadata",
        "Owner",
        "NextToken",
        "nextToken",
        "NextMarker",
        "Marker",
        "IsTruncated",
        "MaxItems",
        "MaxResults",
        "Quantity",
        "Count",
        "failures",
        "Failures",
        "Errors",
        "errors",
    }
)
_CONTAINERS = ("Items", "items", "Item", "Member")
_NESTED = {"Reservations": "Instances"}
"""Lists whose items only wrap another list, which has the things."""
_TAG_MEMBERS = ("Tags", "tags", "TagList", "TagSet", "TagsList", "tagList")
_CREATED = (
    "CreateDate",
    "CreatedDate",
    "CreationDate",
    "CreateTime",
    "CreationTime",
    "CreatedTime",
    "CreatedAt",
    "CreationDateTime",
    "CreatedTimestamp",
    "CreationTimestamp",
    "TableCreationDateTime",
    "InstanceCreateTime",
    "LaunchTime",
    "StartTime",
    "creationDate",
    "creationTime",
    "createdAt",
    "createdDate",
    "createdTime",
    "LastModified",
)
_MILLISECONDS_FROM = 10_000_000_000
_PREFIXES = ("Describe", "List", "Get")


class _ThingList(msgspec.Struct, frozen=True):
    """A list of things of one type, with its JSON pointer."""

    pointer: str
    noun: str
    things: list[object]


class ResponseQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The query that a response answers."""

    scrape_id: str
    service: str
    region: str | None
    operation: str


def flatten(query: ResponseQuery, response: Json) -> tuple[Resource, ...]:
    """Return the things in a response, in order; a response without a list is one thing."""
    seen: Counter[int] = Counter()
    return tuple(
        _resource(query, noun, pointer, thing, about, seen)
        for noun, pointer, thing, about in _things(query.operation, response)
    )


def is_empty(operation: str, response: Json) -> bool:
    """True when a response contains no thing."""
    return next(_things(operation, response), None) is None


def is_too_deep(response: Json) -> bool:
    """True when a response is nested deeper than any of AWS: what reads it is recursive."""
    level: list[object] = [response]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def at_pointer(response: Json, pointer: str) -> object:
    """Return the value at a JSON pointer (RFC 6901); None when there is none."""
    here: object = response
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict):
            here = here.get(name)
        elif isinstance(here, list) and name.isdigit() and int(name) < len(here):
            here = here[int(name)]
        else:
            return None
    return here


def _things(operation: str, response: Json) -> Iterator[tuple[str, str, object, str]]:
    """Yield noun, pointer, thing and, for a child query, the parent it was called for."""
    results = response.get(RESULTS)
    if isinstance(results, list) and _are_results(results):
        for number, result in enumerate(results):
            about = _about(result["Parameters"])
            base = f"/{RESULTS}/{number}/Response"
            for noun, pointer, thing in _things_of(operation, result["Response"], base):
                yield noun, pointer, thing, about
        return
    for noun, pointer, thing in _things_of(operation, response, ""):
        yield noun, pointer, thing, ""


def _are_results(results: list[object]) -> bool:
    return all(
        isinstance(each, dict) and isinstance(each.get("Response"), dict) and "Parameters" in each
        for each in results
    )


def _about(parameters: object) -> str:
    """Join the parameters of a child query into one text."""
    values = parameters.values() if isinstance(parameters, dict) else ()
    return ",".join(value for value in values if isinstance(value, str))


def _things_of(operation: str, response: Json, base: str) -> Iterator[tuple[str, str, object]]:
    lists = list(_thing_lists(response, base))
    for each in lists:
        for number, thing in enumerate(each.things):
            yield each.noun, f"{each.pointer}/{number}", thing
    if not lists:
        rest = {name: each for name, each in response.items() if name not in _NOT_THINGS}
        members = list(rest.items())
        name, only = members[0] if len(members) == 1 else ("", None)
        if isinstance(only, dict):  # {"User": {…}}: the user itself
            if _says_something(only):
                yield _noun_of_operation(operation), f"{base}/{_escaped(name)}", only
        elif _says_something(rest):
            yield _noun_of_operation(operation), base, rest


def _says_something(rest: Json) -> bool:
    return any(each not in (None, "", {}, []) for each in rest.values())


def _thing_lists(response: Json, base: str) -> Iterator[_ThingList]:
    for name, value in response.items():
        if name in _NOT_THINGS:
            continue
        pointer = f"{base}/{_escaped(name)}"
        if isinstance(value, dict):
            for inner in _CONTAINERS:
                if isinstance(value.get(inner), list):
                    yield _ThingList(f"{pointer}/{inner}", _noun(name), value[inner])
        elif isinstance(value, list):
            yield from _nested_lists(name, pointer, value)


def _nested_lists(name: str, pointer: str, things: list[object]) -> Iterator[_ThingList]:
    inner = _NESTED.get(name)
    if inner is None:
        yield _ThingList(pointer, _noun(name), things)
        return
    for number, holder in enumerate(things):
        if isinstance(holder, dict) and isinstance(holder.get(inner), list):
            yield _ThingList(f"{pointer}/{number}/{inner}", _noun(inner), holder[inner])
    if not things:
        yield _ThingList(pointer, _noun(inner), [])


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _noun(name: str) -> str:
    """``SecurityGroups`` → ``SecurityGroup``, ``DistributionList`` → ``Distribution``."""
    noun = name[:1].upper() + name[1:]
    for ending, instead in (
        ("SummaryList", ""),
        ("Summaries", ""),
        ("List", ""),
        ("Set", ""),
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("Statuses", "Status"),
        ("us", "us"),
        ("ss", "ss"),
        ("s", ""),
    ):
        if noun.endswith(ending) and len(noun) > len(ending) + 1:
            return noun[: -len(ending)] + instead
    return noun


def _noun_of_operation(operation: str) -> str:
    for prefix in _PREFIXES:
        if operation.startswith(prefix) and operation != prefix:
            return operation[len(prefix) :]
    return operation


def _resource(
    query: ResponseQuery, noun: str, pointer: str, thing: object, about: str, seen: Counter[int]
) -> Resource:
    tags: dict[str, str] = {}
    created = ""
    if isinstance(thing, dict):
        tags, arn, created = _tags(thing), _arn(thing, noun), _created(thing)
        name = tags.get("Name", "") or _named(thing, noun)
        identity = _identity(thing, noun) or name or arn
    else:
        identity = name = str(thing)
        arn = identity if identity.startswith("arn:") else ""
    if name.startswith(("arn:", "http://", "https://")) or not name:
        name = _last_part(name or arn)
    if about and identity != about:
        identity = f"{about}/{identity}" if identity else about
    digest = digest_of(thing)
    key = number_of(
        "\0".join(
            (query.service, query.region or "", query.operation, noun, identity or str(digest))
        ).encode("utf-8", "surrogatepass")
    )
    seen[key] += 1
    if seen[key] > 1:  # two things with the same identity in one response: number them
        key = number_of(f"{key}\0{seen[key]}".encode())
    return Resource(
        scrape_id=query.scrape_id,
        service=query.service,
        region=query.region,
        operation=query.operation,
        type=noun,
        id=identity,
        name=name,
        arn=arn,
        tags=tags,
        created=created,
        pointer=pointer,
        key=key,
        digest=digest,
    )


def _last_part(text: str) -> str:
    return text.removesuffix(":*").rsplit(":", 1)[-1].rsplit("/", 1)[-1]


def _named(thing: Json, noun: str) -> str:
    """Return a thing's given name: ``UserName`` of a User, ``GroupName`` of a SecurityGroup."""
    return _first(thing, (f"{noun}Name", "Name", "name", "DisplayName")) or _akin(
        thing, noun, "Name"
    )


def _identity(thing: Json, noun: str) -> str:
    """Return the text that identifies a thing among others of its type."""
    if "ResourceId" in thing and "Key" in thing:
        return f"{thing['ResourceId']}/{thing['Key']}"
    lower = noun[:1].lower() + noun[1:]
    found = _first(thing, (f"{noun}Id", f"{lower}Id", f"{noun}Identifier", "Id", "id"))
    found = found or _akin(thing, noun, "Id")
    found = found or _first(thing, (f"{noun}Name", f"{lower}Name", "Name", "name"))
    found = found or _first(thing, (f"{noun}Arn", f"{lower}Arn", "Arn", "arn", "ARN"))
    if found:
        return found
    for ending in ("Id", "Identifier", "Arn", "ARN", "Name", "Url", "Key"):
        for member, value in thing.items():
            if isinstance(value, str) and value and member.endswith((ending, ending.lower())):
                return value
    return ""


def _akin(thing: Json, noun: str, ending: str) -> str:
    """Return a member named like part of the noun: ``GroupId`` of a SecurityGroup."""
    for member, value in thing.items():
        if member.endswith(ending) and isinstance(value, str) and value:
            stem = member[: -len(ending)]
            if stem and (noun.endswith(stem) or noun.startswith(stem)):
                return value
    return ""


def _first(thing: Json, members: tuple[str, ...]) -> str:
    for member in members:
        value = thing.get(member)
        if isinstance(value, str) and value:
            return value
    return ""


def _arn(thing: Json, noun: str) -> str:
    found = _first(thing, (f"{noun}Arn", "Arn", "arn", "ARN", f"{noun}ARN"))
    if found.startswith("arn:"):
        return found
    for member, value in thing.items():
        if isinstance(value, str) and value.startswith("arn:") and member.lower().endswith("arn"):
            return value
    return ""


def _tags(thing: Json) -> dict[str, str]:
    for member in _TAG_MEMBERS:
        value = thing.get(member)
        if isinstance(value, dict):
            return {str(key): str(each) for key, each in value.items()}
        if isinstance(value, list):
            return dict(_pairs(value))
    return {}


def _pairs(tags: list[object]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        if isinstance(tag, dict):
            key = _first(tag, ("Key", "key", "TagKey", "tagKey"))
            if key:
                yield key, _first(tag, ("Value", "value", "TagValue", "tagValue"))


def _created(thing: Json) -> str:
    for member in _CREATED:
        value = thing.get(member)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return _iso(value)
    return ""


def _iso(moment: float) -> str:
    try:
        seconds = moment / 1000 if moment >= _MILLISECONDS_FROM else moment
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return str(moment)
