import asyncio

from textual import events
from textual.app import App, ComposeResult
from textual.message_pump import MessagePump

from s3nav.present.formatting import Notice
from s3nav.tui.widgets.row_table.row_table import RowTable
from s3nav.tui.widgets.row_table.rows import RowSource
from tests.support.number_rows import NumberRows


class TableApp(App[None]):
    def __init__(self, source: RowSource) -> None:
        super().__init__()
        self.table = RowTable(source, markable=True)

    def compose(self) -> ComposeResult:
        yield self.table


async def handled(pump: MessagePump) -> None:
    """Wait until a widget has handled what was posted to it before."""
    done = asyncio.Event()
    pump.call_later(done.set)
    await done.wait()


def lines(table: RowTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


async def test_only_the_rows_on_screen_are_rendered_of_a_million() -> None:
    app = TableApp(NumberRows(range(1_000_000)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("G")
        assert app.table.cursor_row == 999_999
        assert "row 999999" in lines(app.table)[-1]

        await pilot.press("g")
        assert app.table.cursor_row == 0
        assert "row 0" in lines(app.table)[1]


async def test_half_pages_and_pages_move_the_cursor_and_keep_it_in_sight() -> None:
    app = TableApp(NumberRows(range(1000)))
    async with app.run_test(size=(60, 21)) as pilot:
        await pilot.press("ctrl+d", "ctrl+d", "ctrl+d")
        assert app.table.cursor.position == 30
        assert any("▸" in line for line in lines(app.table))

        await pilot.press("ctrl+u", "pagedown", "pageup", "k", "up", "j", "down")
        assert app.table.cursor.position == 20


async def test_the_cursor_never_leaves_the_rows() -> None:
    app = TableApp(NumberRows(range(3)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("k", "pageup", "ctrl+u")
        assert app.table.cursor.position == 0
        await pilot.press("pagedown", "j", "j")
        assert app.table.cursor.position == 2


async def test_keys_do_no_harm_while_there_are_no_rows() -> None:
    app = TableApp(NumberRows())
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*"jkgG", "space", "v", "v", "asterisk", "o", "O", "enter")
        assert app.table.cursor_row is None


async def test_marks_ranges_and_inversion() -> None:
    app = TableApp(NumberRows(range(10)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("space")
        assert app.table.cursor.position == 1
        await pilot.press("j", "v", "j", "j", "v")
        assert set(app.table.view.marks) == {"row 0", "row 2", "row 3", "row 4"}

        await pilot.press("asterisk")
        assert len(app.table.view.marks) == 6


async def test_the_cursor_stays_on_its_row_while_sorting() -> None:
    app = TableApp(NumberRows([5, 9, 1]))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "o", "o")
        assert app.table.view.sort_column == "size"
        assert (app.table.cursor_row, app.table.cursor.position) == (1, 2)

        await pilot.press("O")
        assert app.table.cursor.position == 0


async def test_a_click_on_a_header_sorts_and_a_second_one_reverses() -> None:
    app = TableApp(NumberRows([5, 9, 1]))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(RowTable, offset=(55, 0))
        assert (app.table.view.sort_column, app.table.view.descending) == ("size", False)
        await pilot.click(RowTable, offset=(55, 0))
        assert app.table.view.descending
        assert "SIZE▾" in lines(app.table)[0]


async def test_a_click_goes_to_the_row() -> None:
    app = TableApp(NumberRows(range(10)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(RowTable, offset=(8, 4))
        assert app.table.cursor_row == 3


async def test_rows_that_stream_in_leave_the_cursor_on_its_row() -> None:
    source = NumberRows([50, 10])
    app = TableApp(source)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("o", "o", "j")
        assert app.table.cursor_row == 0

        source.sizes.extend([30, 40])
        app.table.grow()

        assert app.table.cursor_row == 0
        assert app.table.cursor.position == 3


async def test_a_notice_is_painted_only_while_nothing_is_shown() -> None:
    source = NumberRows()
    app = TableApp(source)
    async with app.run_test(size=(60, 20)) as pilot:
        app.table.say(Notice(title="nothing here", lines=("press z",)))
        await pilot.pause()
        assert any("nothing here" in line for line in lines(app.table))

        source.sizes.append(1)
        app.table.grow()
        assert not any("nothing here" in line for line in lines(app.table))


async def test_a_double_click_opens_the_row() -> None:
    opened: list[int | None] = []

    class Opening(TableApp):
        def on_row_table_opened(self) -> None:
            opened.append(self.table.cursor_row)

    app = Opening(NumberRows(range(10)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.click(RowTable, offset=(8, 4), times=2)
        await handled(app.table)
        await handled(app)

    assert opened == [3]


async def test_the_wheel_scrolls_and_keeps_the_cursor_on_screen() -> None:
    def turned(kind: type[events.MouseEvent]) -> events.MouseEvent:
        return kind(app.table, 8, 4, 0, 0, 0, False, False, False)

    app = TableApp(NumberRows(range(100)))
    async with app.run_test(size=(60, 21)) as pilot:
        for _ in range(2):
            app.table.post_message(turned(events.MouseScrollDown))
        await handled(app.table)
        assert (app.table.scroll_offset.y, app.table.cursor_row) == (6, 6)

        await pilot.press("ctrl+d", "pagedown")
        scrolled = app.table.scroll_offset.y
        app.table.post_message(turned(events.MouseScrollUp))
        await handled(app.table)
        assert app.table.scroll_offset.y == scrolled - 3
        assert app.table.cursor.position == scrolled - 3 + 19
