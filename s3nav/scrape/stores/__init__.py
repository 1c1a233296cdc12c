"""Store scrapes in SQLite or MongoDB; a spool holds them while MongoDB does not answer.

All stores pass the same contract tests.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.scrape.stores.copying import batches, copy_scrape, entries_of
    from s3nav.scrape.stores.resource_store import (
        DayCount,
        Group,
        Ref,
        ResourceStore,
        Share,
        Slot,
        Totals,
    )
    from s3nav.scrape.stores.spool import SpoolingStore
    from s3nav.scrape.stores.sqlite_store import SqliteStore
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "copying": ("batches", "copy_scrape", "entries_of"),
            "resource_store": (
                "DayCount",
                "Group",
                "Ref",
                "ResourceStore",
                "Share",
                "Slot",
                "Totals",
            ),
            "spool": ("SpoolingStore",),
            "sqlite_store": ("SqliteStore",),
        },
    )

__all__ = [
    "DayCount",
    "Group",
    "Ref",
    "ResourceStore",
    "Share",
    "Slot",
    "SpoolingStore",
    "SqliteStore",
    "Totals",
    "batches",
    "copy_scrape",
    "entries_of",
]
