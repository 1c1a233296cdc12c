"""Decide what to fetch or to send: what exists already, overwrite rules, disk space and parts.

Reading a plan stores nothing; only the planner of a job writes to the journal.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.planning.download_plan import PlanReader, fingerprint, naming_rules
    from s3nav.transfer.planning.download_planner import Planner, accept_any_plan
    from s3nav.transfer.planning.existing_files import EXISTING_REASON
    from s3nav.transfer.planning.existing_objects import (
        ETAG,
        REPLACES,
        ExistingObjects,
        apply_overwrite_policy,
        are_different,
        same_as_file,
        same_objects,
        verify_file,
    )
    from s3nav.transfer.planning.plan_preview import (
        PlanStoppedError,
        Preview,
        is_whole,
        missing,
        never,
        stop_check,
    )
    from s3nav.transfer.planning.verdicts import RESTARTS_MAX, Verdict, verdict_of
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "download_plan": ("PlanReader", "fingerprint", "naming_rules"),
            "download_planner": ("Planner", "accept_any_plan"),
            "existing_files": ("EXISTING_REASON",),
            "existing_objects": (
                "ETAG",
                "REPLACES",
                "ExistingObjects",
                "apply_overwrite_policy",
                "are_different",
                "same_as_file",
                "same_objects",
                "verify_file",
            ),
            "plan_preview": (
                "PlanStoppedError",
                "Preview",
                "is_whole",
                "missing",
                "never",
                "stop_check",
            ),
            "verdicts": ("RESTARTS_MAX", "Verdict", "verdict_of"),
        },
    )

__all__ = [
    "ETAG",
    "EXISTING_REASON",
    "REPLACES",
    "RESTARTS_MAX",
    "ExistingObjects",
    "PlanReader",
    "PlanStoppedError",
    "Planner",
    "Preview",
    "Verdict",
    "accept_any_plan",
    "apply_overwrite_policy",
    "are_different",
    "fingerprint",
    "is_whole",
    "missing",
    "naming_rules",
    "never",
    "same_as_file",
    "same_objects",
    "stop_check",
    "verdict_of",
    "verify_file",
]
