"""Choose, plan, fetch, verify and report downloads."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.download.limits import Bandwidth, EngineTuning
    from s3nav.transfer.journal.journal_rows import JobUsage
    from s3nav.transfer.journal.queue_order import Direction
    from s3nav.transfer.journal.records import (
        ItemRecord,
        ItemState,
        JobKind,
        JobRecord,
        JobReport,
        PlannedItem,
        Verification,
        manifest_line,
        report_line,
    )
    from s3nav.transfer.planning.download_plan import PlanReader, check_target
    from s3nav.transfer.planning.existing_files import (
        EXISTING_REASON,
        find_resume_file,
        read_resume_file,
    )
    from s3nav.transfer.planning.plan_preview import PlanStoppedError, Preview, Renamed
    from s3nav.transfer.selection.datasets import (
        ChangeDays,
        DaysOfPaths,
        PathSet,
        days_of_paths,
        find_dataset,
        path_sets,
        path_sources,
    )
    from s3nav.transfer.selection.filters import ObjectFilter, SelectionStats
    from s3nav.transfer.selection.key_dates import DatePattern
    from s3nav.transfer.selection.manifest import Manifest
    from s3nav.transfer.selection.plan_file import PlanFile, PlanWriter
    from s3nav.transfer.selection.selection import Compare, DateFrom, Filters, Selection, Source
    from s3nav.transfer.selection.selection_command import selection_command_words
    from s3nav.transfer.selection.shards import Shard
    from s3nav.transfer.source_listing.list_selection import check_selection
    from s3nav.transfer.transfers import Transfers
    from s3nav.transfer.upload.upload_plan import UploadPreview
    from s3nav.transfer.upload.upload_planner import UploadPlan
    from s3nav.transfer.upload.upload_request import CopyObjects, UploadFiles
    from s3nav.transfer.upload.upload_runner import UploadAccess
    from s3nav.transfer.uploads import Uploads
    from s3nav.transfer.verify_directory import CheckedFile, Finding
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "download.limits": ("Bandwidth", "EngineTuning"),
            "journal.records": (
                "ItemRecord",
                "ItemState",
                "JobKind",
                "JobRecord",
                "JobReport",
                "PlannedItem",
                "Verification",
                "manifest_line",
                "report_line",
            ),
            "journal.queue_order": ("Direction",),
            "journal.journal_rows": ("JobUsage",),
            "planning.download_plan": ("PlanReader", "check_target"),
            "planning.existing_files": (
                "EXISTING_REASON",
                "find_resume_file",
                "read_resume_file",
            ),
            "planning.plan_preview": ("PlanStoppedError", "Preview", "Renamed"),
            "selection.datasets": (
                "ChangeDays",
                "DaysOfPaths",
                "PathSet",
                "days_of_paths",
                "find_dataset",
                "path_sets",
                "path_sources",
            ),
            "selection.filters": ("ObjectFilter", "SelectionStats"),
            "selection.key_dates": ("DatePattern",),
            "selection.manifest": ("Manifest",),
            "selection.plan_file": ("PlanFile", "PlanWriter"),
            "selection.selection": ("Compare", "DateFrom", "Filters", "Selection", "Source"),
            "selection.selection_command": ("selection_command_words",),
            "selection.shards": ("Shard",),
            "source_listing.list_selection": ("check_selection",),
            "transfers": ("Transfers",),
            "upload.upload_plan": ("UploadPreview",),
            "upload.upload_planner": ("UploadPlan",),
            "upload.upload_request": ("CopyObjects", "UploadFiles"),
            "upload.upload_runner": ("UploadAccess",),
            "uploads": ("Uploads",),
            "verify_directory": ("CheckedFile", "Finding"),
        },
    )

__all__ = [
    "EXISTING_REASON",
    "Bandwidth",
    "ChangeDays",
    "CheckedFile",
    "Compare",
    "CopyObjects",
    "DateFrom",
    "DatePattern",
    "DaysOfPaths",
    "Direction",
    "EngineTuning",
    "Filters",
    "Finding",
    "ItemRecord",
    "ItemState",
    "JobKind",
    "JobRecord",
    "JobReport",
    "JobUsage",
    "Manifest",
    "ObjectFilter",
    "PathSet",
    "PlanFile",
    "PlanReader",
    "PlanStoppedError",
    "PlanWriter",
    "PlannedItem",
    "Preview",
    "Renamed",
    "Selection",
    "SelectionStats",
    "Shard",
    "Source",
    "Transfers",
    "UploadAccess",
    "UploadFiles",
    "UploadPlan",
    "UploadPreview",
    "Uploads",
    "Verification",
    "check_selection",
    "check_target",
    "days_of_paths",
    "find_dataset",
    "find_resume_file",
    "manifest_line",
    "path_sets",
    "path_sources",
    "read_resume_file",
    "report_line",
    "selection_command_words",
]
