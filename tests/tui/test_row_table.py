import pytest
from rich.text import Text
from textual.app import App, ComposeResult

from s3nav.present.formatting import Column, Notice, text_of
from s3nav.tui.panes.buckets.directory_rows import DirectoryRows
from s3nav.tui.widgets.row_table.row_layout import fit, place, wrap
from s3nav.tui.widgets.row_table.row_table import RowTable
from s3nav.tui.widgets.row_table.rows import ColumnLayout, RowSource
from tests.support.number_rows import NumberRows


class TableApp(App[None]):
    def __init__(self, source: RowSource) -> None:
        super().__init__()
        self.table = RowTable(source, markable=True)

    def compose(self) -> ComposeResult:
        yield self.table


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
        assert app.table.cursor == 30
        assert any("▸" in line for line in lines(app.table))

        await pilot.press("ctrl+u", "pagedown", "pageup", "k", "up", "j", "down")
        assert app.table.cursor == 20


async def test_the_cursor_never_leaves_the_rows() -> None:
    app = TableApp(NumberRows(range(3)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("k", "pageup", "ctrl+u")
        assert app.table.cursor == 0
        await pilot.press("pagedown", "j", "j")
        assert app.table.cursor == 2


async def test_keys_do_no_harm_while_there_are_no_rows() -> None:
    app = TableApp(NumberRows())
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press(*"jkgG", "space", "v", "v", "asterisk", "o", "O", "enter")
        assert app.table.cursor_row is None


async def test_marks_ranges_and_inversion() -> None:
    app = TableApp(NumberRows(range(10)))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("space")
        assert app.table.cursor == 1
        await pilot.press("j", "v", "j", "j", "v")
        assert set(app.table.view.marks) == {"row 0", "row 2", "row 3", "row 4"}

        await pilot.press("asterisk")
        assert len(app.table.view.marks) == 6


async def test_the_cursor_stays_on_its_row_while_sorting() -> None:
    app = TableApp(NumberRows([5, 9, 1]))
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("j", "o", "o")
        assert app.table.view.sort_column == "size"
        assert (app.table.cursor_row, app.table.cursor) == (1, 2)

        await pilot.press("O")
        assert app.table.cursor == 0


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
        assert app.table.cursor == 3


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


def test_narrow_places_drop_the_least_important_columns() -> None:
    columns = (
        ColumnLayout(Column("name", "NAME"), width=20, flex=1),
        ColumnLayout(Column("size", "SIZE"), width=10, drop=1),
        ColumnLayout(Column("class", "CLASS"), width=10, drop=3),
    )

    assert [p.layout.column.key for p in place(columns, 60)] == ["name", "size", "class"]
    assert [p.layout.column.key for p in place(columns, 40)] == ["name", "size"]
    assert [(p.layout.column.key, p.width) for p in place(columns, 25)] == [("name", 25)]


def test_long_texts_are_cut_with_a_sign_and_wide_ones_by_their_cells() -> None:
    end = ColumnLayout(Column("a", "A"), width=6)
    middle = ColumnLayout(Column("a", "A"), width=6, elide="middle")

    assert text_of(fit("abcdefgh", end, 6)) == "abcde…"
    assert text_of(fit("abcdefgh.png", middle, 8)) == "abcd…png"
    assert Text(text_of(fit("日本語日本語", end, 6))).cell_len == 6


@pytest.mark.parametrize(("width", "name", "class_"), [(71, 24, 14), (86, 34, 19), (116, 64, 19)])
def test_a_storage_class_gets_its_whole_width_only_where_names_have_theirs(
    width: int, name: int, class_: int
) -> None:
    widths = {each.layout.column.key: each.width for each in place(DirectoryRows.columns, width)}

    assert (widths["name"], widths["class"]) == (name, class_)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Estimate: s3://awkward-keys/README.md", ["Estimate:", "s3://awkward-keys/README.md"]),
        ("s3://awkward-keys/year/month/README.md", ["s3://awkward-keys/year/month/", "README.md"]),
        ("what it costs while it is being listed", ["what it costs while it is being", "listed"]),
        ("a" * 40, ["a" * 36, "a" * 4]),
        ("", [""]),
    ],
)  # fmt: skip
def test_words_and_parts_of_paths_stay_whole(text: str, lines: list[str]) -> None:
    assert wrap(text, 36) == lines


def test_units_are_quiet_and_numbers_stand_right() -> None:
    column = ColumnLayout(Column("size", "SIZE", is_number=True), width=9, dim_unit=True)

    assert fit("1.2 MiB", column, 9) == (("  ", ""), ("1.2", ""), (" MiB", "dim"))
