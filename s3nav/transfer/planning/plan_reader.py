"""Say what a download would do, without a journal: for estimates, dry runs and the planner."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from s3nav.model.ports.stores import ObjectStore
from s3nav.transfer.journal import PlannedItem, Verification
from s3nav.transfer.planning.download_plan import (
    Preview,
    check_target,
    decide,
    free_bytes,
    refuse_nothing,
)
from s3nav.transfer.planning.retrying_store import RetryingStore, never
from s3nav.transfer.selection import Selection
from s3nav.transfer.source_listing import check_selection

if TYPE_CHECKING:
    from s3nav.transfer.journal import StoredRow


class PlanReader:
    """Lists, names and checks the objects of selections. Writes nothing, GETs nothing."""

    def __init__(
        self,
        store: ObjectStore,
        *,
        part_bytes: int,
        retry_attempts: int,
        stored_files: Callable[[str, str], "list[StoredRow]"] = lambda _bucket, _key: [],
    ) -> None:
        """`stored_files` gives the files that came from an object; only --decompress asks it."""
        self._store = store
        self._part_bytes = part_bytes
        self._retry_attempts = retry_attempts
        self._stored_files = stored_files

    def read(
        self,
        selection: Selection,
        preview: Preview,
        *,
        is_stopped: Callable[[], bool] = never,
    ) -> Iterator[Sequence[PlannedItem]]:
        """Yield what a download would do, by thousands; `preview` is filled meanwhile.

        Raises UsageError, NotFoundError, what the store raises, and PlanStoppedError within a
        second of `is_stopped`.
        """
        check_selection(selection)
        check_target(selection.target)
        preview.free_bytes = free_bytes(selection.target)
        store = RetryingStore(
            self._store, retry_attempts=self._retry_attempts, is_stopped=is_stopped
        )
        is_proven = selection.verify is not Verification.NONE
        for items in decide(store, selection, preview.tally, self._stored_files, store.check):
            preview.count(items, self._part_bytes, is_proven=is_proven)
            yield items
        refuse_nothing(preview, selection.filters)
