"""Choose, plan, fetch, verify and report downloads."""

from typing import TYPE_CHECKING

from s3nav.model.lazy import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.datasets import find_dataset, path_sources
    from s3nav.transfer.dates import DatePattern
    from s3nav.transfer.items import PlannedItem
    from s3nav.transfer.jobs import (
        ItemRecord,
        ItemState,
        JobKind,
        JobRecord,
        JobReport,
        Verification,
    )
    from s3nav.transfer.lazy_store import LazyStore
    from s3nav.transfer.manifest import Manifest
    from s3nav.transfer.path_days import ChangeDays, DaysOfPaths, PathSet, days_of_paths, path_sets
    from s3nav.transfer.patience import PatientStore, PlanStoppedError
    from s3nav.transfer.plan import Preview, Renamed, check_target
    from s3nav.transfer.plan_file import PlanFile, PlanWriter
    from s3nav.transfer.queue_order import Direction
    from s3nav.transfer.report import manifest_line, report_line
    from s3nav.transfer.resume_import import find_resume_file, read_resume_file
    from s3nav.transfer.screening import Screening
    from s3nav.transfer.select import check_selection
    from s3nav.transfer.selection import Compare, DateFrom, Filters, Selection, Source
    from s3nav.transfer.send_plan import SendPreview
    from s3nav.transfer.send_planner import SendPlan
    from s3nav.transfer.send_wish import Copying, Putting
    from s3nav.transfer.sending import Sending
    from s3nav.transfer.shards import Shard
    from s3nav.transfer.spending import JobUsage
    from s3nav.transfer.tally import Tally
    from s3nav.transfer.throttle import Bandwidth
    from s3nav.transfer.transfers import Transfers
    from s3nav.transfer.tuning import EngineTuning
    from s3nav.transfer.verify_tree import CheckedFile, Finding
    from s3nav.transfer.wish_words import words_of
else:  # a listing needs nothing of downloads, and they nothing of uploads
    __getattr__ = lazy_names(
        __name__,
        {
            "datasets": (
                "find_dataset",
                "path_sources",
            ),
            "dates": ("DatePattern",),
            "items": ("PlannedItem",),
            "jobs": (
                "ItemRecord",
                "ItemState",
                "JobKind",
                "JobRecord",
                "JobReport",
            ),
            "lazy_store": ("LazyStore",),
            "manifest": ("Manifest",),
            "path_days": (
                "ChangeDays",
                "DaysOfPaths",
                "PathSet",
                "days_of_paths",
                "path_sets",
            ),
            "patience": (
                "PatientStore",
                "PlanStoppedError",
            ),
            "plan": (
                "Preview",
                "Renamed",
                "check_target",
            ),
            "plan_file": (
                "PlanFile",
                "PlanWriter",
            ),
            "queue_order": ("Direction",),
            "report": (
                "manifest_line",
                "report_line",
            ),
            "resume_import": (
                "find_resume_file",
                "read_resume_file",
            ),
            "screening": ("Screening",),
            "select": ("check_selection",),
            "selection": (
                "DateFrom",
                "Filters",
                "Selection",
                "Source",
                "Verification",
            ),
            "send_plan": ("SendPreview",),
            "send_planner": ("SendPlan",),
            "send_wish": (
                "Copying",
                "Putting",
            ),
            "sending": ("Sending",),
            "shards": ("Shard",),
            "spending": ("JobUsage",),
            "tally": ("Tally",),
            "there": ("Compare",),
            "throttle": ("Bandwidth",),
            "transfers": ("Transfers",),
            "tuning": ("EngineTuning",),
            "verify_tree": (
                "CheckedFile",
                "Finding",
            ),
            "wish_words": ("words_of",),
        },
    )

__all__ = [
    "Bandwidth",
    "ChangeDays",
    "CheckedFile",
    "Compare",
    "Copying",
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
    "LazyStore",
    "Manifest",
    "PathSet",
    "PatientStore",
    "PlanFile",
    "PlanStoppedError",
    "PlanWriter",
    "PlannedItem",
    "Preview",
    "Putting",
    "Renamed",
    "Screening",
    "Selection",
    "SendPlan",
    "SendPreview",
    "Sending",
    "Shard",
    "Source",
    "Tally",
    "Transfers",
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
    "words_of",
]
