"""What the user chose: sources, filters, dates in keys, datasets, manifests and plan files.

Nothing here asks S3; `source_listing` lists what a selection names.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.selection.filters import NO_DATE, DaySieve, Sieve, asks_for_days
    from s3nav.transfer.selection.key_dates import DatePattern, find_pattern
    from s3nav.transfer.selection.selection import Compare, Filters, Selection, Source
    from s3nav.transfer.selection.selection_command import selection_command_words
    from s3nav.transfer.selection.selection_stats import SelectionStats
    from s3nav.transfer.selection.sources import Search, searches_of
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "filters": ("DaySieve", "NO_DATE", "Sieve", "asks_for_days"),
            "key_dates": ("DatePattern", "find_pattern"),
            "selection": ("Compare", "Filters", "Selection", "Source"),
            "selection_command": ("selection_command_words",),
            "selection_stats": ("SelectionStats",),
            "sources": ("Search", "searches_of"),
        },
    )

__all__ = [
    "NO_DATE",
    "Compare",
    "DatePattern",
    "DaySieve",
    "Filters",
    "Search",
    "Selection",
    "SelectionStats",
    "Sieve",
    "Source",
    "asks_for_days",
    "find_pattern",
    "searches_of",
    "selection_command_words",
]
