"""Buckets, scans, versions, inventories and available days as rows and words."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.present.buckets.availability_days import (
        AVAILABILITY_COLUMNS,
        DAY_COLUMNS,
        availability_row,
        day_rows,
        gap_words,
        source_of_dates,
    )
    from s3nav.present.buckets.inventory_facts import inventory_lines, opened_line
    from s3nav.present.buckets.scan_costs import MonthChange, cost_lines, months_of, more_or_less
    from s3nav.present.buckets.scan_tables import (
        CHANGE_COLUMNS,
        COMPARISON_COLUMNS,
        HISTORY_COLUMNS,
        PREFIX_COLUMNS,
        SCAN_COLUMNS,
        at_least,
        band_lines,
        biggest_changes,
        change_row,
        comparison_lines,
        comparison_row,
        count_line,
        coverage_words,
        covers,
        history_row,
        prefix_row,
        scan_lines,
        scan_row,
        short_age,
        signed_size,
    )
    from s3nav.present.buckets.version_rows import (
        VERSIONS_COLUMNS,
        month_of_old,
        versions_lines,
        versions_row,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "availability_days": (
                "AVAILABILITY_COLUMNS",
                "DAY_COLUMNS",
                "availability_row",
                "day_rows",
                "gap_words",
                "source_of_dates",
            ),
            "inventory_facts": ("inventory_lines", "opened_line"),
            "scan_costs": ("MonthChange", "cost_lines", "months_of", "more_or_less"),
            "scan_tables": (
                "CHANGE_COLUMNS",
                "COMPARISON_COLUMNS",
                "HISTORY_COLUMNS",
                "PREFIX_COLUMNS",
                "SCAN_COLUMNS",
                "at_least",
                "band_lines",
                "biggest_changes",
                "change_row",
                "comparison_lines",
                "comparison_row",
                "count_line",
                "coverage_words",
                "covers",
                "history_row",
                "prefix_row",
                "scan_lines",
                "scan_row",
                "short_age",
                "signed_size",
            ),
            "version_rows": ("VERSIONS_COLUMNS", "month_of_old", "versions_lines", "versions_row"),
        },
    )

__all__ = [
    "AVAILABILITY_COLUMNS",
    "CHANGE_COLUMNS",
    "COMPARISON_COLUMNS",
    "DAY_COLUMNS",
    "HISTORY_COLUMNS",
    "PREFIX_COLUMNS",
    "SCAN_COLUMNS",
    "VERSIONS_COLUMNS",
    "MonthChange",
    "at_least",
    "availability_row",
    "band_lines",
    "biggest_changes",
    "change_row",
    "comparison_lines",
    "comparison_row",
    "cost_lines",
    "count_line",
    "coverage_words",
    "covers",
    "day_rows",
    "gap_words",
    "history_row",
    "inventory_lines",
    "month_of_old",
    "months_of",
    "more_or_less",
    "opened_line",
    "prefix_row",
    "scan_lines",
    "scan_row",
    "short_age",
    "signed_size",
    "source_of_dates",
    "versions_lines",
    "versions_row",
]
