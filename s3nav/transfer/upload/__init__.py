"""Send files and copy objects: find them, plan, upload, verify, and clean up unfinished uploads.

Uploads share the journal and the job states of downloads.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.upload.running_upload import Deliver, SendRun
    from s3nav.transfer.upload.unfinished_uploads import BegunUploads, JobUploads
    from s3nav.transfer.upload.upload_item import Deliverer
    from s3nav.transfer.upload.upload_plan import SendPreview, check_wish
    from s3nav.transfer.upload.upload_planner import SendPlan, SendPlanner, agree_to_all, plain
    from s3nav.transfer.upload.upload_request import Putting, SendOptions, Wish, fingerprint
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "running_upload": ("Deliver", "SendRun"),
            "unfinished_uploads": ("BegunUploads", "JobUploads"),
            "upload_item": ("Deliverer",),
            "upload_plan": ("SendPreview", "check_wish"),
            "upload_planner": ("SendPlan", "SendPlanner", "agree_to_all", "plain"),
            "upload_request": ("Putting", "SendOptions", "Wish", "fingerprint"),
        },
    )

__all__ = [
    "BegunUploads",
    "Deliver",
    "Deliverer",
    "JobUploads",
    "Putting",
    "SendOptions",
    "SendPlan",
    "SendPlanner",
    "SendPreview",
    "SendRun",
    "Wish",
    "agree_to_all",
    "check_wish",
    "fingerprint",
    "plain",
]
