"""Pane 3: the queue, one row a job, its files one key away."""

from collections.abc import Callable

from textual.message import Message

from s3nav.model.errors import S3NavError
from s3nav.model.events import JobState
from s3nav.present.formatting import count, number_of
from s3nav.transfer import Direction, JobKind, JobRecord, PlanStoppedError, Selection
from s3nav.tui.actions import Group, bindings
from s3nav.tui.ask import ask
from s3nav.tui.bridge import JobView
from s3nav.tui.panes.transfers.queue_pane import RESUMABLE, Planning, QueuePane
from s3nav.tui.ports import TransferQueue, UploadQueue
from s3nav.tui.widgets.prompt import Prompt

LIMIT_SIGN = "at most"
LIMIT_HINT = "50MB/s, or 08:00-18:00 10MB/s, 50MB/s; nothing for no limit"


class FilesWanted(Message):
    """The user wants to see the files of a job."""

    def __init__(self, record: JobRecord) -> None:
        super().__init__()
        self.record = record


class TransfersPane(QueuePane):
    """What the keys do: pause, cancel, retry, clear, move, limit."""

    BINDINGS = bindings(Group.TRANSFERS)

    def queue(self, selection: Selection) -> None:
        """Plan a download in a thread, then let the engine fetch it."""
        place = selection.sources[0].place
        planning = Planning(title=str(place))
        self._plannings.append(planning)
        self.show_status()

        def plan() -> JobRecord:
            transfers = self._session.transfers()
            record = transfers.plan(selection, planning.preview, is_stopped=planning.stopped.is_set)
            transfers.start(record.job_id)
            return record

        def planned(record: JobRecord) -> None:
            self._plannings.remove(planning)
            self.tell_queued(record)

        def refused(error: S3NavError) -> None:
            self._plannings.remove(planning)
            self.show_status()
            if not isinstance(error, PlanStoppedError):
                self.tell(error)

        ask(self, plan, planned, refused, group=f"plan-{id(planning)}")

    def tell_queued(self, record: JobRecord) -> None:
        """Say that a job was started, and show it."""
        files = number_of(record.total_files, "file")
        self.notify(f"{files} queued · 3 shows them", markup=False, timeout=4)
        self.load()

    def _runner(self, record: JobRecord) -> TransferQueue | UploadQueue:
        """Who runs jobs of that kind; asked in a thread."""
        if record.kind is JobKind.DOWNLOAD:
            return self._session.transfers()
        return self._session.sending()

    def action_pause(self) -> None:
        """Pause a running job, go on with any other that has work left."""
        view = self._current()
        if view is None:
            return
        if view.record.state is JobState.RUNNING:
            self._order(view, lambda: self._runner(view.record).pause(view.record.job_id))
        elif view.record.state in RESUMABLE:
            self._order(view, lambda: self._runner(view.record).resume(view.record.job_id))
        else:
            self.say_why_not("the job has ended: r tries again what failed")

    def action_cancel(self) -> None:
        """Stop the job for good."""
        view = self._current()
        if view is None:
            return
        if view.record.state.is_final:
            self.say_why_not("the job has ended already")
            return
        self._order(view, lambda: self._runner(view.record).cancel(view.record.job_id))

    def action_stop_listing(self) -> None:
        """Give up what is being listed, the newest first; nothing of it is kept."""
        listed = [one for one in self._plannings if not one.stopped.is_set()]
        if listed:
            listed[-1].stopped.set()
        else:
            self.say_why_not("nothing is being listed: x cancels a job")

    def action_retry(self) -> None:
        """Fetch what failed, or what a cancelled job left."""
        view = self._current()
        if view is None:
            return
        if view.record.state not in {JobState.FAILED, JobState.CANCELLED}:
            self.say_why_not("nothing failed in this job")
            return
        self._order(view, lambda: self._runner(view.record).resume(view.record.job_id))

    def action_clear(self) -> None:
        """Forget ended jobs."""

        def cleared(number: int) -> None:
            self.notify(f"{count(number)} ended jobs forgotten; their files stay", markup=False)
            self.load()

        ask(self, self._forget_ended, cleared, self.tell, group="order")

    def _forget_ended(self) -> int:
        """What cancelled uploads left at S3 is removed first: only the journal knows of it."""
        transfers = self._session.transfers()
        if transfers.has_uploads_left():
            self._session.sending().clear_left()
        return transfers.clear_done()

    def action_headless(self) -> None:
        """Copy the command line that wishes the same."""
        view = self._current()
        if view is None:
            return
        if not view.record.words:
            self.say_why_not("an earlier s3nav planned this job, or it came from a stream")
            return
        self.post_message(self.CommandWanted(view.record.words))

    def action_move(self, direction: str) -> None:
        """Give the job another place; of those that run the highest gets two turns of three."""
        view = self._current()
        if view is None:
            return
        if view.record.state in {JobState.DONE, JobState.CANCELLED}:
            self.say_why_not("the job has ended: it has no turn to wait for")
            return
        if self.table.view.sort_column:
            self.say_why_not("the rows are sorted: o until they are in the order of the queue")
            return
        job_id = self._follow = view.record.job_id
        self._order(view, lambda: self._session.transfers().move(job_id, Direction(direction)))

    def action_bandwidth(self) -> None:
        """Ask for the most that all downloads together may take."""
        self.prompt.open(LIMIT_SIGN, text=self._bridge.limit().text, hint=LIMIT_HINT)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Follow the limit that was typed."""
        if event.sign != LIMIT_SIGN:
            return
        event.stop()
        text = event.text.strip()

        def limited(_: None) -> None:
            self._limit = text
            if not text:
                self.notify("no limit any more", markup=False, timeout=4)
            self.load()

        ask(
            self,
            lambda: self._session.transfers().limit_bandwidth(text),
            limited,
            self.tell,
            group="limit",
        )

    def action_files(self) -> None:
        """Show the files of the job."""
        view = self._current()
        if view is not None:
            self.post_message(FilesWanted(view.record))

    def on_row_table_opened(self) -> None:
        """A double click is enter."""
        self.action_files()

    def _order(self, view: JobView, call: Callable[[], object]) -> None:
        group = f"order-{view.record.job_id}"
        ask(self, call, lambda _: self.load(), self.tell, group=group)
