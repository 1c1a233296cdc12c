"""Pane 2: buckets, the browser of one bucket, and available days."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.buckets.availability import AvailabilityPane
    from s3nav.tui.panes.buckets.browser import BrowserPane, CopyWanted, UploadWanted
    from s3nav.tui.panes.buckets.buckets import BucketsPane
    from s3nav.tui.panes.buckets.directory_rows import NoRows
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "availability": ("AvailabilityPane",),
            "browser": ("BrowserPane", "CopyWanted", "UploadWanted"),
            "buckets": ("BucketsPane",),
            "directory_rows": ("NoRows",),
        },
    )

__all__ = [
    "AvailabilityPane",
    "BrowserPane",
    "BucketsPane",
    "CopyWanted",
    "NoRows",
    "UploadWanted",
]
