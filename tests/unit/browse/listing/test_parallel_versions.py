"""Every version is handed out exactly once, or the missing ones are reported."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3nav.browse import VersionsOutcome, list_versions_parallel
from s3nav.model.errors import AccessDeniedError, S3NavError, ThrottledError
from s3nav.model.objects import VersionPage, VersionsRequest
from s3nav.model.places import S3Uri
from tests.support.key_store import no_restart
from tests.support.version_store import VersionStore
from tests.support.waiting import eventually

PLACE = S3Uri("bucket")
RETRY_ATTEMPTS = 5


pytestmark = pytest.mark.usefixtures("short_waits")


@dataclass
class Seen:
    """Every version a listing handed out."""

    pages: list[VersionPage] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, page: VersionPage) -> None:
        with self.lock:
            self.pages.append(page)

    @property
    def rows(self) -> list[tuple[str, str]]:
        return sorted(
            row for page in self.pages for row in zip(page.keys, page.version_ids, strict=True)
        )


def listed(
    store: VersionStore,
    seen: Seen,
    *,
    place: S3Uri = PLACE,
    workers: int = 6,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> VersionsOutcome:
    return list_versions_parallel(
        store,
        place,
        sink=seen,
        restart=no_restart,
        is_cancelled=is_cancelled,
        retry_attempts=RETRY_ATTEMPTS,
        workers=workers,
        page_size=store.page_limit,
    )


def in_folders(count: int, versions: int = 3) -> dict[str, int]:
    return {f"{folder}/{n:03}": versions for folder in "abcdefgh" for n in range(count // 8)}


def failing(
    error: S3NavError, when: Callable[[VersionsRequest], bool]
) -> Callable[[VersionsRequest], None]:
    def trouble(request: VersionsRequest) -> None:
        if when(request):
            raise error

    return trouble


def test_a_denied_span_is_reported_and_the_rest_is_listed() -> None:
    error = AccessDeniedError("no")
    store, seen = VersionStore(in_folders(400), page_limit=10), Seen()
    store.trouble = failing(error, lambda request: request.key_marker.startswith("c/02"))

    outcome = listed(store, seen)

    assert not outcome.complete
    assert [problem.error for problem in outcome.problems] == [error]
    missing = set(store.rows) - set(seen.rows)
    assert len(seen.rows) == len(set(seen.rows))
    assert missing
    assert {key[:2] for key, _ in missing} == {"c/"}


def test_nothing_at_all_may_be_listed() -> None:
    store, seen = VersionStore({"a": 1}), Seen()
    store.trouble = failing(AccessDeniedError("no"), lambda _: True)

    outcome = listed(store, seen)

    assert (outcome.complete, len(outcome.problems), seen.pages) == (False, 1, [])


@pytest.mark.parametrize("trouble", ["behind a marker", "in a long key"])
def test_a_stop_is_never_complete(trouble: str) -> None:
    counts = in_folders(400) if trouble == "behind a marker" else {"a": 3, "b": 500, "c": 1}
    store, seen = VersionStore(counts, page_limit=10), Seen()

    def hold(request: VersionsRequest) -> None:
        if len(store.requests) > 8:
            eventually(request.waiting or (lambda: None), what="the listing is still waiting")

    store.trouble = hold

    outcome = listed(store, seen, is_cancelled=lambda: len(store.requests) > 8)

    assert (outcome.complete, outcome.cancelled) == (False, True)
    assert len(seen.rows) == len(set(seen.rows)) < len(store.rows)


def test_a_key_that_breaks_off_is_a_problem() -> None:
    store, seen = VersionStore({"a": 3, "b": 500, "c": 1}, page_limit=10), Seen()
    store.trouble = failing(
        AccessDeniedError("no"), lambda r: (r.key_marker, r.version_marker) == ("b", "v199")
    )

    outcome = listed(store, seen)

    assert not outcome.complete
    assert ("c", "v0") in seen.rows
    assert ("b", "v200") not in seen.rows


def test_slowing_down_costs_no_version() -> None:
    store, seen = VersionStore(in_folders(400), page_limit=10), Seen()
    left = iter(range(6))
    store.trouble = failing(ThrottledError("slow"), lambda _: next(left, None) is not None)

    assert listed(store, seen).complete
    assert seen.rows == sorted(store.rows)


@pytest.mark.parametrize("how", ["skips_first", "ignores_lone_marker"])
@pytest.mark.parametrize("versions", [1, 3])
def test_an_endpoint_that_starts_elsewhere_is_listed_page_after_page(
    how: str, versions: int
) -> None:
    store, seen = VersionStore(in_folders(400, versions), page_limit=10), Seen()
    setattr(store, how, True)

    outcome = listed(store, seen)

    assert (outcome.complete, outcome.is_parallel) == (True, False)
    assert seen.rows == sorted(store.rows)


def test_many_requests_run_at_a_time() -> None:
    store, seen = VersionStore(in_folders(800), page_limit=10), Seen()
    meeting = threading.Barrier(2, timeout=50)

    def meet(request: VersionsRequest) -> None:
        if len(store.requests) > 20 and not meeting.broken:
            try:
                meeting.wait()
            except threading.BrokenBarrierError:
                return
            meeting.abort()  # two requests were under way together: that is all

    store.trouble = meet

    outcome = listed(store, seen)

    assert (outcome.complete, outcome.is_parallel) == (True, True)
    assert seen.rows == sorted(store.rows)
    assert meeting.broken


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)
skewed = st.builds(lambda *parts: "/".join(parts), st.sampled_from(["logs", "l", "z"]), words)
giant = st.integers(0, 10**6).map(lambda number: f"giant/{number:07}")
counts = st.dictionaries(words | skewed | giant, st.sampled_from([1, 1, 1, 2, 3, 40]), max_size=120)


@given(counts, st.integers(1, 8), st.sampled_from([1, 2, 7, 30]))
@settings(max_examples=150, deadline=None)
def test_every_version_is_handed_out_exactly_once(
    counts: dict[str, int], workers: int, page: int
) -> None:
    store, seen = VersionStore(counts, page_limit=page), Seen()

    outcome = listed(store, seen, workers=workers)

    assert outcome.complete
    assert seen.rows == sorted(store.rows)


@given(counts, st.sampled_from(["", "l", "logs/", "giant/00"]))
@settings(max_examples=50, deadline=None)
def test_of_a_prefix_only_what_is_below_it(counts: dict[str, int], prefix: str) -> None:
    store, seen = VersionStore(counts, page_limit=7), Seen()

    assert listed(store, seen, place=S3Uri("bucket", prefix)).complete
    assert seen.rows == sorted(row for row in store.rows if row[0].startswith(prefix))
