"""Lines of the row table, painted without an application."""

from rich.style import Style

from s3nav.present.formatting import ASCII, Notice
from s3nav.tui.widgets.row_table.row_cursor import RowCursor
from s3nav.tui.widgets.row_table.row_layout import TableColumns
from s3nav.tui.widgets.row_table.row_paint import RowPainter
from s3nav.tui.widgets.row_table.row_styles import RowStyles
from s3nav.tui.widgets.row_table.row_view import RowView
from s3nav.tui.widgets.row_table.row_window import RowWindow
from tests.support.number_rows import NumberRows

WIDTH, LINES = 40, 6
ROW_COLORS = {"row-table--cursor": "on red", "row-table--cursor-blurred": "on blue"}


def painter(
    cursor: RowCursor, *, top: int = 0, has_focus: bool = True, notice: Notice | None = None
) -> RowPainter:
    return RowPainter(
        width=WIDTH,
        window=RowWindow(top, LINES, rows=len(cursor.view)),
        placed=TableColumns().fit(cursor.view.source, WIDTH - 4).placed,
        cursor=cursor,
        has_focus=has_focus,
        notice=notice,
        icons=ASCII,
        base=Style(),
        styles=RowStyles(lambda name: Style.parse(ROW_COLORS.get(name, ""))),
    )


def texts(painter: RowPainter) -> list[str]:
    return [painter.line(y).text.rstrip() for y in range(LINES + 1)]


def backgrounds(painter: RowPainter, y: int) -> set[str]:
    colors = [segment.style.bgcolor for segment in painter.line(y) if segment.style]
    return {color.name for color in colors if color}


def test_below_the_titles_are_the_rows_from_the_top_of_the_window() -> None:
    lines = texts(painter(RowCursor(RowView(NumberRows(range(50))), 21), top=20))

    assert lines[0].split() == ["NAME", "SIZE"]
    assert [line.split()[-1] for line in lines[1:]] == ["20", "21", "22", "23", "24", "25"]
    assert [y for y, line in enumerate(lines) if line.startswith(ASCII.cursor)] == [2]


def test_every_line_fills_the_width() -> None:
    some = painter(RowCursor(RowView(NumberRows(range(3)))))

    assert {len(some.line(y).text) for y in range(LINES + 1)} == {WIDTH}


def test_the_sorted_column_has_an_arrow() -> None:
    cursor = RowCursor(RowView(NumberRows([3, 1])))
    cursor.sort_by("size", descending=True)

    assert texts(painter(cursor))[0].endswith("SIZE" + ASCII.descending)


def test_marked_rows_and_those_of_a_range_have_the_same_sign() -> None:
    cursor = RowCursor(RowView(NumberRows(range(6))))
    cursor.view.toggle(5)
    cursor.mark_range()
    cursor.move_to(1)

    marked = [y for y, line in enumerate(texts(painter(cursor))) if line[1:2] == ASCII.marked]

    assert marked == [1, 2, 6]


def test_the_cursor_is_paler_without_the_focus() -> None:
    cursor = RowCursor(RowView(NumberRows(range(2))))

    assert backgrounds(painter(cursor), 1) == {"red"}
    assert backgrounds(painter(cursor, has_focus=False), 1) == {"blue"}
    assert backgrounds(painter(cursor), 2) == set()


def test_a_notice_stands_below_pinned_rows_and_only_while_there_are_no_others() -> None:
    notice = Notice(title="nothing here")
    pinned = RowCursor(RowView(NumberRows([1], pinned=1)))
    free = RowCursor(RowView(NumberRows([1, 2], pinned=1)))

    lines = texts(painter(pinned, notice=notice))
    assert "row 0" in lines[1]
    assert [line.strip() for line in lines[2:]] == ["", "nothing here", "", "", ""]
    assert not any("nothing" in line for line in texts(painter(free, notice=notice)))


def test_a_style_is_looked_up_once_until_the_theme_changes() -> None:
    asked: list[str] = []

    def look_up(name: str) -> Style:
        asked.append(name)
        return Style()

    styles = RowStyles(look_up)
    for _ in range(3):
        styles.of("good")
    assert asked == ["row-table--good"]

    styles.forget()
    styles.of("good")
    assert len(asked) == 2
