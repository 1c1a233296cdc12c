import pytest

from s3nav.tui.widgets.row_table.row_cursor import RowCursor
from s3nav.tui.widgets.row_table.row_view import RowView
from tests.support.number_rows import NumberRows


def cursor_over(rows: NumberRows, position: int = 0) -> RowCursor:
    return RowCursor(RowView(rows), position)


@pytest.mark.parametrize(("wanted", "reached"), [(-3, 0), (0, 0), (2, 2), (9, 2)])
def test_the_cursor_goes_to_the_nearest_position_there_is(wanted: int, reached: int) -> None:
    cursor = cursor_over(NumberRows([5, 9, 1]), position=1)

    assert cursor.move_to(wanted)

    assert cursor.position == reached


def test_a_move_to_the_same_position_is_none() -> None:
    cursor = cursor_over(NumberRows([5, 9, 1]), position=2)

    assert not cursor.move_to(7)


def test_without_rows_the_cursor_is_on_none() -> None:
    cursor = cursor_over(NumberRows(), position=4)

    assert (cursor.position, cursor.row) == (0, None)


def test_sorting_leaves_the_cursor_on_its_row_and_ends_a_range() -> None:
    cursor = cursor_over(NumberRows([5, 9, 1]), position=1)
    cursor.mark_range()

    assert cursor.sort_by("size")

    assert (cursor.position, cursor.row, cursor.range_from) == (2, 1, None)


def test_sorting_that_leaves_a_row_where_it_was_does_not_move_the_cursor() -> None:
    cursor = cursor_over(NumberRows([5, 9, 1]))

    assert not cursor.sort_by("name")


def test_rows_that_arrive_in_a_sorted_table_leave_the_cursor_on_its_row() -> None:
    rows = NumberRows([50, 10])
    cursor = cursor_over(rows)
    cursor.sort_by("size")

    rows.sizes.extend([30, 40])

    assert cursor.grow()
    assert (cursor.position, cursor.row) == (3, 0)
    assert not cursor.grow()


def test_values_that_change_are_sorted_again_under_the_cursor() -> None:
    rows = NumberRows([1, 2, 3])
    cursor = cursor_over(rows)
    cursor.sort_by("size")

    rows.sizes[0] = 9

    assert cursor.values_changed()
    assert (cursor.position, cursor.row) == (2, 0)


def test_a_row_that_is_hidden_leaves_the_cursor_near_where_it_was() -> None:
    rows = NumberRows([1, 2, 3])
    cursor = cursor_over(rows)
    cursor.view.filter_by("row 2")

    cursor.values_changed()

    assert (cursor.position, cursor.row) == (0, 2)


def test_a_filter_puts_the_cursor_on_the_first_row_that_is_not_pinned_and_ends_a_range() -> None:
    cursor = cursor_over(NumberRows(range(30), pinned=1), position=7)
    cursor.mark_range()

    cursor.filter_by("row 2")

    assert (cursor.position, cursor.row, cursor.range_from) == (1, 2, None)


def test_a_range_is_marked_while_it_is_chosen_and_after_it() -> None:
    cursor = cursor_over(NumberRows(range(9)), position=5)
    cursor.mark_range()
    cursor.move_to(3)

    chosen = [row for row in range(9) if cursor.is_marked(row, row)]
    assert (chosen, cursor.view.marks) == ([3, 4, 5], {})

    cursor.mark_range()
    assert set(cursor.view.marks) == {"row 3", "row 4", "row 5"}
    assert cursor.range_from is None


def test_a_pinned_row_is_never_in_a_range() -> None:
    cursor = cursor_over(NumberRows(range(9), pinned=1), position=2)
    cursor.mark_range()
    cursor.move_to(0)

    assert not cursor.is_marked(0, 0)
    assert cursor.is_marked(1, 1)
