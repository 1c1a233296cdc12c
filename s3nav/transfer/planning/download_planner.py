"""Turn a selection into a job in the journal, or into a preview."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import current_job_id
from s3nav.transfer.engine_tuning import EngineTuning
from s3nav.transfer.journal import (
    JobRecord,
    Journal,
    NewJob,
    PlannedItem,
    RequestUsage,
    Verification,
    lock_job,
)
from s3nav.transfer.planning.download_plan import (
    Preview,
    check_room,
    check_target,
    decide,
    fingerprint,
    free_bytes,
    refuse_nothing,
)
from s3nav.transfer.planning.retrying_store import RetryingStore, never
from s3nav.transfer.selection import Selection, selection_command_words
from s3nav.transfer.source_listing import check_selection

SPOOL = 20_000
"""Items written to the journal at once: many, for one commit; few, for little memory."""
_JOB_ID_BYTES = 4


def agree_to_all(_preview: Preview) -> None:
    """Any plan will do."""


class Planner:
    """Plans jobs, one call at a time or several at once."""

    def __init__(
        self,
        store: ObjectStore,
        journal: Journal,
        tuning: EngineTuning,
        locks: Path,
        spending: RequestUsage,
    ) -> None:
        self._store = store
        self._journal = journal
        self._tuning = tuning
        self._locks = locks
        self._spending = spending

    def plan(
        self,
        selection: Selection,
        preview: Preview | None = None,
        *,
        is_stopped: Callable[[], bool] = never,
        agree: Callable[[Preview], None] = agree_to_all,
    ) -> JobRecord:
        """List, name and check a selection and spool it to the journal; nothing is fetched.

        `preview` is filled meanwhile; `agree` sees it in the end and may raise. Raises UsageError,
        NotFoundError, LocalDiskError and what the store raises, PlanStoppedError within a second of
        `is_stopped`; no job is left behind then.
        """
        self._check(selection)
        job_id = secrets.token_hex(_JOB_ID_BYTES)
        # Held while planning: another process that starts now must not take it for a wreck.
        lock = lock_job(self._locks, job_id)
        before = current_job_id.set(job_id)
        preview = preview or Preview()
        try:
            number = self._journal.add_job(self._new_job(job_id, selection))
            is_planned = False
            try:
                self._spool(number, selection, preview, is_stopped)
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

    def preview(
        self, selection: Selection, each: Callable[[PlannedItem], None] = lambda _: None
    ) -> Preview:
        """Say what `plan` would decide; `each` sees every object. Writes nothing, GETs nothing."""
        preview = Preview()
        for items in self.review(selection, preview):
            for item in items:
                each(item)
        return preview

    def review(
        self,
        selection: Selection,
        preview: Preview,
        *,
        is_stopped: Callable[[], bool] = never,
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield what `plan` would decide, by thousands; `preview` is filled meanwhile.

        Writes nothing, GETs nothing. Raises what `plan` raises.
        """
        self._check(selection)
        preview.free_bytes = free_bytes(selection.target)
        store = RetryingStore(
            self._store, retry_attempts=self._tuning.retry_attempts, is_stopped=is_stopped
        )
        is_proven = selection.verify is not Verification.NONE
        for items in decide(store, selection, preview.tally, self._journal.landed, store.check):
            preview.count(items, self._tuning.part_bytes, is_proven=is_proven)
            yield items
        refuse_nothing(preview, selection.filters)

    def _check(self, selection: Selection) -> None:
        check_selection(selection)
        check_target(selection.target)

    def _new_job(self, job_id: str, selection: Selection) -> NewJob:
        return NewJob(
            job_id=job_id,
            fingerprint=fingerprint(selection),
            title=selection.title or _title(selection),
            target=selection.target.absolute(),
            requester_pays=selection.requester_pays,
            verify=selection.verify,
            part_bytes=self._tuning.part_bytes,
            words=selection_command_words(selection),
        )

    def _spool(
        self,
        number: int,
        selection: Selection,
        preview: Preview,
        is_stopped: Callable[[], bool],
    ) -> None:
        batch: list[PlannedItem] = []
        for items in self.review(selection, preview, is_stopped=is_stopped):
            batch += items
            if len(batch) >= SPOOL:
                self._journal.add_items(number, batch)
                batch = []
        check_room(preview, selection.target)
        self._journal.add_items(number, batch)

    def _finish(self, number: int, job_id: str, preview: Preview) -> None:
        """Show the job, with what it is going to ask S3 for and what planning has asked."""
        self._spending.plan(number, preview.asked)
        self._spending.keep(number, job_id)
        self._journal.finish_plan(
            number, total_files=preview.total_files, total_bytes=preview.total_bytes
        )


def _title(selection: Selection) -> str:
    """What the queue calls a job nobody gave a name."""
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
