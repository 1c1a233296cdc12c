"""Send files and copy objects: find them, plan, upload, verify, and clean up unfinished uploads.

Uploads share the journal and the job states of downloads.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.upload.running_upload import Deliver, UploadRun
    from s3nav.transfer.upload.unfinished_uploads import BegunUploads, JobUploads
    from s3nav.transfer.upload.upload_item import Deliverer
    from s3nav.transfer.upload.upload_plan import UploadPreview, check_wish
    from s3nav.transfer.upload.upload_planner import UploadPlan, UploadPlanner, agree_to_all, plain
    from s3nav.transfer.upload.upload_request import (
        Putting,
        UploadOptions,
        UploadRequest,
        fingerprint,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "running_upload": ("Deliver", "UploadRun"),
            "unfinished_uploads": ("BegunUploads", "JobUploads"),
            "upload_item": ("Deliverer",),
            "upload_plan": ("UploadPreview", "check_wish"),
            "upload_planner": ("UploadPlan", "UploadPlanner", "agree_to_all", "plain"),
            "upload_request": ("Putting", "UploadOptions", "UploadRequest", "fingerprint"),
        },
    )

__all__ = [
    "BegunUploads",
    "Deliver",
    "Deliverer",
    "JobUploads",
    "Putting",
    "UploadOptions",
    "UploadPlan",
    "UploadPlanner",
    "UploadPreview",
    "UploadRequest",
    "UploadRun",
    "agree_to_all",
    "check_wish",
    "fingerprint",
    "plain",
]
