"""Ask an operation page by page, and make one answer of the pages."""

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

import jmespath
import msgspec

METADATA = "ResponseMetadata"
PAGES_MOST = 10_000

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
    """How an operation is paged: JMESPath of tokens by the member that takes them."""

    tokens: Mapping[str, str]
    more: str = ""
    """JMESPath of what says whether there is more; empty: a token does."""

    def following(self, page: Mapping[str, Any]) -> dict[str, Any]:
        """The tokens that lead to the next page; empty after the last."""
        if self.more and not jmespath.search(self.more, page):
            return {}
        found = {taker: jmespath.search(giver, page) for taker, giver in self.tokens.items()}
        return {taker: token for taker, token in found.items() if token}


def paging_of(
    configured: Mapping[str, Any] | None, takes: Mapping[str, Any], gives: Mapping[str, Any]
) -> Paging:
    """By botocore's paginator, else by members that look like tokens."""
    if configured is not None:
        takers, givers = (_list(configured[name]) for name in ("input_token", "output_token"))
        return Paging(
            dict(zip(takers, givers, strict=False)), str(configured.get("more_results", ""))
        )
    for giver in _TOKENS_OUT:
        if giver in gives:
            for taker in _TOKENS_IN.get(giver, (giver,)):
                if taker in takes:
                    more = next((name for name in _MORE if name in gives), "")
                    return Paging({taker: giver}, more)
    return Paging({})


class Pages(msgspec.Struct):
    """All pages of one answer, merged as they come."""

    response: dict[str, Any]
    count: int = 0
    requests: int = 0
    problem: str = ""
    """Why pages are missing: ``repeated-token``, ``cancelled``, ``too-many-pages``."""


def read_pages(
    ask: Callable[..., Mapping[str, Any]],
    parameters: Mapping[str, Any],
    paging: Paging,
    *,
    pages: Pages,
    is_cancelled: Callable[[], bool],
) -> None:
    """Fill `pages`; what came before an error stays in it. Raises what `ask` raises."""
    tokens: dict[str, Any] = {}
    seen: set[str] = set()
    while True:
        page = ask(**{**parameters, **tokens})
        pages.count += 1
        pages.requests += 1 + int(page.get(METADATA, {}).get("RetryAttempts", 0))
        _merge(pages.response, page)
        tokens = paging.following(page)
        if not tokens:
            for giver in paging.tokens.values():
                if pages.count > 1 and giver not in page:
                    pages.response.pop(giver, None)
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
    return "too-many-pages" if count >= PAGES_MOST else ""


def _merge(whole: dict[str, Any], page: Mapping[str, Any]) -> None:
    """Lists grow, objects grow member by member; of the rest the newest counts."""
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


def plain(value: Any) -> Any:
    """The same as JSON can hold it: bytes as Base64, moments as ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(each) for each in value]
    return _plain_leaf(value)


def _plain_leaf(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case float() if value - value == 0:
            return value
        case _:  # infinities, NaN and decimals: JSON has none of them
            return str(value)


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
