import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from s3nav.aws.operations.operation_pages import Pages, Paging, paging_of, plain, read_pages


def read(*answers: Mapping[str, Any], paging: Paging, cancelled: bool = False) -> Pages:
    asked: list[Mapping[str, Any]] = []

    def ask(**parameters: Any) -> Mapping[str, Any]:
        asked.append(parameters)
        return answers[len(asked) - 1]

    pages = Pages({})
    read_pages(ask, {"Scope": "x"}, paging, pages=pages, is_cancelled=lambda: cancelled)
    assert all(each["Scope"] == "x" for each in asked)
    return pages


BY_TOKEN = Paging({"NextToken": "NextToken"})


def test_pages_become_one_response_without_a_token() -> None:
    pages = read(
        {"Items": [1, 2], "NextToken": "a", "ResponseMetadata": {"RetryAttempts": 1}},
        {"Items": [3], "ResponseMetadata": {"RetryAttempts": 0}},
        paging=BY_TOKEN,
    )

    assert pages.response == {"Items": [1, 2, 3], "ResponseMetadata": {"RetryAttempts": 1}}
    assert (pages.count, pages.requests, pages.problem) == (2, 3, "")


def test_a_repeated_token_ends_the_paging_and_is_reported() -> None:
    pages = read(*[{"Items": [1], "NextToken": "a"}] * 5, paging=BY_TOKEN)

    assert (pages.count, pages.problem) == (2, "repeated-token")


def test_a_cancelled_listing_keeps_what_it_has() -> None:
    pages = read({"Items": [1], "NextToken": "a"}, paging=BY_TOKEN, cancelled=True)

    assert (pages.response["Items"], pages.problem) == ([1], "cancelled")


def test_nested_lists_and_quantities_grow_too() -> None:
    paging = Paging({"Marker": "List.NextMarker"}, "List.IsTruncated")
    pages = read(
        {"List": {"Items": [1], "Quantity": 1, "IsTruncated": True, "NextMarker": "m"}},
        {"List": {"Items": [2], "Quantity": 1, "IsTruncated": False, "NextMarker": "m"}},
        paging=paging,
    )

    assert pages.response["List"]["Items"] == [1, 2]
    assert pages.response["List"]["Quantity"] == 2
    assert pages.response["List"]["IsTruncated"] is False


@pytest.mark.parametrize(
    ("takes", "gives", "tokens"),
    [
        (["NextToken"], ["NextToken", "Items"], {"NextToken": "NextToken"}),
        (["Marker"], ["NextMarker"], {"Marker": "NextMarker"}),
        (["pageToken"], ["nextPageToken"], {"pageToken": "nextPageToken"}),
        (["Name"], ["NextToken"], {}),
    ],
)
def test_tokens_are_found_where_botocore_knows_no_pages(
    takes: list[str], gives: list[str], tokens: dict[str, str]
) -> None:
    found = paging_of(None, dict.fromkeys(takes), dict.fromkeys(gives))

    assert found.tokens == tokens


def test_everything_becomes_json() -> None:
    moment = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

    assert plain({"a": b"\xff\x00", "b": moment, "c": [1.5, math.inf], 3: None, "d": True}) == {
        "a": "/wA=",
        "b": "2026-11-20T08:00:00+00:00",
        "c": [1.5, "inf"],
        "3": None,
        "d": True,
    }
