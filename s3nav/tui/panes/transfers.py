"""Pane 3: the queue, one row a job, its files one key away."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, JobState
from s3nav.model.events import JobProgress as Progress
from s3nav.present.units import count, number_of, rate
from s3nav.transfer import JobRecord, Selection
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.bridge import Bridge, JobView
from s3nav.tui.icons import Icons
from s3nav.tui.panes.job_words import ESTIMATE, job_facts
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.queue_rows import QueueRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable
from s3nav.tui.widgets.rows import Notice, Span

EMPTY = Notice(
    title="the queue is empty",
    lines=("2 shows your buckets; mark with space, s downloads what is marked",),
)
FILTERED = Notice(title="no job matches the filter", lines=("esc clears it",))


class FilesWanted(Message):
    """The user wants to see the files of a job."""

    def __init__(self, record: JobRecord) -> None:
        super().__init__()
        self.record = record


class TransfersPane(Pane):
    """Jobs move by themselves; keys pause, resume, cancel and clear."""

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
        self._is_loaded = False
        self._planning = 0

    def compose(self) -> ComposeResult:
        """Estimate at the left, queue at the right, status, prompt."""
        with Horizontal():
            with Vertical(id="side"):
                yield Facts(id="job")
                yield Facts(id="estimate")
            yield RowTable(self._rows(), icons=self._icons)
        status = Line()
        status.add_class("status")
        yield status
        yield Prompt()

    def on_mount(self) -> None:
        """Say what the side will hold."""
        self.query_one("#estimate", Facts).show("Estimate", note=(ESTIMATE, "dim"))
        self.table.say(Notice(title="reading the journal…"))

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.TRANSFERS

    def load(self) -> None:
        """Read the journal anew."""
        self._bridge.is_stale = False
        ask(self, self._read, self._show, self._failed, group="journal")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def take(self, events: Sequence[Event]) -> None:
        """Repaint what moved; read the journal when it says more than the events."""
        if self._bridge.is_stale and self._is_loaded:
            self.load()
        if events or self._bridge.running:
            self._sync()

    def queue(self, selection: Selection) -> None:
        """Plan a download in a thread, then let the engine fetch it."""
        self._planning += 1
        self.show_status()

        def plan() -> JobRecord:
            transfers = self._session.transfers()
            record = transfers.plan(selection)
            transfers.start(record.job_id)
            return record

        def planned(record: JobRecord) -> None:
            self._planning -= 1
            files = number_of(record.total_files, "file")
            self.notify(f"{files} queued · 3 shows them", markup=False, timeout=4)
            self.load()

        def refused(error: S3NavError) -> None:
            self._planning -= 1
            self.show_status()
            self.post_message(self.Failed(error))

        ask(self, plan, planned, refused, group=f"plan-{selection.sources[0].place}")

    def show_status(self) -> None:
        """How many jobs stand where, and how fast it goes."""
        views = self._bridge.jobs.values()
        by_state = [(s, sum(v.record.state is s for v in views)) for s in JobState]
        said = " · ".join(f"{number} {state}" for state, number in by_state if number)
        left: list[Span] = [(said or "no jobs", "dim")]
        if self._planning:
            left.append((f" · listing what to fetch for {self._planning} more…", "accent"))
        right: list[Span] = []
        if self._bridge.running:
            right = [(f"{rate(self._bridge.bytes_per_s)} ", "accent")]
        self.set_status(left, right)
        if self._is_loaded:
            self.table.say(FILTERED if views else EMPTY)

    def action_pause(self) -> None:
        """Pause a running job, go on with any other that has work left."""
        view = self._current()
        if view is None:
            return
        if view.record.state is JobState.RUNNING:
            self._order(view, lambda: self._session.transfers().pause(view.record.job_id))
        elif view.record.state in {JobState.PAUSED, JobState.PLANNED}:
            self._order(view, lambda: self._session.transfers().resume(view.record.job_id))
        else:
            self._say_why_not("the job has ended: r tries again what failed")

    def action_cancel(self) -> None:
        """Stop the job for good."""
        view = self._current()
        if view is None:
            return
        if view.record.state.is_final:
            self._say_why_not("the job has ended already")
            return
        self._order(view, lambda: self._session.transfers().cancel(view.record.job_id))

    def action_retry(self) -> None:
        """Fetch what failed, or what a cancelled job left."""
        view = self._current()
        if view is None:
            return
        if view.record.state not in {JobState.FAILED, JobState.CANCELLED}:
            self._say_why_not("nothing failed in this job")
            return
        self._order(view, lambda: self._session.transfers().resume(view.record.job_id))

    def action_clear(self) -> None:
        """Forget ended jobs."""

        def cleared(number: int) -> None:
            self.notify(f"{count(number)} ended jobs forgotten; their files stay", markup=False)
            self.load()

        ask(
            self,
            lambda: self._session.transfers().clear_done(),
            cleared,
            self._tell,
            group="order",
        )

    def action_files(self) -> None:
        """Show the files of the job."""
        view = self._current()
        if view is not None:
            self.post_message(FilesWanted(view.record))

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_files()

    def on_row_grid_moved(self) -> None:
        """The side shows the job under the cursor."""
        self._show_job()

    def _current(self) -> JobView | None:
        row = self.table.cursor_row
        return None if row is None else self._bridge.jobs.get(self.table.source.key(row))

    def _order(self, view: JobView, call: Callable[[], None]) -> None:
        group = f"order-{view.record.job_id}"
        ask(self, call, lambda _: self.load(), self._tell, group=group)

    def _tell(self, error: S3NavError) -> None:
        self.post_message(self.Failed(error))

    def _say_why_not(self, reason: str) -> None:
        self.notify(reason, markup=False, severity="warning", timeout=3)

    def _read(self) -> list[tuple[JobRecord, Progress]]:
        transfers = self._session.transfers()
        return [(record, transfers.progress(record.job_id)) for record in transfers.jobs()]

    def _show(self, found: list[tuple[JobRecord, Progress]]) -> None:
        self._is_loaded = True
        self._bridge.load(found)
        self._sync()

    def _failed(self, error: S3NavError) -> None:
        self.table.say(self.problem_notice(error))

    def _rows(self) -> QueueRows:
        views = list(self._bridge.jobs.values())
        return QueueRows(views, self._icons, size_style=self._session.settings.size_format)

    def _sync(self) -> None:
        """Swap the rows when jobs came or went, else paint again what changed."""
        source = self.table.source
        known = [source.key(row) for row in range(len(source))]
        if known != list(self._bridge.jobs):
            self.table.show(self._rows(), cursor=self.table.cursor)
        else:
            self.table.values_changed()
        self._show_job()
        self.show_status()

    def _show_job(self) -> None:
        view, panel = self._current(), self.query_one("#job", Facts)
        if view is None:
            panel.show("Job", note=("what the job under the cursor does", "dim"))
        else:
            style = self._session.settings.size_format
            panel.show(*job_facts(view, self._icons, size_style=style))
