"""Read the output of aws-list-all: a JSON file for each answer and a line for each query."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources import QueryResult

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Larger files are rejected: no answer of AWS is that large."""

_LINE = re.compile(
    r"^(?P<mark>\+\+\+|---|>:\||!!!) (?P<service>[a-z0-9-]+) (?P<region>[A-Za-z0-9-]+)"
    r" (?P<operation>[A-Za-z0-9]+) (?P<tail>.+)$"
)
"""The tail is a profile, whose name may contain spaces, and what was found."""
_ERROR = re.compile(r"^(?P<profile>.+?) (?P<rest>(?:[A-Za-z_][\w.]*\(|An error occurred \().*)$")
_FOUND = re.compile(r"^(?P<profile>.+?) (?P<rest>\w+(?:, \w+)*)$")
_CODE = re.compile(r"An error occurred \(([^)]+)\)")
_KIND = re.compile(r"^([A-Za-z]+)\(")
_TOKENS = ("NextToken", "nextToken", "NextMarker", "nextMarker", "NextPageToken", "nextPageToken")
_MORE = ("IsTruncated", "isTruncated", "Truncated", "HasMoreResults", "hasMoreResults")
_BY_TEXT = (
    ("Throttl", QueryStatus.THROTTLED),
    ("TooManyRequests", QueryStatus.THROTTLED),
    ("RequestLimitExceeded", QueryStatus.THROTTLED),
    ("OptInRequired", QueryStatus.OPT_IN),
    ("SubscriptionRequired", QueryStatus.OPT_IN),
    ("NoSuchEntity", QueryStatus.EMPTY),
    ("NotFoundException", QueryStatus.EMPTY),
    ("AccessDenied", QueryStatus.DENIED),
    ("UnauthorizedOperation", QueryStatus.DENIED),
    ("AuthorizationError", QueryStatus.DENIED),
    ("ParamValidation", QueryStatus.BAD_PARAMETER),
    ("ValidationError", QueryStatus.BAD_PARAMETER),
    ("ValidationException", QueryStatus.BAD_PARAMETER),
    ("InvalidParameter", QueryStatus.BAD_PARAMETER),
    ("MissingParameter", QueryStatus.BAD_PARAMETER),
)


class UnreadableListingError(ValueError):
    """A file is not an answer; the message says why."""


class Listing(msgspec.Struct, frozen=True):
    """One file of aws-list-all."""

    query_result: QueryResult
    profile: str | None


def read_listing(path: Path) -> Listing:
    """Read a file, trusting its fields and not its name. Raises UnreadableListingError."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UnreadableListingError(f"it is too large: {size} bytes")
        listing = json.loads(path.read_bytes())
    except OSError as error:
        raise UnreadableListingError(f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableListingError(f"JSON decode error: {error}") from error
    return _listing(listing, path)


def _listing(listing: object, path: Path) -> Listing:
    if not isinstance(listing, dict):
        raise UnreadableListingError("it is not an object")
    service, operation = listing.get("service"), listing.get("operation")
    region, profile, response = (listing.get(n) for n in ("region", "profile", "response"))
    if not (isinstance(service, str) and service and isinstance(operation, str) and operation):
        raise UnreadableListingError("it names no service or no operation")
    if not isinstance(response, dict):
        raise UnreadableListingError("it has no response")
    more = _is_partial(response)
    return Listing(
        QueryResult(
            service=service,
            region=region if isinstance(region, str) else None,
            operation=operation,
            status=QueryStatus.TRUNCATED if more else QueryStatus.OK,
            response=response,
            code="first-page-only" if more else "",
            message="aws-list-all reads only the first page" if more else "",
            pages=1,
            file_path=str(path),
        ),
        profile if isinstance(profile, str) else None,
    )


def read_output(text: str, profiles: Collection[str] = ()) -> Iterator[Listing]:
    """Yield every query in the output, including those without a file: empty, denied, failed.

    `profiles` are names known from files. The lines add theirs: the longest that fits is used.
    """
    lines = [match for line in text.splitlines() if (match := _LINE.match(line))]
    named = {_split_tail(match["tail"])[0] for match in lines}
    known = sorted({"None", *profiles, *named}, key=len, reverse=True)
    for match in lines:
        profile, rest = _profile_and_rest(match["tail"], known)
        status, code = _status(match["mark"], rest)
        yield Listing(
            QueryResult(
                service=match["service"],
                region=None if match["region"] == "None" else match["region"],
                operation=match["operation"],
                status=status,
                code=code,
                message=rest if status not in {QueryStatus.OK, QueryStatus.EMPTY} else "",
            ),
            None if profile == "None" else profile,
        )


def _split_tail(tail: str) -> tuple[str, str]:
    """The profile and the rest, as far as the line itself shows where the profile ends."""
    match = _ERROR.match(tail) or _FOUND.match(tail)
    # aws-list-all ends a line that found nothing with a space.
    return (tail.rstrip(), "") if match is None else (match["profile"], match["rest"])


def _profile_and_rest(tail: str, known: Sequence[str]) -> tuple[str, str]:
    for profile in known:
        if f"{tail} ".startswith(f"{profile} "):
            return profile, tail[len(profile) :].strip()
    return _split_tail(tail)


def is_output(text: str) -> bool:
    """True for the standard output of aws-list-all."""
    return text.startswith("Building set of queries") or "Executing queries..." in text[:2000]


def _status(mark: str, rest: str) -> tuple[QueryStatus, str]:
    if mark == "+++":
        return QueryStatus.OK, ""
    found = _CODE.search(rest) or _KIND.search(rest)
    code = found[1] if found else ""
    if mark == "---":
        # aws-list-all treats some errors as "nothing here"; keep their code.
        return QueryStatus.EMPTY, code
    if mark == ">:|":
        return QueryStatus.DENIED, code
    for text, status in _BY_TEXT:
        if text in rest:
            return status, code
    return QueryStatus.UNAVAILABLE, code


def _is_partial(response: dict[str, object]) -> bool:
    return any(response.get(name) for name in _TOKENS) or any(
        response.get(name) is True for name in _MORE
    )
