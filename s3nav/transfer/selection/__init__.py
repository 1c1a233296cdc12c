"""What the user chose: sources, filters, dates in keys, datasets, manifests and plan files.

Nothing here sends a request; `source_listing` lists the objects of a selection.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.selection.filters import (
        DayFilter,
        ObjectFilter,
        SelectionStats,
        asks_for_days,
    )
    from s3nav.transfer.selection.key_dates import DatePattern
    from s3nav.transfer.selection.selection import Compare, Filters, Selection, Source
    from s3nav.transfer.selection.selection_command import selection_command_words
    from s3nav.transfer.selection.sources import Search, searches_of
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "filters": ("DayFilter", "ObjectFilter", "SelectionStats", "asks_for_days"),
            "key_dates": ("DatePattern",),
            "selection": ("Compare", "Filters", "Selection", "Source"),
            "selection_command": ("selection_command_words",),
            "sources": ("Search", "searches_of"),
        },
    )

__all__ = [
    "Compare",
    "DatePattern",
    "DayFilter",
    "Filters",
    "ObjectFilter",
    "Search",
    "Selection",
    "SelectionStats",
    "Source",
    "asks_for_days",
    "searches_of",
    "selection_command_words",
]
