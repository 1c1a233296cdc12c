"""Pane 3: the queue of downloads, uploads and copies."""

from collections.abc import Mapping, Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from s3nav.model.events import Event, JobProgress, JobState
from s3nav.present.formatting import Icons, Notice, Span, number_of, rate
from s3nav.present.transfers import jobs_by_state, limit_words, unfinished_jobs
from s3nav.transfer import Bandwidth, Direction, JobRecord, Selection
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.bridge import Bridge, JobView
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.transfers.job_commands import JobCommands, labels_for
from s3nav.tui.panes.transfers.job_side import JobSide
from s3nav.tui.panes.transfers.planned_downloads import PlannedDownloads
from s3nav.tui.panes.transfers.queue_rows import QueueRows
from s3nav.tui.ports import CockpitSession, TransferQueue
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable

LIMIT_SIGN = "at most"
LIMIT_HINT = "50MB/s, or 08:00-18:00 10MB/s, 50MB/s; empty for no limit"
EMPTY = Notice(
    title="the queue is empty",
    lines=("2 shows your buckets: mark some with space, then s downloads them",),
)
FILTERED = Notice(title="no job matches the filter", lines=("esc clears it",))


class FilesWanted(Message):
    """The user wants to see the files of a job."""

    def __init__(self, record: JobRecord) -> None:
        super().__init__()
        self.record = record


