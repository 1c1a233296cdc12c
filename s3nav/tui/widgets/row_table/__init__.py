"""The table of the cockpit: it holds a million rows, and paints only those on screen."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.widgets.row_table.row_layout import shortened, wrap
    from s3nav.tui.widgets.row_table.row_table import RowTable
    from s3nav.tui.widgets.row_table.rows import ColumnLayout, SortValue
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "row_layout": ("shortened", "wrap"),
            "row_table": ("RowTable",),
            "rows": ("ColumnLayout", "SortValue"),
        },
    )

__all__ = [
    "ColumnLayout",
    "RowTable",
    "SortValue",
    "shortened",
    "wrap",
]
