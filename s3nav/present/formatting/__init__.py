"""Format values as text: sizes, dates, money, bars, columns, and text that fits a terminal."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.present.formatting.bars import class_split, progress_bar, sparkline
    from s3nav.present.formatting.cell_width import cells, padded
    from s3nav.present.formatting.columns import Column, Datum, Row
    from s3nav.present.formatting.fitting import FittingLine, Part, about, clipped
    from s3nav.present.formatting.money import (
        COLUMNS,
        Costs,
        bill_document,
        bill_facts,
        bill_lines,
        bill_rows,
        cost_line,
        digits,
        dollars,
        prices_line,
        total,
    )
    from s3nav.present.formatting.spans import Cell, Notice, Span, Tone, text_of
    from s3nav.present.formatting.terminal_icons import ASCII, UNICODE, Icons, icons
    from s3nav.present.formatting.units import (
        DAY_S,
        HOUR_S,
        MISSING,
        count,
        date,
        duration,
        iso,
        minute,
        number_of,
        percent,
        rate,
        safe_text,
        size,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "bars": ("class_split", "progress_bar", "sparkline"),
            "cell_width": ("cells", "padded"),
            "columns": ("Column", "Datum", "Row"),
            "fitting": ("FittingLine", "Part", "about", "clipped"),
            "money": (
                "COLUMNS",
                "Costs",
                "bill_document",
                "bill_facts",
                "bill_lines",
                "bill_rows",
                "cost_line",
                "digits",
                "dollars",
                "prices_line",
                "total",
            ),
            "spans": ("Cell", "Notice", "Span", "Tone", "text_of"),
            "terminal_icons": ("ASCII", "Icons", "UNICODE", "icons"),
            "units": (
                "DAY_S",
                "HOUR_S",
                "MISSING",
                "date",
                "iso",
                "minute",
                "percent",
                "count",
                "duration",
                "number_of",
                "rate",
                "safe_text",
                "size",
            ),
        },
    )

__all__ = [
    "ASCII",
    "COLUMNS",
    "DAY_S",
    "HOUR_S",
    "MISSING",
    "UNICODE",
    "Cell",
    "Column",
    "Costs",
    "Datum",
    "FittingLine",
    "Icons",
    "Notice",
    "Part",
    "Row",
    "Span",
    "Tone",
    "about",
    "bill_document",
    "bill_facts",
    "bill_lines",
    "bill_rows",
    "cells",
    "class_split",
    "clipped",
    "cost_line",
    "count",
    "date",
    "digits",
    "dollars",
    "duration",
    "icons",
    "iso",
    "minute",
    "number_of",
    "padded",
    "percent",
    "prices_line",
    "progress_bar",
    "rate",
    "safe_text",
    "size",
    "sparkline",
    "text_of",
    "total",
]
