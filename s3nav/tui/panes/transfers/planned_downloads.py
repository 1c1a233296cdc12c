"""Downloads whose objects are still being listed: they are not in the journal yet."""

from collections.abc import Callable, Sequence
from threading import Event as Flag

import msgspec

from s3nav.model.errors import S3NavError
from s3nav.present.formatting import Span
from s3nav.present.transfers import listing_words
from s3nav.transfer import JobRecord, PlanStoppedError, Preview, Selection
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession


class PlannedDownload(msgspec.Struct, eq=False):
    """A selection that is being listed."""

    title: str
    preview: Preview = msgspec.field(default_factory=Preview)
    """Filled by the thread that lists."""
    stopped: Flag = msgspec.field(default_factory=Flag)


class PlannedDownloads:
    """Plans downloads in threads, then starts them. All calls come from the UI thread."""

    def __init__(
        self, pane: Pane, session: CockpitSession, *, queued: Callable[[JobRecord], None]
    ) -> None:
        self._pane = pane
        self._session = session
        self._queued = queued
        self._planned: list[PlannedDownload] = []

    @property
    def titles(self) -> Sequence[str]:
        """The titles of those being listed, the oldest first."""
        return [download.title for download in self._planned]

    @property
    def newest(self) -> PlannedDownload | None:
        """The one that was added last."""
        return self._planned[-1] if self._planned else None

    @property
    def words(self) -> list[Span]:
        """How the status line shows them."""
        newest = self.newest
        if newest is None:
            return []
        others = len(self._planned) - 1
        return listing_words(newest.title, newest.preview.total_files, others=others)

    def add(self, selection: Selection) -> None:
        """List a selection in a thread, queue it and start it."""
        download = PlannedDownload(title=str(selection.sources[0].place))
        self._planned.append(download)

        def plan() -> JobRecord:
            transfers, is_stopped = self._session.transfers(), download.stopped.is_set
            record = transfers.plan(selection, download.preview, is_stopped=is_stopped)
            transfers.start(record.job_id)
            return record

        def planned(record: JobRecord) -> None:
            self._planned.remove(download)
            self._queued(record)

        def failed(error: S3NavError) -> None:
            self._planned.remove(download)
            self._pane.show_status()
            if not isinstance(error, PlanStoppedError):
                self._pane.report(error)

        ask(self._pane, plan, planned, failed, group=f"plan-{id(download)}")

    def stop_newest(self) -> bool:
        """Stop the newest one, and keep nothing of it; False if there is none."""
        running = [download for download in self._planned if not download.stopped.is_set()]
        if running:
            running[-1].stopped.set()
        return bool(running)

    def stop_all(self) -> None:
        """Stop every listing."""
        for download in self._planned:
            download.stopped.set()
