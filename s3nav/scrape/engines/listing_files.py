"""Read what aws-list-all leaves: a JSON file for each answer, and a line for every query."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from s3nav.model.scrape_queries import QueryStatus
from s3nav.scrape.resources import QueryResult

FILE_BYTES_MOST = 512 * 1024 * 1024
"""A larger file is not an answer of AWS."""

_LINE = re.compile(
    r"^(?P<mark>\+\+\+|---|>:\||!!!) (?P<service>[a-z0-9-]+) (?P<region>[A-Za-z0-9-]+)"
    r" (?P<operation>[A-Za-z0-9]+) (?P<profile>\S+) ?(?P<rest>.*)$"
)
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
    """A file that is no answer: it says why."""


class Listing(msgspec.Struct, frozen=True):
    """One file of aws-list-all."""

    finding: QueryResult
    profile: str | None


def read_listing(path: Path) -> Listing:
    """Read a file; its fields count, not its name. Raises UnreadableListingError."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES_MOST:
            raise UnreadableListingError(f"it has {size} bytes, which is too much")
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
            message="aws-list-all reads the first page alone" if more else "",
            pages=1,
            file_path=str(path),
        ),
        profile if isinstance(profile, str) else None,
    )


def read_output(text: str) -> Iterator[Listing]:
    """Queries that left no file: empty, denied and failed ones; of all others too, file or not."""
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        status, code = _status(match["mark"], match["rest"])
        yield Listing(
            QueryResult(
                service=match["service"],
                region=None if match["region"] == "None" else match["region"],
                operation=match["operation"],
                status=status,
                code=code,
                message=match["rest"] if status not in {QueryStatus.OK, QueryStatus.EMPTY} else "",
            ),
            None if match["profile"] == "None" else match["profile"],
        )


def is_output(text: str) -> bool:
    """True for what aws-list-all writes to its standard output."""
    return text.startswith("Building set of queries") or "Executing queries..." in text[:2000]


def _status(mark: str, rest: str) -> tuple[QueryStatus, str]:
    if mark == "+++":
        return QueryStatus.OK, ""
    found = _CODE.search(rest) or _KIND.search(rest)
    code = found[1] if found else ""
    if mark == "---":
        # An error that aws-list-all knows to mean "nothing here" keeps its code.
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
