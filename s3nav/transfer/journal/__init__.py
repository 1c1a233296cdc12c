"""The transfers' SQLite file: jobs, items, parts, queue order and the requests of each job.

The journal is the truth about a job; events only announce it.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.journal.journal import Checkpoint, Journal
    from s3nav.transfer.journal.journal_rows import (
        ConnectionOf,
        JobRow,
        JobUsage,
        NewJob,
        PartRow,
        RequestsOf,
        RequestUsage,
        StoredRow,
        refuse_other_s3,
        report_of,
        uncounted,
    )
    from s3nav.transfer.journal.journal_schema import MIGRATIONS
    from s3nav.transfer.journal.queue_order import Direction, mover, place_of
    from s3nav.transfer.journal.records import (
        DONE,
        FAILED,
        NS_PER_S,
        PENDING,
        SKIPPED,
        SYNCED,
        Item,
        ItemRecord,
        ItemState,
        JobKind,
        JobRecord,
        JobReport,
        PlannedItem,
        Verification,
        moment,
        nanoseconds,
        planned,
        planned_plainly,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "records": (
                "DONE",
                "FAILED",
                "Item",
                "ItemRecord",
                "ItemState",
                "JobKind",
                "JobRecord",
                "JobReport",
                "SYNCED",
                "NS_PER_S",
                "PENDING",
                "PlannedItem",
                "SKIPPED",
                "Verification",
                "moment",
                "nanoseconds",
                "planned",
                "planned_plainly",
            ),
            "journal": ("Checkpoint", "Journal"),
            "journal_rows": (
                "ConnectionOf",
                "RequestsOf",
                "JobRow",
                "JobUsage",
                "NewJob",
                "PartRow",
                "RequestUsage",
                "StoredRow",
                "uncounted",
                "refuse_other_s3",
                "report_of",
            ),
            "journal_schema": ("MIGRATIONS",),
            "queue_order": ("Direction", "mover", "place_of"),
        },
    )

__all__ = [
    "DONE",
    "FAILED",
    "MIGRATIONS",
    "NS_PER_S",
    "PENDING",
    "SKIPPED",
    "SYNCED",
    "Checkpoint",
    "ConnectionOf",
    "Direction",
    "Item",
    "ItemRecord",
    "ItemState",
    "JobKind",
    "JobRecord",
    "JobReport",
    "JobRow",
    "JobUsage",
    "Journal",
    "NewJob",
    "PartRow",
    "PlannedItem",
    "RequestUsage",
    "RequestsOf",
    "StoredRow",
    "Verification",
    "moment",
    "mover",
    "nanoseconds",
    "place_of",
    "planned",
    "planned_plainly",
    "refuse_other_s3",
    "report_of",
    "uncounted",
]
