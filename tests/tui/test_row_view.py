from hypothesis import given
from hypothesis import strategies as st

from s3nav.tui.widgets.row_table.row_view import ALWAYS_RESORT_ROWS, RowView
from tests.support.number_rows import NumberRows

sizes = st.lists(st.integers(0, 50), max_size=60)


def rows_of(view: RowView) -> list[int]:
    return [view.row_at(position) for position in range(len(view))]


def test_a_plain_view_shows_the_order_of_the_source() -> None:
    assert rows_of(RowView(NumberRows([3, 1, 2]))) == [0, 1, 2]


@given(sizes, st.booleans(), st.integers(0, 2))
def test_sorting_orders_all_rows_but_the_pinned(
    values: list[int], descending: bool, pinned: int
) -> None:
    view = RowView(NumberRows(values, pinned=pinned))

    view.sort_by("size", descending=descending)

    free = rows_of(view)[pinned:]
    assert rows_of(view)[:pinned] == list(range(min(pinned, len(values))))
    assert [values[r] for r in free] == sorted(values[pinned:], reverse=descending)


@given(sizes, st.sampled_from(["1", "2", "row 3", "nothing"]))
def test_a_filter_keeps_exactly_the_rows_that_contain_the_text(
    values: list[int], text: str
) -> None:
    view = RowView(NumberRows(values, pinned=1))

    view.filter_by(text)

    expected = [r for r in range(1, len(values)) if text in f"row {r}"]
    assert rows_of(view) == [0][: len(values)] + expected


@given(sizes, st.integers(0, 60), st.sampled_from(["", "1"]), st.sampled_from(["", "size"]))
def test_growing_ends_where_building_at_once_would_be(
    values: list[int], cut: int, text: str, column: str
) -> None:
    source = NumberRows(values[:cut], pinned=1)
    view = RowView(source)
    view.filter_by(text)
    view.sort_by(column)

    source.sizes.extend(values[cut:])
    view.grow(final=True)

    whole = RowView(NumberRows(values, pinned=1))
    whole.filter_by(text)
    whole.sort_by(column)
    assert rows_of(view) == rows_of(whole)


def test_a_large_sorted_view_says_how_many_rows_came_after_the_sort() -> None:
    source = NumberRows(range(ALWAYS_RESORT_ROWS * 2))
    view = RowView(source)
    view.sort_by("size", descending=True)

    source.sizes.extend(range(10))
    view.grow()

    assert view.unsorted == 10
    view.grow(final=True)
    assert view.unsorted == 0


@given(sizes)
def test_every_shown_row_knows_its_position(values: list[int]) -> None:
    view = RowView(NumberRows(values))
    view.filter_by("1")
    view.sort_by("size")

    assert [view.position_of(row) for row in rows_of(view)] == list(range(len(view)))


def test_a_hidden_row_has_no_position() -> None:
    view = RowView(NumberRows([1, 2, 3]))
    view.filter_by("2")

    assert view.position_of(0) is None


@given(sizes, st.integers(0, 2))
def test_inverting_twice_restores_the_marks(values: list[int], pinned: int) -> None:
    view = RowView(NumberRows(values, pinned=pinned))
    view.mark_between(1, 4)
    before = set(view.marks)

    view.invert()
    assert set(view.marks).isdisjoint(before)
    view.invert()

    assert set(view.marks) == before


def test_marks_survive_sorting_and_filtering() -> None:
    view = RowView(NumberRows([5, 9, 7]))
    view.toggle(1)

    view.filter_by("2")
    view.sort_by("size")
    view.filter_by("")

    assert set(view.marks) == {"row 1"}
    assert view.is_marked(1)


def test_pinned_rows_are_never_marked() -> None:
    view = RowView(NumberRows([5, 9], pinned=1))

    view.toggle(0)
    view.mark_between(0, 1)

    assert set(view.marks) == {"row 1"}
