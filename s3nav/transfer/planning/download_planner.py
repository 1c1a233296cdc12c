"""Turn a selection into a job in the journal."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import current_job_id
from s3nav.transfer.integrity import CRCS, CrcLoading
from s3nav.transfer.jobs import lock_job
from s3nav.transfer.journal import (
    JobRecord,
    JobRow,
    Journal,
    NewJob,
    PlannedItem,
    RequestUsage,
)
from s3nav.transfer.planning.download_plan import (
    PlanReader,
    check_room,
    check_target,
    fingerprint,
)
from s3nav.transfer.planning.plan_preview import Preview, never
from s3nav.transfer.selection import Selection, selection_command_words
from s3nav.transfer.source_listing import check_selection

ITEMS_PER_COMMIT = 20_000
"""Items per journal transaction: more need more memory, fewer more commits."""
_JOB_ID_BYTES = 4


def accept_any_plan(_preview: Preview) -> None:
    """Accept every plan."""


class Planner:
    """Plans download jobs. Any thread may call it, several at a time."""

    def __init__(
        self,
        store: ObjectStore,
        journal: Journal,
        locks: Path,
        request_usage: RequestUsage,
        *,
        part_bytes: int,
        retry_attempts: int,
    ) -> None:
        self._journal = journal
        self._part_bytes = part_bytes
        self._locks = locks
        self._request_usage = request_usage
        self._reader = PlanReader(
            store,
            part_bytes=part_bytes,
            retry_attempts=retry_attempts,
            stored_files=journal.stored_files,
            is_shared=journal.targets.is_shared,
            may_write=True,
        )
        self._crcs = CrcLoading()

    def plan(
        self,
        selection: Selection,
        preview: Preview | None = None,
        *,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[Preview], None] = accept_any_plan,
    ) -> JobRecord:
        """List, name and check a selection and write it to the journal; fetch nothing.

        Fills `preview` as it goes; `agree` gets it at the end and may raise to refuse the plan.
        Raises UsageError, NotFoundError, LocalDiskError, the errors of the store, and
        PlanStoppedError within a second after `is_stopped`. After an error no job is left.
        """
        check_selection(selection)
        if selection.plan is not None:
            selection.plan.refuse_other_s3(self._journal.connection())
        check_target(selection.target)
        job_id = secrets.token_hex(_JOB_ID_BYTES)
        # Held while planning, so that another process does not drop the unfinished plan.
        lock = lock_job(self._locks, job_id)
        before = current_job_id.set(job_id)
        preview = preview or Preview()
        try:
            number = self._journal.add_job(self._new_job(job_id, selection))
            is_planned = False
            try:
                self._write_items(number, selection, preview, is_stopped)
                agree(preview)
                self._finish(number, job_id, preview)
                is_planned = True
            finally:
                if not is_planned:
                    self._journal.forget(number)
        finally:
            current_job_id.reset(before)
            lock.release()
        return self._journal.job(job_id).record

    def extend(
        self, row: JobRow, selection: Selection, *, is_stopped: Callable[[], bool] = never
    ) -> Preview:
        """List a selection again and add what is not in the target to its job, which is done.

        Raises as `plan` does; the job is as before then.
        """
        job_id, preview = row.record.job_id, Preview()
        lock = lock_job(self._locks, job_id)
        before = current_job_id.set(job_id)
        try:
            # What the job has just fetched has the time of its object: it is not fetched again.
            again = replace(selection, overwrite=False)
            is_planned = False
            try:
                self._write_items(row.number, again, preview, is_stopped, only_new=True)
                self._request_usage.plan(row.number, preview.asked)
                self._request_usage.keep(row.number, job_id)
                if preview.fetch_files:
                    self._journal.extend_plan(
                        row.number, files=preview.fetch_files, size_bytes=preview.fetch_bytes
                    )
                is_planned = True
            finally:
                if not is_planned:
                    self._journal.drop_extension(row.number)
        finally:
            current_job_id.reset(before)
            lock.release()
        return preview

    def _new_job(self, job_id: str, selection: Selection) -> NewJob:
        return NewJob(
            job_id=job_id,
            fingerprint=fingerprint(selection),
            title=selection.title or _title(selection),
            target=selection.target.absolute(),
            requester_pays=selection.requester_pays,
            verify=selection.verify,
            part_bytes=self._part_bytes,
            words=selection_command_words(selection),
        )

    def _write_items(
        self,
        number: int,
        selection: Selection,
        preview: Preview,
        is_stopped: Callable[[], bool],
        *,
        only_new: bool = False,
    ) -> None:
        batch: list[PlannedItem] = []
        for items in self._reader.read(selection, preview, is_stopped=is_stopped):
            batch += [item for item in items if item.is_pending] if only_new else items
            if _needs_crc(items, self._part_bytes):
                self._crcs.begin()
            if len(batch) >= ITEMS_PER_COMMIT:
                self._journal.add_items(number, batch)
                batch = []
        check_room(preview, selection.target)
        self._journal.add_items(number, batch)

    def close(self) -> None:
        """Wait for the thread that planning may have started."""
        self._crcs.close()

    def _finish(self, number: int, job_id: str, preview: Preview) -> None:
        """Make the job visible, with the requests that are planned and those already sent."""
        self._request_usage.plan(number, preview.asked)
        self._request_usage.keep(number, job_id)
        self._journal.finish_plan(
            number, total_files=preview.total_files, total_bytes=preview.total_bytes
        )


def _needs_crc(items: Sequence[PlannedItem], part_bytes: int) -> bool:
    """Whether the fetch computes CRCs, judged by the first object: S3's checksum, or parts."""
    first = next((item for item in items if item.is_pending), None)
    return first is not None and (first.algorithm in CRCS or first.size_bytes > part_bytes)


def _title(selection: Selection) -> str:
    """The title of a job without one."""
    if selection.plan is not None:
        share = f", shard {selection.shard}" if selection.shard else ""
        return f"plan {selection.plan.path.name}{share}"
    if selection.inventory is not None and not selection.sources:
        return f"s3://{selection.inventory.bucket}"
    if selection.manifest is not None:
        return f"manifest {selection.manifest.path.name}"
    first = selection.sources[0].place
    more = len(selection.sources) - 1
    return f"{first} and {more} more" if more else str(first)
