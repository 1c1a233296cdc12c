"""Send files and copy objects: find them, plan, upload, verify, and clean up unfinished uploads.

Uploads share the journal and the job states of downloads.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.upload.unfinished_uploads import BegunUploads
    from s3nav.transfer.upload.upload_plan import UploadPreview, check_wish
    from s3nav.transfer.upload.upload_planner import UploadPlan, UploadPlanner, agree_to_all, plain
    from s3nav.transfer.upload.upload_request import (
        Putting,
        UploadRequest,
        fingerprint,
    )
    from s3nav.transfer.upload.upload_runner import UploadAccess, UploadRunner
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "unfinished_uploads": ("BegunUploads",),
            "upload_plan": ("UploadPreview", "check_wish"),
            "upload_planner": ("UploadPlan", "UploadPlanner", "agree_to_all", "plain"),
            "upload_request": ("Putting", "UploadRequest", "fingerprint"),
            "upload_runner": ("UploadAccess", "UploadRunner"),
        },
    )

__all__ = [
    "BegunUploads",
    "Putting",
    "UploadAccess",
    "UploadPlan",
    "UploadPlanner",
    "UploadPreview",
    "UploadRequest",
    "UploadRunner",
    "agree_to_all",
    "check_wish",
    "fingerprint",
    "plain",
]
