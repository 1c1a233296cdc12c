import pytest

from s3nav.tui.widgets.row_table.row_window import RowWindow, Step

WINDOW = RowWindow(top=10, lines=5, rows=100)


@pytest.mark.parametrize(
    ("position", "top"), [(3, 3), (10, 10), (14, 10), (15, 11), (99, 95)]
)  # fmt: skip
def test_it_scrolls_as_little_as_needed(position: int, top: int) -> None:
    assert WINDOW.top_for(position) == top


def test_a_table_without_lines_does_not_scroll() -> None:
    assert RowWindow(top=0, lines=0, rows=100).top_for(7) == 0


@pytest.mark.parametrize(("y", "position"), [(0, None), (1, 10), (5, 14)])
def test_the_line_of_titles_shows_no_row(y: int, position: int | None) -> None:
    assert WINDOW.position_at(y) == position


def test_lines_below_the_last_row_show_none() -> None:
    window = RowWindow(top=0, lines=5, rows=2)

    assert [window.position_at(y) for y in range(1, 6)] == [0, 1, None, None, None]


@pytest.mark.parametrize("y", range(1, 6))
def test_the_line_of_a_row_is_where_the_row_is(y: int) -> None:
    position = WINDOW.position_at(y)

    assert position is not None
    assert WINDOW.line_of(position) == y


@pytest.mark.parametrize("position", [9, 15])
def test_a_row_that_is_not_on_screen_has_no_line(position: int) -> None:
    assert WINDOW.line_of(position) is None


@pytest.mark.parametrize(("position", "nearest"), [(3, 10), (12, 12), (40, 14)])
def test_the_wheel_takes_the_cursor_along(position: int, nearest: int) -> None:
    assert WINDOW.nearest(position) == nearest


@pytest.mark.parametrize(("step", "rows"), [("row", 1), ("half", 10), ("page", 19), ("end", 1000)])
def test_a_step_moves_by_what_is_on_screen(step: Step, rows: int) -> None:
    assert RowWindow(top=0, lines=20, rows=1000).rows_in(step) == rows


@pytest.mark.parametrize("step", ["row", "half", "page"])
def test_every_step_moves_by_a_row_at_least(step: Step) -> None:
    assert RowWindow(top=0, lines=1, rows=9).rows_in(step) == 1
