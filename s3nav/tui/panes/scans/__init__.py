"""Overlays of scans: what takes up the space, the scans of a place, and what changed."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.scans.compare_view import ComparePane
    from s3nav.tui.panes.scans.history_view import HistoryPane
    from s3nav.tui.panes.scans.scan_view import ScanPane
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "compare_view": ("ComparePane",),
            "history_view": ("HistoryPane",),
            "scan_view": ("ScanPane",),
        },
    )

__all__ = [
    "ComparePane",
    "HistoryPane",
    "ScanPane",
]
