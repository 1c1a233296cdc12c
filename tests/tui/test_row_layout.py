import pytest
from rich.text import Text

from s3nav.present.formatting import Column, text_of
from s3nav.tui.panes.buckets.directory_rows import DirectoryRows
from s3nav.tui.widgets.row_table.row_layout import GAP, TableColumns, fit, place, wrap
from s3nav.tui.widgets.row_table.rows import ColumnLayout
from tests.support.number_rows import NumberRows


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


def test_columns_are_placed_again_only_for_another_width_or_source() -> None:
    columns, rows = TableColumns(), NumberRows()

    placed = columns.fit(rows, 40).placed
    assert columns.fit(rows, 40).placed is placed
    assert columns.fit(rows, 50).placed != placed
    assert columns.fit(NumberRows(), 50).placed is not placed


class RowsThatSortBySize(NumberRows):
    columns = (
        ColumnLayout(Column("name", "NAME"), width=10, sortable=False),
        ColumnLayout(Column("size", "SIZE"), width=12),
        ColumnLayout(Column("class", "CLASS"), width=8),
    )


def test_sorting_goes_through_the_sortable_columns_and_back_to_the_order_of_the_source() -> None:
    columns = TableColumns().fit(RowsThatSortBySize(), 40)

    assert [columns.next_to_sort(now) for now in ("", "size", "class")] == ["size", "class", ""]
    assert columns.next_to_sort("a column that did not fit") == ""
    assert columns.first_to_sort() == "size"
    assert TableColumns().first_to_sort() == ""


def test_a_place_belongs_to_the_column_there_with_the_gap_behind_it() -> None:
    columns = TableColumns().fit(RowsThatSortBySize(), 40)

    found = [columns.to_sort_at(x) for x in (0, 12, 12 + 12 + GAP - 1, 12 + 12 + GAP, 60)]

    assert found == ["", "size", "size", "class", ""]