class TransfersPane(Pane):
    """Shows the jobs of the bridge; keys act on the job under the cursor."""

    BINDINGS = bindings(Group.TRANSFERS)

    def __init__(
        self,
        session: CockpitSession,
        bridge: Bridge,
        icons: Icons,
        *,
        id: str,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._bridge = bridge
        self._icons = icons
        self._planned = PlannedDownloads(self, session, queued=self.report_queued)
        self._commands = JobCommands(self, session, done=self.load)
        self._is_loaded = False
        self._limit: str | None = None
        """The bandwidth limit typed here; None for that of the settings."""
        self._shown_labels: Mapping[str, str] = {}
        self._followed_job_id = ""
        """The job whose row keeps the cursor while rows move."""

    def compose(self) -> ComposeResult:
        """Side panel, queue, status, prompt."""
        with Horizontal():
            yield JobSide(self._session, self._icons, id="side")
            yield RowTable(self._rows(), icons=self._icons)
        yield from self.foot()

    def on_mount(self) -> None:
        """Show that the journal is being read."""
        self.table.say(Notice(title="reading the journal…"))

    def on_unmount(self) -> None:
        """Stop listings: their plans can no longer be queued."""
        self._planned.stop_all()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.TRANSFERS

    @property
    def labels(self) -> Mapping[str, str]:
        """See Pane."""
        view = self._current()
        return labels_for(view.record.state if view is not None else None)

    def unfinished(self) -> Sequence[str]:
        """See Pane."""
        return unfinished_jobs(self._bridge.running, self._planned.titles)

    # The jobs

    def load(self) -> None:
        """Read the journal again."""
        self._bridge.is_stale = False
        show = partial(self._show, as_of=self._bridge.changes)
        ask(self, self._read, show, self.show_problem, group="journal")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def handle_events(self, events: Sequence[Event]) -> None:
        """Update the rows; read the journal if it knows more than the events."""
        if self._bridge.is_stale and self._is_loaded:
            self.load()
        if events or self._bridge.running:
            self._sync()
        elif self._planned.newest is not None:
            self.show_status()
            self._side.show_estimate(self._planned.newest, self._current())

    def show_status(self) -> None:
        """Show jobs by state, their rate, and its limit."""
        views = self._bridge.jobs.values()
        states = jobs_by_state(view.record.state for view in views)
        left: list[Span] = [(states, "dim"), *self._planned.words]
        style = self._session.settings.size_format
        right = limit_words(self._bridge.limit(), style)
        if self._bridge.running:
            right.append((f"{rate(self._bridge.bytes_per_s, style)} ", "accent"))
        self.set_status(left, right)
        if self._is_loaded:
            self.table.say(FILTERED if views else EMPTY)

    def on_row_table_moved(self) -> None:
        """Show the job under the cursor at the side."""
        self._show_job()

    @property
    def _side(self) -> JobSide:
        return self.query_one(JobSide)

    def _current(self) -> JobView | None:
        row = self.table.cursor_row
        return None if row is None else self._bridge.jobs.get(self.table.view.source.key(row))

    def _read(self) -> tuple[TransferQueue, list[tuple[JobRecord, JobProgress]]]:
        transfers = self._session.transfers()
        if self._limit is not None and transfers.bandwidth.text != self._limit:
            transfers.limit_bandwidth(self._limit)  # another profile has another queue
        return transfers, [(one, transfers.progress(one.job_id)) for one in transfers.jobs()]

    def _show(
        self, found: tuple[TransferQueue, list[tuple[JobRecord, JobProgress]]], *, as_of: int
    ) -> None:
        transfers, jobs = found

        def limit() -> Bandwidth:
            return transfers.bandwidth

        self._is_loaded = True
        self._bridge.limit = limit
        self._bridge.load(jobs, as_of=as_of)
        self._sync()

    def _rows(self) -> QueueRows:
        views = list(self._bridge.jobs.values())
        return QueueRows(views, self._icons, size_style=self._session.settings.size_format)

    def _sync(self) -> None:
        """Replace the rows if jobs came, went or moved; else repaint them."""
        source = self.table.view.source
        known = [source.key(row) for row in range(len(source))]
        if known != list(self._bridge.jobs):
            self.table.show(self._rows(), cursor=self.table.cursor.position)
            self._find_followed()
        else:
            self.table.values_changed()
        self._show_job()
        self.show_status()

    def _find_followed(self) -> None:
        if self._followed_job_id in self._bridge.jobs:
            row = list(self._bridge.jobs).index(self._followed_job_id)
            position = self.table.view.position_of(row)
            self.table.move_to(self.table.cursor.position if position is None else position)
        self._followed_job_id = ""

    def _show_job(self) -> None:
        view = self._current()
        if self.labels != self._shown_labels:
            self._shown_labels = self.labels
            self.post_message(self.PlaceChanged())
        self._side.show_job(view)
        self._side.show_estimate(self._planned.newest, view)

    # Keys

    def queue(self, selection: Selection) -> None:
        """Plan a download in a thread, then start it."""
        self._planned.add(selection)
        self.show_status()

    def report_queued(self, record: JobRecord) -> None:
        """Show in a notice that a job was started."""
        files = number_of(record.total_files, "file")
        self.notify(f"{files} queued · 3 shows them", markup=False, timeout=4)
        self.load()

    def action_pause(self) -> None:
        """Pause the job, or resume it."""
        if view := self._current():
            self._commands.pause_or_resume(view.record)

    def action_cancel(self) -> None:
        """Cancel the job."""
        if view := self._current():
            self._commands.cancel(view.record)

    def action_retry(self) -> None:
        """Retry failed files."""
        if view := self._current():
            self._commands.retry(view.record)

    def action_clear(self) -> None:
        """Forget ended jobs."""
        self._commands.clear_ended()

    def action_stop_listing(self) -> None:
        """Stop the newest download that is still being listed."""
        if not self._planned.stop_newest():
            self.explain_why_not("nothing is being listed; x cancels a job")

    def action_headless(self) -> None:
        """Copy a command line that does the same as the job."""
        view = self._current()
        if view is None:
            return
        if not view.record.words:
            self.explain_why_not("an earlier version planned this job, or it reads a stream")
            return
        self.post_message(self.CommandWanted(view.record.words, view.record.connection))

    def action_move(self, direction: str) -> None:
        """Move the job in the queue; the top job that runs gets two thirds of the work slots."""
        view = self._current()
        if view is None:
            return
        if view.record.state in {JobState.DONE, JobState.CANCELLED}:
            self.explain_why_not("the job has ended")
        elif self.table.view.sort_column:
            self.explain_why_not("the rows are sorted: press o until they are in queue order")
        else:
            self._followed_job_id = view.record.job_id
            self._commands.move(view.record, Direction(direction))

    def action_bandwidth(self) -> None:
        """Ask for the limit of all downloads together."""
        self.prompt.open(LIMIT_SIGN, text=self._bridge.limit().text, hint=LIMIT_HINT)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Apply the limit that was typed."""
        if event.sign != LIMIT_SIGN:
            return
        event.stop()
        text = event.text.strip()

        def limited(_: None) -> None:
            self._limit = text
            if not text:
                self.notify("the limit is removed", markup=False, timeout=4)
            self.load()

        ask(
            self,
            lambda: self._session.transfers().limit_bandwidth(text),
            limited,
            self.report,
            group="limit",
        )

    def action_files(self) -> None:
        """Show the files of the job."""
        if view := self._current():
            self.post_message(FilesWanted(view.record))

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_files()
