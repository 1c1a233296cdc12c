"""Dates in keys: which objects they choose, and which directories are not even listed."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.model.objects import ListingPage, ListRequest
from s3nav.transfer import Filters, SelectionStats
from s3nav.transfer.selection.filters import NO_DATE, OUTSIDE_DATES
from s3nav.transfer.selection.key_dates import DatePattern
from s3nav.transfer.source_listing.list_selection import choose
from tests.support.memory_store import MemoryStore
from tests.unit.transfer.conftest import Bench

NOVEMBER = Filters(start_date=date(2026, 11, 19), end_date=date(2026, 11, 20), date_from="key")


class SmallPages(MemoryStore):
    """Answers with few keys at a time, so that little data has many pages."""

    limit = 4

    def list_page(self, request: ListRequest) -> ListingPage:
        size = min(request.page_size, self.limit)
        return super().list_page(
            ListRequest(
                bucket=request.bucket,
                prefix=request.prefix,
                delimiter=request.delimiter,
                token=request.token,
                start_after=request.start_after,
                page_size=size,
            )
        )


def _keys(bench: Bench, stats: SelectionStats, filters: Filters, *places: str) -> list[str]:
    selection = bench.selection(*places, filters=filters)
    return [fact.key for _, facts in choose(bench.store, selection, stats) for fact in facts]


def test_keys_without_a_date_are_left_out_and_counted(bench: Bench) -> None:
    for key in ("l/20261119/a", "l/20261121/b", "l/readme"):
        bench.store.put("bkt", key)
    stats = SelectionStats()

    assert _keys(bench, stats, NOVEMBER, "bkt/l/") == ["l/20261119/a"]
    assert stats.left_out == {NO_DATE: 1, OUTSIDE_DATES: 1}
    assert stats.date_patterns == {"s3://bkt/l/": "%Y%m%d"}


def test_a_pattern_that_was_typed_goes_before_the_one_most_keys_follow(bench: Bench) -> None:
    for key in ("l/20261119/dt=2026-11-01", "l/20261101/dt=2026-11-19"):
        bench.store.put("bkt", key)
    filters = Filters(start_date=date(2026, 11, 19), date_from="key", date_pattern="dt=%Y-%m-%d")

    assert _keys(bench, SelectionStats(), filters, "bkt/l/") == ["l/20261101/dt=2026-11-19"]


def test_each_source_has_its_own_pattern(bench: Bench) -> None:
    for key in ("a/20261119", "b/2026/11/19/x", "b/2026/11/21/x"):
        bench.store.put("bkt", key)

    assert _keys(bench, SelectionStats(), NOVEMBER, "bkt/a/", "bkt/b/") == [
        "a/20261119",
        "b/2026/11/19/x",
    ]


def test_an_object_named_by_its_key_is_asked_for_its_date_too(bench: Bench) -> None:
    bench.store.put("bkt", "a-20261121")
    bench.store.put("bkt", "a-20261119")

    assert _keys(bench, SelectionStats(), NOVEMBER, "bkt/a-20261119", "bkt/a-20261121") == [
        "a-20261119"
    ]


@pytest.mark.parametrize(
    "head", ["20{y}{m:02}{d:02}/", "20{y}/{m:02}/{d:02}/", "dt=20{y}-{m:02}-{d:02}/"]
)
def test_directories_of_other_days_are_not_listed(bench: Bench, head: str) -> None:
    bench.store = SmallPages()
    for year in (25, 26):
        for month in range(1, 13):
            for day in (1, 19, 20):
                for hour in range(6):
                    key = f"logs/{head.format(y=year, m=month, d=day)}{hour}.gz"
                    bench.store.put("bkt", key)
    stats = SelectionStats()

    chosen = _keys(bench, stats, NOVEMBER, "bkt/logs/")

    assert len(chosen) == 12
    assert {key for key in chosen if "26" not in key} == set()
    assert stats.list_requests < 60  # 108 pages in full
    assert bench.store.count("get") == 0


def test_a_source_whose_days_are_all_unwanted_is_not_missing(bench: Bench) -> None:
    bench.store = SmallPages()
    for number in range(9):
        bench.store.put("bkt", f"logs/20250101/{number}")

    assert _keys(bench, SelectionStats(), NOVEMBER, "bkt/logs/") == []


NAMES = st.text("a0/.", max_size=3)
DATED = st.builds(
    lambda before, day, after: f"p/{before}{day:%Y%m%d}{after}",
    NAMES,
    st.dates(date(2026, 11, 17), date(2026, 11, 22)),
    NAMES,
)


@given(st.lists(DATED | st.text("a0/.", min_size=1, max_size=5).map("p/{}".format), max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_leaving_directories_out_never_loses_an_object(bench: Bench, keys: list[str]) -> None:
    store = SmallPages()
    store.make_bucket("bkt")
    for key in keys:
        store.put("bkt", key)
    bench.store = store
    filters = Filters(
        start_date=date(2026, 11, 19),
        end_date=date(2026, 11, 20),
        date_from="key",
        date_pattern="%Y%m%d",
    )
    pattern = DatePattern.parse("%Y%m%d")

    chosen = _keys(bench, SelectionStats(), filters, "bkt/p/*") if keys else []

    wanted = []
    for key in sorted(set(keys), key=str.encode):
        days = pattern.days_of(key)
        if days is not None and days.meet(filters.start_date, filters.end_date):
            wanted.append(key)
    assert chosen == wanted
