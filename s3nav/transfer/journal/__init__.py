"""The transfers' SQLite file: jobs, items, parts, queue order and what each job asked of S3.

The journal is the truth about a job; events only announce it.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.journal.journal import Checkpoint, Journal
    from s3nav.transfer.journal.journal_rows import (
        Asked,
        JobRow,
        JobUsage,
        NewJob,
        PartRow,
        RequestUsage,
        StoredRow,
        nobody_counts,
        report_of,
    )
    from s3nav.transfer.journal.journal_schema import MIGRATIONS
    from s3nav.transfer.journal.queue_order import Direction, mover, place_of
    from s3nav.transfer.journal.records import (
        DONE,
        FAILED,
        LANDING,
        NS_PER_S,
        PENDING,
        SKIPPED,
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
                "LANDING",
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
                "Asked",
                "JobRow",
                "JobUsage",
                "NewJob",
                "PartRow",
                "RequestUsage",
                "StoredRow",
                "nobody_counts",
                "report_of",
            ),
            "journal_schema": ("MIGRATIONS",),
            "queue_order": ("Direction", "mover", "place_of"),
        },
    )

__all__ = [
    "DONE",
    "FAILED",
    "LANDING",
    "MIGRATIONS",
    "NS_PER_S",
    "PENDING",
    "SKIPPED",
    "Asked",
    "Checkpoint",
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
    "StoredRow",
    "Verification",
    "moment",
    "mover",
    "nanoseconds",
    "nobody_counts",
    "place_of",
    "planned",
    "planned_plainly",
    "report_of",
]
