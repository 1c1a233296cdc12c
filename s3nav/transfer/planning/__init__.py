"""Decide what to fetch or to send: what exists already, overwrite rules, disk space and parts.

A plan writes nothing but the journal rows it is asked to store.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.planning.download_plan import PlanReader, Preview, fingerprint, naming_rules
    from s3nav.transfer.planning.download_planner import Planner, agree_to_all
    from s3nav.transfer.planning.existing_files import THERE_REASON
    from s3nav.transfer.planning.existing_objects import (
        ETAG,
        ExistingObjects,
        same_as_file,
        same_objects,
        verify_file,
    )
    from s3nav.transfer.planning.item_retries import (
        RESTARTS_MAX,
        RetryBudget,
        Verdict,
        delay_s,
        verdict_of,
    )
    from s3nav.transfer.planning.overwrite_policy import REPLACES, apply_overwrite_policy
    from s3nav.transfer.planning.parts import is_whole, missing
    from s3nav.transfer.planning.retrying_store import PlanStoppedError, RetryingStore, never
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "download_plan": ("PlanReader", "Preview", "fingerprint", "naming_rules"),
            "download_planner": ("Planner", "agree_to_all"),
            "existing_files": ("THERE_REASON",),
            "existing_objects": (
                "ETAG",
                "ExistingObjects",
                "verify_file",
                "same_as_file",
                "same_objects",
            ),
            "item_retries": ("RESTARTS_MAX", "RetryBudget", "Verdict", "delay_s", "verdict_of"),
            "overwrite_policy": ("REPLACES", "apply_overwrite_policy"),
            "parts": ("is_whole", "missing"),
            "retrying_store": ("RetryingStore", "PlanStoppedError", "never"),
        },
    )

__all__ = [
    "ETAG",
    "REPLACES",
    "RESTARTS_MAX",
    "THERE_REASON",
    "ExistingObjects",
    "PlanReader",
    "PlanStoppedError",
    "Planner",
    "Preview",
    "RetryBudget",
    "RetryingStore",
    "Verdict",
    "agree_to_all",
    "apply_overwrite_policy",
    "delay_s",
    "fingerprint",
    "is_whole",
    "missing",
    "naming_rules",
    "never",
    "same_as_file",
    "same_objects",
    "verdict_of",
    "verify_file",
]
