"""Plans, progress, uploads and verification results as rows and words."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.present.transfers.estimate_facts import (
        job_cost_facts,
        plan_cost_facts,
        upload_cost_facts,
    )
    from s3nav.present.transfers.job_words import (
        job_facts,
        jobs_by_state,
        limit_words,
        listing_words,
        unfinished_jobs,
    )
    from s3nav.present.transfers.plan_rows import (
        DECISION_COLUMNS,
        PREVIEW_COLUMNS,
        choice_lines,
        decision_row,
        preview_lines,
        preview_row,
    )
    from s3nav.present.transfers.progress_lines import (
        believed_line,
        lost_line,
        progress_line,
        scan_line,
        summary_lines,
    )
    from s3nav.present.transfers.upload_words import (
        FROM,
        NOT_LISTED_AGAIN,
        TO,
        UPLOAD_PREVIEW_COLUMNS,
        example_facts,
        upload_facts,
        upload_preview_lines,
        upload_preview_row,
    )
    from s3nav.present.transfers.verification_rows import (
        CHECK_COLUMNS,
        check_row,
        check_summary_lines,
        verifying_line,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "estimate_facts": ("job_cost_facts", "plan_cost_facts", "upload_cost_facts"),
            "job_words": (
                "job_facts",
                "jobs_by_state",
                "limit_words",
                "listing_words",
                "unfinished_jobs",
            ),
            "plan_rows": (
                "DECISION_COLUMNS",
                "PREVIEW_COLUMNS",
                "choice_lines",
                "decision_row",
                "preview_lines",
                "preview_row",
            ),
            "progress_lines": (
                "believed_line",
                "lost_line",
                "progress_line",
                "scan_line",
                "summary_lines",
            ),
            "upload_words": (
                "FROM",
                "NOT_LISTED_AGAIN",
                "UPLOAD_PREVIEW_COLUMNS",
                "TO",
                "example_facts",
                "upload_facts",
                "upload_preview_lines",
                "upload_preview_row",
            ),
            "verification_rows": (
                "CHECK_COLUMNS",
                "check_row",
                "check_summary_lines",
                "verifying_line",
            ),
        },
    )

__all__ = [
    "CHECK_COLUMNS",
    "DECISION_COLUMNS",
    "FROM",
    "NOT_LISTED_AGAIN",
    "PREVIEW_COLUMNS",
    "TO",
    "UPLOAD_PREVIEW_COLUMNS",
    "believed_line",
    "check_row",
    "check_summary_lines",
    "choice_lines",
    "decision_row",
    "example_facts",
    "job_cost_facts",
    "job_facts",
    "jobs_by_state",
    "limit_words",
    "listing_words",
    "lost_line",
    "plan_cost_facts",
    "preview_lines",
    "preview_row",
    "progress_line",
    "scan_line",
    "summary_lines",
    "unfinished_jobs",
    "upload_cost_facts",
    "upload_facts",
    "upload_preview_lines",
    "upload_preview_row",
    "verifying_line",
]
