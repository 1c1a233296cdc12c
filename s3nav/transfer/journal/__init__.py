"""The transfers' SQLite file: jobs, items, parts, queue order and what each job asked of S3.

The journal is the truth about a job; events only announce it.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.journal.items import (
        DONE,
        FAILED,
        LANDING,
        NS_PER_S,
        PENDING,
        SKIPPED,
        Item,
        PlannedItem,
        moment,
        nanoseconds,
        planned,
        planned_plainly,
    )
    from s3nav.transfer.journal.job_records import (
        ItemRecord,
        ItemState,
        JobKind,
        JobRecord,
        JobReport,
        Verification,
    )
    from s3nav.transfer.journal.journal import Checkpoint, Journal
    from s3nav.transfer.journal.journal_rows import JobRow, NewJob, PartRow, StoredRow, report_of
    from s3nav.transfer.journal.journal_schema import MIGRATIONS
    from s3nav.transfer.journal.queue_order import Direction, mover, place_of
    from s3nav.transfer.journal.request_usage import Asked, JobUsage, RequestUsage, nobody_counts
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "items": (
                "DONE",
                "FAILED",
                "Item",
                "LANDING",
                "NS_PER_S",
                "PENDING",
                "PlannedItem",
                "SKIPPED",
                "moment",
                "nanoseconds",
                "planned",
                "planned_plainly",
            ),
            "job_records": (
                "ItemRecord",
                "ItemState",
                "JobKind",
                "JobRecord",
                "JobReport",
                "Verification",
            ),
            "journal": ("Checkpoint", "Journal"),
            "journal_rows": ("JobRow", "StoredRow", "NewJob", "PartRow", "report_of"),
            "journal_schema": ("MIGRATIONS",),
            "queue_order": ("Direction", "mover", "place_of"),
            "request_usage": ("Asked", "JobUsage", "RequestUsage", "nobody_counts"),
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
