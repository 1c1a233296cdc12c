"""Turn a wish to write into a job in the journal, or into a preview."""

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from s3nav.middleware import StoreMiddleware
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Database, Writer
from s3nav.transfer.jobs import lock_job
from s3nav.transfer.journal import (
    JobKind,
    JobRecord,
    Journal,
    NewJob,
    PlannedItem,
    Verification,
)
from s3nav.transfer.planning import PlanStoppedError, never, stop_check
from s3nav.transfer.upload.copy_sources import with_slash
from s3nav.transfer.upload.upload_plan import UploadPreview, check_wish, decide
from s3nav.transfer.upload.upload_request import (
    Copying,
    UploadOptions,
    UploadRequest,
    fingerprint,
    title_of,
    upload_command_words,
)

SPOOL = 5_000
"""Items written to the journal at once."""
_JOB_ID_BYTES = 4
_SET_KIND = "UPDATE jobs SET kind = ?, options = ?, target = ? WHERE number = ?"


class UploadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the journal, and what it will do."""

    record: JobRecord
    preview: UploadPreview


def agree_to_all(_preview: UploadPreview) -> None:
    """Any plan will do."""


class UploadPlanner:
    """Plans uploads and copies."""

    def __init__(
        self, store: ObjectStore, database: Database, journal: Journal, locks: Path
    ) -> None:
        self._store = store
        self._database = database
        self._journal = journal
        self._locks = locks

    def preview(
        self, wish: UploadRequest, each: Callable[[PlannedItem], None] = lambda _: None
    ) -> UploadPreview:
        """Say what `plan` would decide; `each` sees every item. Writes nothing anywhere."""
        wish = plain(wish)
        check_wish(wish)
        preview = UploadPreview()
        for item in decide(self._store, wish):
            preview.count(item, wish)
            each(item)
        return preview

    def plan(
        self,
        wish: UploadRequest,
        preview: UploadPreview | None = None,
        *,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[UploadPreview], None] = agree_to_all,
    ) -> UploadPlan:
        """Find, name and compare, and spool to the journal; nothing is written to S3.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError soon after
        `is_stopped`; no job is left behind then.
        """
        wish = plain(wish)
        preview = preview or UploadPreview()
        job_id = secrets.token_hex(_JOB_ID_BYTES)
        # Held while planning: another process that starts now must not take it for a wreck.
        lock = lock_job(self._locks, job_id)
        try:
            number = self._journal.add_job(_new_job(job_id, wish))
            is_planned = False
            try:
                self._spool(number, wish, preview, is_stopped)
                agree(preview)
                self._finish(number, wish, preview)
                is_planned = True
            finally:
                if not is_planned:
                    self._journal.forget(number)
        finally:
            lock.release()
        return UploadPlan(record=self._journal.job(job_id).record, preview=preview)

    def _spool(
        self,
        number: int,
        wish: UploadRequest,
        preview: UploadPreview,
        is_stopped: Callable[[], bool],
    ) -> None:
        store = StoreMiddleware(lambda: self._store, check=stop_check(is_stopped))
        batch: list[PlannedItem] = []
        for item in decide(store, wish, is_stopped):
            if is_stopped():
                raise PlanStoppedError
            preview.count(item, wish)
            batch.append(item)
            if len(batch) >= SPOOL:
                self._journal.add_items(number, batch)
                batch = []
        self._journal.add_items(number, batch)

    def _finish(self, number: int, wish: UploadRequest, preview: UploadPreview) -> None:
        """Make the job visible, now that its kind is known: it is not a download."""
        kind = JobKind.COPY if isinstance(wish, Copying) else JobKind.PUT
        options = UploadOptions(storage_class=wish.storage_class, overwrite=wish.overwrite)
        row = (kind.value, msgspec.json.encode(options).decode(), str(wish.to), number)

        def set_kind(writer: Writer) -> None:
            writer.execute(_SET_KIND, row)

        self._database.write(set_kind)
        self._journal.finish_plan(
            number, total_files=preview.total_files, total_bytes=preview.total_bytes
        )


def plain(wish: UploadRequest) -> UploadRequest:
    """The wish in the words of the plan."""
    return with_slash(wish) if isinstance(wish, Copying) else wish


def _new_job(job_id: str, wish: UploadRequest) -> NewJob:
    return NewJob(
        job_id=job_id,
        fingerprint=fingerprint(wish),
        title=title_of(wish),
        target=Path(),
        requester_pays=False,
        verify=Verification.AUTO,
        part_bytes=0,
        words=upload_command_words(wish),
    )
