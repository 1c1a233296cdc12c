"""The totals against a count that takes one key at a time."""

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from s3nav.browse.pages.page_codec import StoredPage
from s3nav.browse.pages.page_sums import AGE_EDGES, MAX_DEPTH, SIZE_EDGES, sum_page
from s3nav.browse.pages.prefix_totals import Totals
from tests.support.memory_limit import memory_limit

NOW_S = 1_770_000_000
NAMES = st.text(alphabet="ab/0.é\U0001f600", min_size=1, max_size=8)
ROWS = st.dictionaries(
    NAMES,
    st.tuples(
        st.one_of(
            st.integers(0, 3000), st.sampled_from([*SIZE_EDGES, *(e - 1 for e in SIZE_EDGES)])
        ),
        st.one_of(
            st.just(-1),
            st.integers(1_600_000_000, NOW_S),
            st.sampled_from([NOW_S - e for e in AGE_EDGES] + [NOW_S - e + 1 for e in AGE_EDGES]),
        ),
        st.sampled_from(["STANDARD", "GLACIER", "STANDARD_IA"]),
    ),
    max_size=40,
)
Rows = dict[str, tuple[int, int, str]]


def counted(rows: Rows, *, page: int = 7, kept: int = 1000) -> Totals:
    totals = Totals("", prefixes_kept=kept)
    keys = sorted(rows)
    for start in range(0, len(keys), page):
        some = keys[start : start + page]
        columns = StoredPage(
            keys=some,
            sizes=[rows[key][0] for key in some],
            modified_s=[rows[key][1] for key in some],
            classes=[rows[key][2] for key in some],
        )
        totals.add(
            sum_page(
                columns,
                root="",
                now_s=NOW_S,
                floor_bytes=totals.floor_bytes,
                folded=totals.folded,
            )
        )
    return totals


def below(rows: Rows, prefix: str) -> tuple[int, int, datetime | None, datetime | None]:
    inside = [row for key, row in rows.items() if key.startswith(prefix)]
    times = [row[1] for row in inside if row[1] >= 0]
    return (
        len(inside),
        sum(row[0] for row in inside),
        datetime.fromtimestamp(max(times), UTC) if times else None,
        datetime.fromtimestamp(min(times), UTC) if times else None,
    )


def every_prefix(rows: Rows) -> set[str]:
    return {key[: at + 1] for key in rows for at, sign in enumerate(key) if sign == "/"} | {""}


@settings(max_examples=300)
@given(ROWS)
def test_every_prefix_at_every_depth_has_its_sums(rows: Rows) -> None:
    totals = counted(rows)

    found = {
        total.prefix: (total.objects, total.size_bytes, total.newest_at, total.oldest_at)
        for total in totals.every()
    }

    assert found == {prefix: below(rows, prefix) for prefix in every_prefix(rows)}
    assert not any(total.is_folded for total in totals.every())


@given(ROWS, st.integers(1, 12))
def test_with_too_many_prefixes_what_is_kept_is_still_right_and_the_rest_is_reported(
    rows: Rows, kept: int
) -> None:
    totals = counted(rows, kept=kept)

    found = list(totals.every())

    for total in found:
        numbers = (total.objects, total.size_bytes, total.newest_at, total.oldest_at)
        assert numbers == below(rows, total.prefix)
    assert len(found) <= kept or kept == 0
    names = {total.prefix for total in found}
    for missing in every_prefix(rows) - names:
        above = [prefix for prefix in names if missing.startswith(prefix)]
        assert totals.total(max(above, key=len)).is_folded  # type: ignore[union-attr]


@given(ROWS)
def test_children_are_what_lies_directly_below(rows: Rows) -> None:
    totals = counted(rows)

    for prefix in every_prefix(rows):
        wanted = {
            inner
            for inner in every_prefix(rows)
            if inner.startswith(prefix) and inner != prefix and "/" not in inner[len(prefix) : -1]
        }
        assert {child.prefix for child in totals.children(prefix)} == wanted


@given(ROWS)
def test_classes_sizes_and_ages_are_counted(rows: Rows) -> None:
    totals = counted(rows)

    objects = Counter(row[2] for row in rows.values())
    assert {name: both[0] for name, both in totals.by_class.items()} == dict(objects)
    for band in totals.by_size:
        inside = [r[0] for r in rows.values() if band.start <= r[0] < (band.stop or 1 << 60)]
        assert (band.objects, band.size_bytes) == (len(inside), sum(inside))
    for band in totals.by_age:
        stop = band.stop or 1 << 60
        aged = [r[0] for r in rows.values() if r[1] >= 0 and band.start <= NOW_S - r[1] < stop]
        assert (band.objects, band.size_bytes) == (len(aged), sum(aged))


def test_the_largest_objects_are_known_by_name() -> None:
    rows = {f"{n:05}": (n * 37 % 5000, 1, "STANDARD") for n in range(3000)}

    largest = counted(rows, page=100).largest

    assert len(largest) == 100
    wanted = sorted(((row[0], key) for key, row in rows.items()), reverse=True)[:100]
    assert [(found.size_bytes, found.key) for found in largest] == wanted


def test_a_prefix_for_each_user_does_not_take_memory_for_each() -> None:
    rows = {f"users/{n:06}/a": (1, 1, "STANDARD") for n in range(5000)}

    totals = counted(rows, page=1000, kept=500)

    users = totals.total("users/")
    assert users is not None
    assert (users.objects, users.is_folded) == (5000, True)
    assert totals.children("users/") == []


def test_keys_of_nothing_but_slashes_do_not_take_memory_for_each_level() -> None:
    rows = {f"{number:04}" + "/" * 1_020: (1, 0, "STANDARD") for number in range(1_000)}

    with memory_limit(256):
        totals = counted(rows, page=1_000)

    assert totals.whole.objects == 1_000
    assert totals.total("0007" + "/" * MAX_DEPTH) is None  # folded: too many prefixes


def test_objects_below_the_deepest_level_count_in_it() -> None:
    rows = {"a" + "/" * depth: (depth, 0, "STANDARD") for depth in (MAX_DEPTH, MAX_DEPTH + 5)}

    totals = counted(rows)

    deepest = totals.total("a" + "/" * MAX_DEPTH)
    assert deepest is not None
    assert (deepest.objects, deepest.size_bytes) == (2, 2 * MAX_DEPTH + 5)
    assert totals.children(deepest.prefix) == []
