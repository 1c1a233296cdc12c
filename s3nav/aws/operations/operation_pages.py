"""Call an operation page by page and merge the pages into one response."""

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

import jmespath
import msgspec

METADATA = "ResponseMetadata"
MAX_PAGES = 10_000
MAX_DEPTH = 100
"""Levels of a response that are read; AWS's own have up to forty."""

_TOKENS_OUT = (
    "NextToken",
    "nextToken",
    "NextMarker",
    "nextMarker",
    "Marker",
    "marker",
    "NextPageToken",
    "nextPageToken",
    "NextContinuationToken",
    "PaginationToken",
    "position",
)
_TOKENS_IN = {
    "NextMarker": ("Marker", "NextMarker"),
    "nextMarker": ("marker", "nextMarker"),
    "NextPageToken": ("PageToken", "NextPageToken"),
    "nextPageToken": ("pageToken", "nextPageToken"),
    "NextContinuationToken": ("ContinuationToken",),
}
_MORE = ("IsTruncated", "isTruncated", "Truncated", "HasMoreResults", "hasMoreResults")
_SUMS = ("Quantity",)


class Paging(msgspec.Struct, frozen=True):
    """How an operation is paged: for each input member, the JMESPath of its token."""

    tokens: Mapping[str, str]
    more: str = ""
    """JMESPath of the flag for more pages; empty when the presence of a token is the flag."""

    def next_tokens(self, page: Mapping[str, Any]) -> dict[str, Any]:
        """The tokens for the next page; empty after the last."""
        if self.more and not jmespath.search(self.more, page):
            return {}
        found = {
            name_in: jmespath.search(name_out, page) for name_in, name_out in self.tokens.items()
        }
        return {name_in: token for name_in, token in found.items() if token}


def paging_of(
    configured: Mapping[str, Any] | None,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
) -> Paging:
    """Paging by botocore's paginator, else by members that are named like tokens."""
    if configured is not None:
        names_in, names_out = (_list(configured[name]) for name in ("input_token", "output_token"))
        return Paging(
            dict(zip(names_in, names_out, strict=False)),
            str(configured.get("more_results", "")),
        )
    for name_out in _TOKENS_OUT:
        if name_out in outputs:
            for name_in in _TOKENS_IN.get(name_out, (name_out,)):
                if name_in in inputs:
                    more = next((name for name in _MORE if name in outputs), "")
                    return Paging({name_in: name_out}, more)
    return Paging({})


class Pages(msgspec.Struct):
    """All pages of one response, merged as they arrive."""

    response: dict[str, Any]
    count: int = 0
    requests: int = 0
    problem: str = ""
    """Why pages are missing: ``repeated-token``, ``cancelled``, ``too-many-pages``."""


def read_pages(
    call: Callable[..., Mapping[str, Any]],
    parameters: Mapping[str, Any],
    paging: Paging,
    *,
    pages: Pages,
    is_cancelled: Callable[[], bool],
) -> None:
    """Fill `pages`, which keeps the pages before an error. Raises what `call` raises."""
    tokens: dict[str, Any] = {}
    seen: set[str] = set()
    while True:
        page = call(**{**parameters, **tokens})
        pages.count += 1
        pages.requests += 1 + int(page.get(METADATA, {}).get("RetryAttempts", 0))
        _merge(pages.response, page)
        tokens = paging.next_tokens(page)
        if not tokens:
            for name_out in paging.tokens.values():
                if pages.count > 1 and name_out not in page:
                    pages.response.pop(name_out, None)
            return
        pages.problem = _why_stop(tokens, seen, pages.count, is_cancelled)
        if pages.problem:
            return


def _why_stop(
    tokens: Mapping[str, Any], seen: set[str], count: int, is_cancelled: Callable[[], bool]
) -> str:
    token = repr(sorted(tokens.items()))
    if token in seen:
        return "repeated-token"
    seen.add(token)
    if is_cancelled():
        return "cancelled"
    return "too-many-pages" if count >= MAX_PAGES else ""


def _merge(whole: dict[str, Any], page: Mapping[str, Any]) -> None:
    """Extend lists, merge objects member by member, replace all other values."""
    for name, value in page.items():
        before = whole.get(name)
        if isinstance(before, list) and isinstance(value, list):
            before.extend(value)
        elif name == METADATA and before is not None:
            continue
        elif isinstance(before, dict) and isinstance(value, dict):
            _merge(before, value)
        elif name in _SUMS and isinstance(before, int) and isinstance(value, int):
            whole[name] = before + value
        else:
            whole[name] = value


def plain(value: Any, depth: int = 0) -> Any:
    """A value in JSON types: bytes as Base64, times as ISO 8601.

    Raises ValueError for one that is nested too deeply.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if depth > MAX_DEPTH:
        raise ValueError(f"the answer is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        return {str(name): plain(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(each, depth + 1) for each in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case float() if value - value == 0:
            return value
        case _:  # infinities, NaN and decimals, which JSON lacks
            return str(value)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
