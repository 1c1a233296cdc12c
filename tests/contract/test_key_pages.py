"""Listings as columns say the same as listings as facts, on every server."""

import pytest

from s3nav.model.errors import NotFoundError
from s3nav.model.objects import KeyPage, ListRequest
from tests.contract.conftest import Bench
from tests.contract.test_object_store import AWKWARD_KEYS


def test_a_missing_bucket_has_no_columns(bench: Bench) -> None:
    with pytest.raises(NotFoundError):
        bench.store.list_keys(ListRequest(bucket=f"{bench.bucket}-none"))


def test_an_empty_bucket_has_empty_columns(bench: Bench) -> None:
    assert bench.store.list_keys(ListRequest(bucket=bench.bucket)) == KeyPage()


def test_columns_and_facts_agree(bench: Bench) -> None:
    for number, key in enumerate(AWKWARD_KEYS):
        bench.put(key, b"x" * number)
    request = ListRequest(bucket=bench.bucket)

    page = bench.store.list_keys(request)

    assert page == KeyPage.of(bench.store.list_page(request))
    assert page.keys == sorted(AWKWARD_KEYS, key=str.encode)
    assert min(page.modified_s) > 0


def test_columns_ignore_the_delimiter_and_keep_prefix_start_and_token(bench: Bench) -> None:
    for number in range(5):
        bench.put(f"a/{number}/x")
    bench.put("b/1")
    first = ListRequest(
        bucket=bench.bucket, prefix="a/", delimiter="/", start_after="a/0/x", page_size=2
    )

    page = bench.store.list_keys(first)
    rest = bench.store.list_keys(
        ListRequest(bucket=bench.bucket, prefix="a/", token=page.next_token)
    )

    assert page.keys == ["a/1/x", "a/2/x"]
    assert rest.keys == ["a/3/x", "a/4/x"]
    assert rest.next_token is None
