"""Plans, progress, uploads and verification results as rows and words."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.present.transfers.plan_rows import (
        DECISION_COLUMNS,
        PREVIEW_COLUMNS,
        choice_lines,
        decision_row,
        preview_lines,
        preview_row,
    )
    from s3nav.present.transfers.progress_lines import progress_line, scan_line, summary_lines
    from s3nav.present.transfers.upload_words import (
        UPLOAD_PREVIEW_COLUMNS,
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
            "plan_rows": (
                "DECISION_COLUMNS",
                "PREVIEW_COLUMNS",
                "choice_lines",
                "decision_row",
                "preview_lines",
                "preview_row",
            ),
            "progress_lines": ("progress_line", "scan_line", "summary_lines"),
            "upload_words": (
                "UPLOAD_PREVIEW_COLUMNS",
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
    "PREVIEW_COLUMNS",
    "UPLOAD_PREVIEW_COLUMNS",
    "check_row",
    "check_summary_lines",
    "choice_lines",
    "decision_row",
    "preview_lines",
    "preview_row",
    "progress_line",
    "scan_line",
    "summary_lines",
    "upload_facts",
    "upload_preview_lines",
    "upload_preview_row",
    "verifying_line",
]
