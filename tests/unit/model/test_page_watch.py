"""The pages of a listing are watched: for their order, and for an end."""

import pytest

from s3nav.model.errors import UnavailableError
from s3nav.model.places import EMPTY_PAGES_MAX, PageWatch, is_ordered


def test_keys_compare_as_bytes_and_not_as_utf_16() -> None:
    assert is_ordered(["\ue000", "\U0001f600"], "")
    assert not is_ordered(["\U0001f600", "\ue000"], "")
    assert is_ordered(["B", "a", "a+", "a/"], "A")
    assert not is_ordered(["a", "a"], "")


def test_disorder_within_a_page_or_between_pages_is_remembered() -> None:
    within, between = PageWatch(), PageWatch()

    assert not within.see(["b", "a"])
    assert not within.see(["c"])
    assert between.see(["b", "c"], ["d/"])
    assert not between.see(["a"])


def test_prefixes_have_an_order_of_their_own() -> None:
    watch = PageWatch()

    assert watch.see(["z"], ["a/", "b/"])
    assert not watch.see([], ["B/"])


def test_a_page_that_was_there_before_is_an_error() -> None:
    watch = PageWatch()
    watch.see(["a", "b"])
    watch.see(["0"])

    with pytest.raises(UnavailableError, match="its pages repeat") as caught:
        watch.see(["a", "b"])

    assert caught.value.reference == "bad-listing"


def test_empty_pages_are_followed_for_a_while() -> None:
    watch = PageWatch()
    for _ in range(EMPTY_PAGES_MAX):
        watch.see([])
    watch.see(["a"])
    for _ in range(EMPTY_PAGES_MAX):
        watch.see([])

    with pytest.raises(UnavailableError, match="1,000 pages in a row are empty"):
        watch.see([])
