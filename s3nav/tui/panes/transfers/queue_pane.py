"""What the queue shows: one row a job, the job under the cursor at the side, a status line."""

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Event as Flag

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, JobState
from s3nav.model.events import JobProgress as Progress
from s3nav.present.formatting import Icons, Notice, Span, rate
from s3nav.present.transfers import (
    job_facts,
    jobs_by_state,
    limit_words,
    listing_words,
    unfinished_jobs,
)
from s3nav.transfer import Bandwidth, JobRecord, Preview
from s3nav.tui.actions import Place
from s3nav.tui.ask import ask
from s3nav.tui.bridge import Bridge, JobView
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.transfers.estimate_panel import EstimatePanel
from s3nav.tui.panes.transfers.queue_rows import QueueRows
from s3nav.tui.ports import CockpitSession, TransferQueue
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.row_table import RowTable

EMPTY = Notice(
    title="the queue is empty",
    lines=("2 shows your buckets; mark with space, s downloads what is marked",),
)
RESUMABLE = frozenset({JobState.PAUSED, JobState.PLANNED})
FILTERED = Notice(title="no job matches the filter", lines=("esc clears it",))


class Planning(msgspec.Struct, eq=False):
    """A job that is not in the journal yet: its objects are being listed."""

    title: str
    preview: Preview = msgspec.field(default_factory=Preview)
    """Filled by the thread that lists."""
    stopped: Flag = msgspec.field(default_factory=Flag)


class QueuePane(Pane):
    """Jobs move by themselves; what keys do is `TransfersPane`'s business."""

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
        self._plannings: list[Planning] = []
        self._limit: str | None = None
        """The bandwidth typed here; None: that of the settings."""
        self._shown_labels: Mapping[str, str] = {}
        self._follow = ""
        """The job whose row the cursor stays on while rows move."""

    def compose(self) -> ComposeResult:
        """Estimate at the left, queue at the right, status, prompt."""
        with Horizontal():
            with Vertical(id="side"):
                yield EstimatePanel(self._session, id="estimate")
                yield Facts(id="job")
            yield RowTable(self._rows(), icons=self._icons)
        yield from self.foot()

    def on_mount(self) -> None:
        """Say what the side will hold."""
        self.table.say(Notice(title="reading the journal…"))

    def on_unmount(self) -> None:
        """Nobody waits for a plan any more."""
        for planning in self._plannings:
            planning.stopped.set()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.TRANSFERS

    @property
    def labels(self) -> Mapping[str, str]:
        """See Pane."""
        view = self._current()
        can_resume = view is not None and view.record.state in RESUMABLE
        return {"transfers.pause": "resume"} if can_resume else {}

    def unfinished(self) -> Sequence[str]:
        """See Pane."""
        return unfinished_jobs(self._bridge.running, [one.title for one in self._plannings])

    def load(self) -> None:
        """Read the journal anew."""
        self._bridge.is_stale = False
        show = partial(self._show, as_of=self._bridge.changes)
        ask(self, self._read, show, self._failed, group="journal")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def take(self, events: Sequence[Event]) -> None:
        """Repaint what moved; read the journal when it says more than the events."""
        if self._bridge.is_stale and self._is_loaded:
            self.load()
        if events or self._bridge.running:
            self._sync()
        elif self._plannings:
            self.show_status()
            self._show_estimate(self._current())

    def show_status(self) -> None:
        """How many jobs stand where, how fast it goes, and how fast it may."""
        views = self._bridge.jobs.values()
        states = jobs_by_state(view.record.state for view in views)
        left: list[Span] = [(states, "dim"), *self._planning_words()]
        right = limit_words(self._bridge.limit())
        if self._bridge.running:
            right.append((f"{rate(self._bridge.bytes_per_s)} ", "accent"))
        self.set_status(left, right)
        if self._is_loaded:
            self.table.say(FILTERED if views else EMPTY)

    def on_row_grid_moved(self) -> None:
        """The side shows the job under the cursor."""
        self._show_job()

    def _planning_words(self) -> list[Span]:
        if not self._plannings:
            return []
        newest, others = self._plannings[-1], len(self._plannings) - 1
        return listing_words(newest.title, newest.preview.total_files, others=others)

    def _current(self) -> JobView | None:
        row = self.table.cursor_row
        return None if row is None else self._bridge.jobs.get(self.table.source.key(row))

    def _read(self) -> tuple[TransferQueue, list[tuple[JobRecord, Progress]]]:
        transfers = self._session.transfers()
        if self._limit is not None and transfers.bandwidth.text != self._limit:
            transfers.limit_bandwidth(self._limit)  # another profile has a queue of its own
        return transfers, [(one, transfers.progress(one.job_id)) for one in transfers.jobs()]

    def _show(
        self, found: tuple[TransferQueue, list[tuple[JobRecord, Progress]]], *, as_of: int
    ) -> None:
        transfers, jobs = found

        def limit() -> Bandwidth:
            return transfers.bandwidth

        self._is_loaded = True
        self._bridge.limit = limit
        self._bridge.load(jobs, as_of=as_of)
        self._sync()

    def _failed(self, error: S3NavError) -> None:
        self.table.say(self.problem_notice(error))

    def _rows(self) -> QueueRows:
        views = list(self._bridge.jobs.values())
        return QueueRows(views, self._icons, size_style=self._session.settings.size_format)

    def _sync(self) -> None:
        """Swap the rows when jobs came, went or moved, else paint again what changed."""
        source = self.table.source
        known = [source.key(row) for row in range(len(source))]
        if known != list(self._bridge.jobs):
            self.table.show(self._rows(), cursor=self.table.cursor)
            self._find_followed()
        else:
            self.table.values_changed()
        self._show_job()
        self.show_status()

    def _find_followed(self) -> None:
        if self._follow in self._bridge.jobs:
            row = list(self._bridge.jobs).index(self._follow)
            position = self.table.view.position_of(row)
            self.table.move_to(self.table.cursor if position is None else position)
        self._follow = ""

    def _show_job(self) -> None:
        view, panel = self._current(), self.query_one("#job", Facts)
        if self.labels != self._shown_labels:
            self._shown_labels = self.labels
            self.post_message(self.PlaceChanged())
        if view is None:
            panel.show("Job", note=("what the job under the cursor does", "dim"))
        else:
            style = self._session.settings.size_format
            panel.show(
                *job_facts(
                    view.record,
                    view.progress,
                    samples=view.samples,
                    last_failure=view.last_failure,
                    icons=self._icons,
                    size_style=style,
                )
            )
        self._show_estimate(view)

    def _show_estimate(self, view: JobView | None) -> None:
        """Of what is being listed, else of the job under the cursor."""
        panel = self.query_one(EstimatePanel)
        if self._plannings:
            panel.look_at_plan(self._plannings[-1].title, self._plannings[-1].preview)
        elif view is not None:
            panel.look_at_job(view.record.job_id, view.record.title)
        else:
            panel.look_at_nothing()
