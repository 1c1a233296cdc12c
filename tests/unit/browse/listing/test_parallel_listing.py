"""A parallel listing hands out every key exactly once, or says what it could not list."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from s3nav.browse import ListingOutcome, list_parallel
from s3nav.browse.listing.serial_listing import overlaps
from s3nav.model.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    LocalDiskError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.model.objects import KeyPage, KeySpan, ListRequest
from s3nav.model.places import S3Uri
from tests.benchmarks.listing_server import SHAPES
from tests.support.key_store import KeyStore
from tests.support.tiers import rest_is_slow
from tests.support.waiting import eventually

PLACE = S3Uri("bucket")
RETRY_ATTEMPTS = 5
PAGE = 10


pytestmark = pytest.mark.usefixtures("short_waits")


@dataclass
class Seen:
    """Everything a listing handed out."""

    spans: list[KeySpan] = field(default_factory=list)
    pages: list[KeyPage] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, span: KeySpan, page: KeyPage) -> None:
        with self.lock:
            self.spans.append(span)
            self.pages.append(page)

    def forget(self) -> None:
        self.spans.clear()
        self.pages.clear()

    @property
    def keys(self) -> list[str]:
        return sorted(itertools.chain.from_iterable(page.keys for page in self.pages))

    def left(self, todo: Sequence[KeySpan] = (KeySpan(),)) -> list[KeySpan]:
        """What no span covers."""
        gaps = list(todo)
        for span in self.spans:
            gaps = [rest for gap in gaps for rest in without(gap, span)]
        return gaps

    def check(self) -> None:
        """Rows lie inside their spans, and spans do not overlap."""
        for span, page in zip(self.spans, self.pages, strict=True):
            assert len(page.keys) == len(page.sizes) == len(page.etags) == len(page.classes)
            if page.keys:
                assert span.after < page.keys[0]
                assert span.upto is None or page.keys[-1] <= span.upto
        ordered = sorted(self.spans, key=lambda span: span.after)
        for one, other in itertools.pairwise(ordered):
            assert one.upto is not None
            assert one.upto <= other.after


def without(gap: KeySpan, span: KeySpan) -> list[KeySpan]:
    parts = [KeySpan(after=gap.after, upto=span.after)] if gap.after < span.after else []
    if span.upto is not None:
        parts.append(KeySpan(after=span.upto, upto=gap.upto))
    return list(itertools.chain.from_iterable(overlaps([part], gap) for part in parts))


def listed(
    store: KeyStore,
    seen: Seen,
    *,
    todo: Sequence[KeySpan] = (KeySpan(),),
    is_cancelled: Callable[[], bool] = lambda: False,
    place: S3Uri = PLACE,
    workers: int | None = 6,
) -> ListingOutcome:
    return list_parallel(
        store,
        place,
        todo=todo,
        sink=seen,
        restart=seen.forget,
        is_cancelled=is_cancelled,
        retry_attempts=RETRY_ATTEMPTS,
        workers=workers,
        page_size=store.page_limit,
    )


def in_folders(count: int) -> list[str]:
    return [f"{folder}/{number:03}" for folder in "abcdefgh" for number in range(count // 8)]


def raising_once(
    error: S3NavError, times: int = 1, when: Callable[[ListRequest], bool] = lambda _: True
) -> Callable[[ListRequest], None]:
    left = itertools.count(times, -1)

    def trouble(request: ListRequest) -> None:
        if when(request) and next(left) > 0:
            raise error

    return trouble


letters = st.text("ab/0", max_size=6)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
skewed = st.builds(lambda *parts: "/".join(parts), st.sampled_from(["logs", "l", "z"]), words)
giant = st.integers(0, 10**6).map(lambda number: f"giant/{number:07}")
nested = st.lists(letters, min_size=1, max_size=3).map("/".join)
longest = words.map(lambda word: (word.encode() * 1024)[:1020].decode(errors="ignore") + word[:1])
key_sets = st.one_of(
    st.lists(words, max_size=300),
    st.lists(skewed, max_size=300),
    st.lists(giant | letters, max_size=300),
    st.lists(nested, max_size=300),
    st.lists(longest, max_size=60),
    st.integers(0, 400).map(lambda count: [f"n{number}" for number in range(count)]),
    st.builds(
        lambda make, count: list(make(count)),
        st.sampled_from([SHAPES[name] for name in sorted(SHAPES)]),
        st.integers(0, 600),
    ),
).map(lambda keys: [key for key in keys if key and len(key.encode()) <= 1024])


@given(key_sets, st.integers(1, 8), st.sampled_from([1, 3, 10]))
@settings(max_examples=250)
def test_every_key_is_handed_out_exactly_once(keys: list[str], workers: int, page: int) -> None:
    store, seen = KeyStore.of(keys, page), Seen()

    outcome = listed(store, seen, workers=workers)

    assert outcome.complete
    assert seen.keys == sorted(store.keys)
    assert outcome.keys == len(store.keys)
    assert outcome.requests == len(store.list_requests)
    seen.check()
    assert seen.left() == []


@given(key_sets, words | letters)
@settings(max_examples=60)
def test_a_prefix_is_listed_and_nothing_beside_it(keys: list[str], prefix: str) -> None:
    store, seen = KeyStore.of([*keys, *(prefix + key for key in keys)], PAGE), Seen()

    outcome = listed(store, seen, place=S3Uri("bucket", prefix))

    assert outcome.complete
    assert seen.keys == sorted(key for key in store.keys if key.startswith(prefix))
    assert all(request.prefix.startswith(prefix) for request in store.list_requests)


@given(key_sets, st.integers(1, 60))
@settings(max_examples=60)
def test_a_cancelled_listing_goes_on_where_it_was(keys: list[str], stop_after: int) -> None:
    store, first, second = KeyStore.of(keys, PAGE), Seen(), Seen()
    cancel = threading.Event()

    def count(_: ListRequest) -> None:
        if len(store.list_requests) >= stop_after:
            cancel.set()
            time.sleep(0.002)

    store.trouble = count
    outcome = listed(store, first, is_cancelled=cancel.is_set)
    store.trouble = lambda _: None
    rest = listed(store, second, todo=first.left())

    assert outcome.complete or outcome.cancelled
    assert rest.complete
    assert sorted([*first.keys, *second.keys]) == sorted(store.keys)
    both = Seen(spans=[*first.spans, *second.spans], pages=[*first.pages, *second.pages])
    both.check()
    assert both.left() == []


@pytest.mark.parametrize("shape", rest_is_slow(sorted(SHAPES), quick=2))
def test_many_workers_cost_few_requests_more(shape: str) -> None:
    store, seen = KeyStore.of(SHAPES[shape](20_000), 20), Seen()
    store.latency_s = 0.002

    outcome = listed(store, seen, workers=16)

    assert outcome.complete
    assert store.most_at_once > 6
    assert outcome.requests <= 1.2 * 1000 + 16


@pytest.mark.parametrize("count", [0, 1, 10])
def test_what_fits_in_one_page_costs_one_request(count: int) -> None:
    store, seen = KeyStore.of([f"k{number}" for number in range(count)], PAGE), Seen()

    outcome = listed(store, seen)

    assert outcome.complete
    assert outcome.requests == 1
    assert seen.spans == [KeySpan()]


def test_throttling_halves_the_requests_under_way_and_loses_nothing() -> None:
    store, seen = KeyStore.of(in_folders(8000), PAGE), Seen()
    store.latency_s = 0.001
    draw = random.Random(7)

    def trouble(_: ListRequest) -> None:
        if store.at_once > 4 or draw.random() < 0.02:
            raise ThrottledError("slow down")

    store.trouble = trouble
    outcome = listed(store, seen, workers=16)

    assert outcome.complete
    assert seen.keys == store.keys


def test_an_endpoint_that_only_throttles_is_given_up_with_nothing_claimed() -> None:
    store, seen = KeyStore.of(in_folders(80), PAGE), Seen()
    store.trouble = raising_once(ThrottledError("slow down"), times=10**6)

    outcome = listed(store, seen)

    assert not outcome.complete
    assert [problem.span for problem in outcome.problems] == [KeySpan()]
    assert seen.spans == []
    assert outcome.requests == 1 + 2 * RETRY_ATTEMPTS


def test_an_invalid_page_is_requested_again() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    error = UnavailableError("the endpoint sent an invalid listing", slug="bad-listing")
    store.trouble = raising_once(
        error, times=5, when=lambda request: len(store.list_requests) % 3 == 0
    )

    outcome = listed(store, seen)

    assert outcome.complete
    assert seen.keys == store.keys


def test_a_page_out_of_order_is_requested_again() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    left = itertools.count(3, -1)

    def damage(request: ListRequest, page: KeyPage) -> KeyPage:
        if len(store.list_requests) > 6 and next(left) > 0:
            return replace(page, keys=page.keys[::-1])
        return page

    store.damage = damage
    outcome = listed(store, seen)

    assert outcome.complete
    assert seen.keys == store.keys


def test_a_denied_span_in_the_middle_is_reported_and_the_rest_is_listed() -> None:
    store, seen = KeyStore.of(in_folders(800), PAGE), Seen()

    def trouble(request: ListRequest) -> None:
        if not request.delimiter and "c/05" <= request.start_after < "d/":
            raise AccessDeniedError("access denied")

    store.trouble = trouble
    outcome = listed(store, seen)

    missing = set(store.keys) - set(seen.keys)
    assert not outcome.complete
    assert outcome.denied
    assert missing
    assert all(key.startswith("c/") for key in missing)
    assert seen.keys == sorted(set(seen.keys))
    seen.check()
    uncovered = sorted(seen.left(), key=lambda span: span.after)
    assert sorted(outcome.denied, key=lambda span: span.after) == uncovered


def test_expired_credentials_stop_everything_and_the_rest_is_reported() -> None:
    store, seen = KeyStore.of(in_folders(4000), PAGE), Seen()
    error = ExpiredCredentialsError("the credentials have expired")
    store.trouble = raising_once(error, times=10**6, when=lambda _: len(store.list_requests) > 100)

    outcome = listed(store, seen)

    assert not outcome.complete
    assert not outcome.cancelled
    assert len(store.list_requests) < 130
    reported = sorted((problem.span for problem in outcome.problems), key=lambda span: span.after)
    assert reported == sorted(seen.left(), key=lambda span: span.after)


def test_a_fault_of_the_sink_stops_the_listing_and_is_raised() -> None:
    store = KeyStore.of(in_folders(4000), PAGE)

    def sink(span: KeySpan, page: KeyPage) -> None:
        raise LocalDiskError("the disk is full")

    with pytest.raises(LocalDiskError):
        list_parallel(
            store,
            PLACE,
            sink=sink,
            restart=lambda: None,
            is_cancelled=lambda: False,
            retry_attempts=RETRY_ATTEMPTS,
            workers=4,
            page_size=PAGE,
        )
    assert len(store.list_requests) < 20
    assert not [thread for thread in threading.enumerate() if "s3nav-list" in thread.name]


def test_a_cancelled_listing_leaves_although_the_endpoint_is_silent() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    cancel = threading.Event()

    def silent(request: ListRequest) -> None:
        if len(store.list_requests) > 5:
            cancel.set()
            eventually(request.waiting or (lambda: None), what="the listing is still waiting")

    store.trouble = silent
    outcome = listed(store, seen, is_cancelled=cancel.is_set)

    assert outcome.cancelled
    assert not outcome.complete


def test_an_endpoint_that_ignores_start_after_is_listed_page_after_page() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    store.knows_start_after = False

    outcome = listed(store, seen)

    assert outcome.complete
    assert seen.keys == store.keys
    assert store.most_at_once == 1
    seen.check()
    assert outcome.requests == 42


def test_a_listing_goes_on_where_start_after_is_ignored() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    store.knows_start_after = False
    todo = [KeySpan(after="b/", upto="b/020"), KeySpan(after="g/0333", upto=None)]

    outcome = listed(store, seen, todo=todo)

    assert outcome.complete
    assert seen.left(todo) == []
    assert seen.keys == [key for key in store.keys if "b/" < key <= "b/020" or key > "g/0333"]


def test_a_directory_bucket_is_listed_without_order_and_covers_nothing_before_its_end() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    store.has_order = store.knows_start_after = False

    outcome = listed(store, seen, place=S3Uri("name--use1-az4--x-s3"))

    assert outcome.complete
    assert seen.keys == store.keys
    assert {(span.after, span.upto) for span in seen.spans[:-1]} == {("", "")}
    assert seen.spans[-1] == KeySpan()


def test_a_directory_bucket_that_fails_covers_nothing() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    store.has_order = False
    store.trouble = raising_once(
        AccessDeniedError("no"), times=99, when=lambda _: len(store.list_requests) > 9
    )

    outcome = listed(store, seen, place=S3Uri("name--use1-az4--x-s3"))

    assert [problem.span for problem in outcome.problems] == [KeySpan()]
    assert not outcome.complete


def test_an_endpoint_without_order_is_found_out() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()
    store.has_order = False

    outcome = listed(store, seen)

    assert outcome.complete
    assert seen.keys == store.keys


def test_an_empty_page_that_is_not_the_last_is_followed() -> None:
    store, seen = KeyStore.of(in_folders(400), PAGE), Seen()

    def damage(request: ListRequest, page: KeyPage) -> KeyPage:
        if request.token is None and page.keys and not request.start_after.endswith("5"):
            return KeyPage(next_token=request.start_after or " ")
        return page

    store.damage = damage
    outcome = listed(store, seen)

    assert outcome.complete
    assert seen.keys == store.keys
    seen.check()
