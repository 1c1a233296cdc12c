"""Which objects a selection chooses."""

from datetime import UTC, date, datetime

import pytest

from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import S3Uri
from s3nav.transfer import Filters, Selection
from s3nav.transfer.selection.filters import SelectionStats
from s3nav.transfer.source_listing.list_selection import choose
from tests.unit.transfer.conftest import Bench

KEYS = ["a", "a.txt", "a/b", "a/c/d.PNG", "ab", "logs/1.gz", "logs/2.gz", "w*d"]


@pytest.fixture
def filled(bench: Bench) -> Bench:
    for size, key in enumerate(KEYS):
        bench.store.put("bkt", key, b"x" * size)
    return bench


def _keys(bench: Bench, *places: str, filters: Filters | None = None) -> list[str]:
    return _chosen(bench, bench.selection(*places, filters=filters))


def _chosen(bench: Bench, selection: Selection) -> list[str]:
    return [f.key for _, facts in choose(bench.store, selection, SelectionStats()) for f in facts]


def test_no_source_is_an_error(filled: Bench) -> None:
    with pytest.raises(UsageError, match="nothing to download"):
        _keys(filled)


@pytest.mark.parametrize(
    "places", [("bkt", "bkt/a/"), ("bkt/a", "bkt/a/c/"), ("bkt/a/", "bkt/a"), ("bkt", "bkt/lo*")]
)
def test_overlapping_sources_are_refused_before_anything_is_listed(
    filled: Bench, places: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="lies within"):
        _keys(filled, *places)
    assert filled.store.requests == []


@pytest.mark.parametrize("place", ["bkt/nothing", "bkt/nothing/", "bkt/no*", "none"])
def test_a_source_with_nothing_behind_it_is_an_error(filled: Bench, place: str) -> None:
    with pytest.raises(NotFoundError):
        _keys(filled, place)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(min_size_bytes=2, max_size_bytes=1),
        Filters(start_date=date(2026, 2, 1), end_date=date(2026, 1, 1)),
    ],
)
def test_impossible_filters_are_refused(filled: Bench, filters: Filters) -> None:
    with pytest.raises(UsageError):
        _keys(filled, "bkt", filters=filters)


@pytest.mark.parametrize(
    ("place", "keys"),
    [
        ("bkt", KEYS),
        ("bkt/a", ["a", "a/b", "a/c/d.PNG"]),
        ("bkt/a/", ["a/b", "a/c/d.PNG"]),
        ("bkt/logs/*.gz", ["logs/1.gz", "logs/2.gz"]),
        ("bkt/a?", ["ab"]),
    ],
)
def test_a_source_chooses(filled: Bench, place: str, keys: list[str]) -> None:
    assert _keys(filled, place) == keys


def test_a_glob_lists_only_below_its_literal_head(filled: Bench) -> None:
    _keys(filled, "bkt/logs/*.gz")

    assert filled.store.requests == [("list", "logs/")]


def test_a_literal_source_is_one_object_even_with_wildcards(filled: Bench) -> None:
    selection = filled.selection("bkt/w*d", "bkt/a", literal=True)

    assert _chosen(filled, selection) == ["a", "w*d"]


def test_equal_sources_are_one(filled: Bench) -> None:
    assert _keys(filled, "bkt/logs/", "bkt/logs/") == ["logs/1.gz", "logs/2.gz"]


def test_objects_two_globs_choose_come_once(filled: Bench) -> None:
    assert sorted(_keys(filled, "bkt/*.gz", "bkt/logs/1*")) == ["logs/1.gz", "logs/2.gz"]


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        (Filters(extensions=(".png",)), ["a/c/d.PNG"]),
        (Filters(include=("a*",), exclude=("*/*",)), ["a", "a.txt", "ab"]),
        (Filters(min_size_bytes=6), ["logs/2.gz", "w*d"]),
        (Filters(max_size_bytes=0), ["a"]),
        (Filters(storage_classes=("glacier",)), []),
        (Filters(end_date=date(2026, 10, 31)), []),
        (Filters(start_date=date(2026, 11, 1), end_date=date(2026, 11, 1)), KEYS),
    ],
)
def test_filters_keep(filled: Bench, filters: Filters, keys: list[str]) -> None:
    assert _keys(filled, "bkt", filters=filters) == keys


def test_the_end_date_is_kept_whole(bench: Bench) -> None:
    late = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    bench.store.put("bkt", "k", b"", fact=ObjectFact(key="k", size_bytes=0, modified_at=late))

    assert _keys(bench, "bkt", filters=Filters(end_date=date(2026, 1, 31))) == ["k"]


def test_many_pages_are_read_to_the_end(bench: Bench) -> None:
    for number in range(2500):
        bench.store.put("bkt", f"{number:05}", b"")

    assert len(_keys(bench, "bkt")) == 2500
    assert S3Uri.parse("bkt").key == ""
