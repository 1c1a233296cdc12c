"""Endpoints that list in another order than S3: every object is chosen, each once."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.model.errors import NotFoundError, UnavailableError
from s3nav.model.objects import ListingPage, ListRequest, ObjectFact
from s3nav.model.places import S3Uri, key_bytes
from s3nav.transfer import Filters, Manifest, Selection, SelectionStats, Source
from s3nav.transfer.source_listing import fact_sorter
from s3nav.transfer.source_listing.fact_sorter import FactSorter
from s3nav.transfer.source_listing.list_selection import choose
from tests.support.memory_store import MemoryStore
from tests.support.odd_order import ORDERS, OddStore, awkward_keys, late_disorder
from tests.unit.transfer.conftest import Bench

DAYS = Filters(start_date=date(2026, 11, 19), end_date=date(2026, 11, 20), date_from="key")
every_order = pytest.mark.parametrize("kind", ORDERS)


def chosen(store: MemoryStore, *places: str, filters: Filters | None = None) -> list[str]:
    selection = Selection(
        sources=tuple(Source(place=S3Uri.parse(place)) for place in places),
        target=Path("out"),
        filters=filters or Filters(),
    )
    return [f.key for _, facts in choose(store, selection, SelectionStats()) for f in facts]


@every_order
def test_all_objects_are_chosen_once_when_disorder_begins_late(kind: str) -> None:
    keys = late_disorder(25)

    assert Counter(chosen(OddStore.of(keys, kind, 10), "bucket")) == Counter(keys)


@every_order
@given(st.lists(awkward_keys, min_size=1, max_size=60, unique=True), st.sampled_from([1, 3, 10]))
@settings(max_examples=60)
def test_all_objects_are_chosen_once_or_a_clash_of_names_is_an_error(
    kind: str, keys: list[str], page: int
) -> None:
    store = OddStore.of(keys, kind, page)

    try:
        found = chosen(store, "bucket")
    except UnavailableError as error:
        assert "far apart" in error.message  # noqa: PT017  # either is right
        assert any(f"{key}/" in "".join(keys) for key in keys)
    else:
        assert Counter(found) == Counter(keys)


def test_disorder_on_the_first_page_gives_byte_order() -> None:
    keys = [f"k{number:03}" for number in range(300)]

    assert chosen(OddStore.of(keys, "encrypted name", 50), "bucket") == keys


@every_order
def test_an_object_and_what_lies_below_it_are_both_found(kind: str) -> None:
    for other in ("zed-0", "zed.txt", "zeda"):
        store = OddStore.of(["zed", "zed/1", "zed/2", other], kind, 10)

        assert sorted(chosen(store, "bucket/zed")) == ["zed", "zed/1", "zed/2"]


@every_order
@pytest.mark.parametrize("layout", ["day={:%Y-%m-%d}", "{:%Y/%m/%d}", "X{:%Y%m%d}", "{:%Y%m%d}+"])
@pytest.mark.parametrize("page", [2, 4, 7])
def test_a_date_filter_loses_nothing(kind: str, layout: str, page: int) -> None:
    days = [date(2026, month, day) for month in (1, 10, 11) for day in (2, 19, 20, 21)]
    keys = [f"{layout.format(day)}/{name}" for day in days for name in ("a", "B", "c/1", "c+1")]
    keys += [f"{layout.format(day)}a/z" for day in days]

    found = chosen(OddStore.of(keys, kind, page), "bucket", filters=DAYS)
    plain = MemoryStore()
    for key in keys:
        plain.put("bucket", key)

    assert Counter(found) == Counter(chosen(plain, "bucket", filters=DAYS))
    assert len(found) >= 8


@pytest.mark.parametrize("wanted", [(1, 2), (19, 20), (20, 20), (2, 19), (21, 21)])
def test_a_date_filter_loses_nothing_although_directories_are_listed_in_order(
    wanted: tuple[int, int],
) -> None:
    def by_reversed_day(key: str) -> tuple[bytes, ...]:
        day, _, name = key.partition("/")
        return (day[::-1].encode(), name.encode())

    store = OddStore(order=by_reversed_day, page_limit=2, sorts_levels=True)
    days = [date(2026, 11, day) for day in (1, 2, 19, 20, 21)]
    for day in days:
        for name in "abcd":
            store.put("bucket", f"day={day}/{name}")
    first, last = (date(2026, 11, day) for day in wanted)
    filters = Filters(start_date=first, end_date=last, date_from="key")

    found = chosen(store, "bucket", filters=filters)

    within = [day for day in days if first <= day <= last]
    assert sorted(found) == [f"day={day}/{name}" for day in within for name in "abcd"]


@every_order
def test_a_manifest_misses_only_what_is_not_there(kind: str, bench: Bench) -> None:
    keys = late_disorder(25)
    store = OddStore.of(keys, kind, 10)
    lines = "\n".join(f"s3://bucket/{key}" for key in [*keys, "obj/none", "zzz"])
    path = bench.root / "objects.txt"
    path.write_bytes(lines.encode())
    selection = Selection(target=Path("out"), manifest=Manifest.read(path))
    stats = SelectionStats()

    pages = list(choose(store, selection, stats))

    assert sorted(f.key for _, facts in pages for f in facts) == sorted([*keys, "obj/none", "zzz"])
    assert sorted(stats.missing) == ["s3://bucket/obj/none", "s3://bucket/zzz"]


@every_order
def test_a_download_brings_all_objects_and_verify_finds_them(kind: str, bench: Bench) -> None:
    keys = ["a", "a+", "a/b", "A/b", "b", *late_disorder(20)]
    bench.store = OddStore.of(keys, kind, 10)

    bench.download(bench.transfers(), "bucket")
    findings = Counter(
        found.finding.value for found in bench.transfers().check_tree(bench.target, S3Uri("bucket"))
    )

    assert len(bench.files()) == len(keys)
    assert findings == {"ok": len(keys)}


def test_names_that_clash_over_late_disorder_are_an_error_with_a_way_out() -> None:
    class Late(MemoryStore):
        def list_page(self, request: ListRequest) -> ListingPage:
            names = ["a", "b", "c", "a/x"]
            at = int(request.token or "0")
            facts = tuple(ObjectFact(key=key, size_bytes=1) for key in names[at : at + 2])
            return ListingPage(objects=facts, next_token=None if at else "2")

    with pytest.raises(UnavailableError, match="far apart") as caught:
        chosen(Late(), "bucket")

    assert "--exclude" in caught.value.remedy


@pytest.mark.parametrize("why", ["repeat", "are empty"])
def test_pages_that_never_end_are_an_error(why: str) -> None:
    class Endless(MemoryStore):
        def list_page(self, request: ListRequest) -> ListingPage:
            self.requests.append(("list", request.prefix))
            facts = (ObjectFact(key="a", size_bytes=1), ObjectFact(key="b", size_bytes=1))
            shown = facts if why == "repeat" else ()
            return ListingPage(objects=shown, next_token=str(len(self.requests)))

    with pytest.raises(UnavailableError, match=why):
        chosen(Endless(), "bucket")


def test_a_key_that_is_not_there_is_still_no_object(bench: Bench) -> None:
    store = OddStore.of(["zed-1"], "directory")

    with pytest.raises(NotFoundError):
        chosen(store, "bucket/zed")


@given(st.lists(st.tuples(awkward_keys | st.just("\udc80"), st.booleans()), max_size=60))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_objects_than_fit_into_memory_are_sorted(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, bool]]
) -> None:
    monkeypatch.setattr(fact_sorter, "RUN_ROWS", 7)
    with FactSorter() as sorter:
        for key, is_known in rows:
            sorter.add([ObjectFact(key=key, size_bytes=len(key))], is_known=is_known)
        found = [fact for fact, _ in sorter.facts()]

    keys = sorted({key for key, _ in rows}, key=key_bytes)
    assert found == [ObjectFact(key=key, size_bytes=len(key)) for key in keys]
