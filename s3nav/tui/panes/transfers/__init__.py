"""Pane 3: the queue of jobs, what they cost, and their files."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.transfers.files import FilesPane
    from s3nav.tui.panes.transfers.transfers import FilesWanted, TransfersPane
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "files": ("FilesPane",),
            "transfers": ("FilesWanted", "TransfersPane"),
        },
    )

__all__ = [
    "FilesPane",
    "FilesWanted",
    "TransfersPane",
]
