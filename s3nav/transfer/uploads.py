"""Plan uploads and copies; `Transfers` runs them like every other job."""

from collections.abc import Callable
from typing import BinaryIO

from s3nav.model.events import JobAdded
from s3nav.persistence import Database
from s3nav.transfer.jobs import Jobs
from s3nav.transfer.journal import JobRecord, Journal, PlannedItem
from s3nav.transfer.planning import never
from s3nav.transfer.upload import (
    BegunUploads,
    Putting,
    UploadAccess,
    UploadPlan,
    UploadPlanner,
    UploadPreview,
    UploadRequest,
    UploadRunner,
    agree_to_all,
    check_wish,
    fingerprint,
    plain,
)


class Uploads:
    """Plans uploads and copies; opened by `Transfers` when the first is asked for.

    Methods may be called from any thread. `plan` and `preview` block.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        jobs: Jobs,
        access: UploadAccess,
    ) -> None:
        self._journal = journal
        self._publish = jobs.publish
        self._planner = UploadPlanner(access.store, database, journal, jobs.locks)
        self.runner = UploadRunner(access, journal, BegunUploads(database), jobs.reports)
        """Runs the jobs; for `Transfers`."""

    def check(self, wish: UploadRequest) -> None:
        """Raise UsageError or NotFoundError when it makes no sense or is not allowed."""
        self.runner.check()
        check_wish(plain(wish))

    def preview(
        self, wish: UploadRequest, each: Callable[[PlannedItem], None] = lambda _: None
    ) -> UploadPreview:
        """Say what `plan` would decide; `each` sees every item. Writes nothing."""
        return self._planner.preview(wish, each)

    def plan(
        self,
        wish: UploadRequest,
        preview: UploadPreview | None = None,
        *,
        stdin: BinaryIO | None = None,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[UploadPreview], None] = agree_to_all,
    ) -> UploadPlan:
        """Find, name and compare, and spool to the journal; nothing is written to S3.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError soon after
        `is_stopped`; no job is left behind then.
        """
        self.check(wish)
        plan = self._planner.plan(wish, preview, is_stopped=is_stopped, agree=agree)
        if stdin is not None:
            self.runner.stdin[plan.record.job_id] = stdin
        self._publish(JobAdded(job_id=plan.record.job_id, title=plan.record.title))
        return plan

    def find_resumable(self, wish: UploadRequest) -> JobRecord | None:
        """The unfinished job of the same wish, if there is one; a stream cannot be resumed."""
        if isinstance(wish, Putting) and wish.is_stream:
            return None
        row = self._journal.resumable(fingerprint(plain(wish)))
        return None if row is None else row.record
