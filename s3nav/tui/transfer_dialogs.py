"""Open the dialogs for downloads, costs, uploads and copies, and queue what they return."""

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from s3nav.model.places import S3Uri
from s3nav.transfer import JobRecord, Selection, Source, Verification, selection_command_words
from s3nav.tui.frame import Frame
from s3nav.tui.modals.cost import CostModal
from s3nav.tui.modals.download import DownloadModal
from s3nav.tui.modals.upload import UploadModal
from s3nav.tui.modals.upload_draft import Draft, copy_draft, upload_draft
from s3nav.tui.panes.buckets import BucketsPane, CopyWanted
from s3nav.tui.panes.transfers import TransfersPane
from s3nav.tui.ports import CockpitSession


class TransferDialogs:
    """Opens dialogs over the frame, and passes their results to the queue."""

    def __init__(self, frame: Frame, session: CockpitSession) -> None:
        self._frame = frame
        self._session = session

    def selection(self, sources: tuple[Source, ...]) -> Selection:
        """A selection of these sources, with the settings of the session."""
        settings = self._session.settings
        return Selection(
            sources=sources,
            target=Path(settings.download_dir).expanduser(),
            overwrite=settings.overwrite_existing,
            verify=Verification[settings.verify.upper()],
        )

    def command_words(self, sources: tuple[Source, ...]) -> Sequence[str]:
        """The words of a command that downloads the same."""
        return selection_command_words(self.selection(sources))

    def download(self, selection: Selection, words: str) -> None:
        """Ask for the target directory, then queue the download."""

        def queue(chosen: Path | None) -> None:
            if chosen is not None:
                self._queue.queue(replace(selection, target=chosen))

        modal = DownloadModal(selection.sources, words, selection.target)
        self._frame.app.push_screen(modal, queue)

    def cost(self, selection: Selection, words: str) -> None:
        """Show what a download would cost."""
        self._frame.app.push_screen(CostModal(self._session, selection, words))

    def upload(self, to: S3Uri) -> None:
        """Ask what to upload, show the plan, and queue it if the user agrees."""
        self._write(upload_draft(to))

    def copy(self, wanted: CopyWanted) -> None:
        """Ask where to copy to, show the plan, and queue it if the user agrees."""
        buckets = self._frame.query_one(BucketsPane).bucket_names
        self._write(copy_draft(wanted.sources, wanted.words, at=wanted.at, buckets=buckets))

    def _write(self, draft: Draft) -> None:
        def queued(record: JobRecord | None) -> None:
            if record is not None:
                self._queue.report_queued(record)

        self._frame.app.push_screen(UploadModal(self._session, draft), queued)

    @property
    def _queue(self) -> TransfersPane:
        return self._frame.query_one(TransfersPane)
