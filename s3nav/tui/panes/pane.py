"""The base of all panes: a table, a status line, a prompt, and what escape closes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.message import Message
from textual.worker import Worker, WorkerState

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event
from s3nav.model.places import S3Connection
from s3nav.model.text.plain_messages import one_line
from s3nav.present.cockpit_hints import explained
from s3nav.present.cockpit_opening import dropped_words
from s3nav.present.formatting import Notice, Span, count, safe_text
from s3nav.transfer import Source
from s3nav.tui.actions import Place
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable

FILTER_SIGN = "/"


class Pane(Vertical):
    """Subclasses compose a RowTable, then yield `foot`: a status line and a prompt."""

    class PlaceChanged(Message):
        """Other keys work now, or their labels changed."""

    class Left(Message):
        """The user leaves this overlay; the frame brings the pane below."""

        def __init__(self, pane_id: str) -> None:
            super().__init__()
            self.pane_id = pane_id

    class Failed(Message):
        """Something failed that the user must read about."""

        def __init__(self, error: S3NavError) -> None:
            super().__init__()
            self.error = error

    class DownloadWanted(Message):
        """The user chose what to download."""

        def __init__(self, sources: tuple[Source, ...], words: str) -> None:
            super().__init__()
            self.sources, self.words = sources, words
            """`words` describe the sources as far as they are known."""

    class CostWanted(DownloadWanted):
        """The user wants to know what downloading them costs."""

    class HeadlessWanted(Message):
        """The user wants a command line that downloads the same."""

        def __init__(self, sources: tuple[Source, ...]) -> None:
            super().__init__()
            self.sources = sources

    class CommandWanted(Message):
        """The user wants these words as a command line, with a job's connection or this run's."""

        def __init__(self, words: Sequence[str], connection: S3Connection | None = None) -> None:
            super().__init__()
            self.words = words
            self.connection = connection

    dropped: tuple[str, ...] = ()
    """Options typed to open this pane that do not apply; shown in the status line until esc."""

    @property
    def place(self) -> Place:
        """What is on screen, which decides the keys."""
        raise NotImplementedError

    @property
    def labels(self) -> Mapping[str, str]:
        """By an action's id, the label of its key now; empty if the key does nothing now."""
        return {}

    def unfinished(self) -> Sequence[str]:
        """What quitting would stop: a sentence each."""
        return ()

    @property
    def table(self) -> RowTable:
        """The table of the pane."""
        return self.query_one(RowTable)

    @property
    def prompt(self) -> Prompt:
        """The input line."""
        return self.query_one(Prompt)

    def foot(self) -> ComposeResult:
        """The status line and the input line, at the end of every pane."""
        status = Line()
        status.add_class("status")
        yield status
        yield Prompt()

    def now(self) -> datetime:
        """The current time, UTC; a method, so that a test can stop the clock."""
        return datetime.now(UTC)

    def enter(self) -> None:
        """The pane came to the front: take the focus."""
        self.focus_table()

    def focus_table(self) -> None:
        """Focus the table, if there is one."""
        try:
            self.table.focus()
        except NoMatches:
            self.screen.set_focus(None)

    def handle_events(self, events: Sequence[Event]) -> None:
        """Handle the events of the last tenth of a second; called without events too."""

    def refresh_place(self) -> None:
        """Load again what is shown."""

    def close_overlay(self) -> bool:
        """Close the innermost of input line, range, filter, marks; False if there is none."""
        try:
            table, prompt = self.table, self.prompt
        except NoMatches:
            return False
        if prompt.is_open:
            if prompt.sign == FILTER_SIGN and table.view.filter_text:
                table.filter_by("")
            prompt.close()
        elif table.cursor.range_from is not None:
            table.stop_range()
        elif table.view.filter_text:
            table.filter_by("")
            self.show_status()
        elif table.view.marks:
            table.clear_marks()
        else:
            return False
        return True

    def leave(self) -> bool:
        """Close this pane, which lies over another one; returns True."""
        self.post_message(self.Left(self.id or ""))
        return True

    def action_leave(self) -> None:
        """Go back to the pane below this one."""
        self.leave()

    def show_status(self) -> None:
        """Write the status line."""

    def set_status(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Fill the status line; add dropped options, and what the filter hides."""
        note: list[Span] = []
        if self.dropped:
            note.append((dropped_words(self.dropped, max(self.size.width, 1) - 2) + "  ", "warn"))
        self.query_one(".status", Line).show(
            [(" ", ""), *note, *left], [*self._shown_part(), *right]
        )

    def forget_dropped(self) -> None:
        """Stop to show the dropped options."""
        if self.dropped:
            self.dropped = ()
            self.show_status()

    def _shown_part(self) -> list[Span]:
        view = self.table.view
        spans: list[Span] = []
        if self.table.cursor.range_from is not None:
            spans.append(("range: move, then v  ", "accent"))
        if view.filter_text:
            pinned = min(view.source.pinned, len(view))
            shown, all_ = len(view) - pinned, len(view.source) - pinned
            spans.append((f"/{safe_text(view.filter_text)}", "accent"))
            spans.append((f"  {count(shown)} of {count(all_)} shown ", "dim"))
        return spans

    def copy(self, text: str) -> None:
        """Put a text on the clipboard by OSC 52, and show it in a notice."""
        self.app.copy_to_clipboard(text)
        self.notify(safe_text(text), title="copied", markup=False, timeout=3)

    def report(self, error: S3NavError) -> None:
        """Show an error in a dialog."""
        self.post_message(self.Failed(error))

    def explain_why_not(self, reason: str) -> None:
        """Show in a notice why a key does nothing now."""
        self.notify(safe_text(reason), markup=False, severity="warning", timeout=3)

    def show_problem(self, error: S3NavError) -> None:
        """Show an error in place of the rows."""
        self.table.say(self.problem_notice(error))

    def problem_notice(self, error: S3NavError) -> Notice:
        """The notice that shows an error in place of the rows."""
        headline, *rest = explained(error)
        return Notice(title=headline, lines=("", *rest), tone="bad")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an unexpected exception of a worker: it is a bug."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            error = event.worker.error
            message = one_line(f"{type(error).__name__}: {error}")
            self.report(S3NavError(message, remedy="please report this"))

    def on_row_table_filter_asked(self) -> None:
        """Open the input line for a filter."""
        self.prompt.open(FILTER_SIGN, text=self.table.view.filter_text, hint="contains…")

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter while the user types."""
        if event.sign == FILTER_SIGN:
            event.stop()
            self.table.filter_by(event.text)
            self.show_status()

    def on_prompt_closed(self, event: Prompt.Closed) -> None:
        """Focus the table again."""
        event.stop()
        self.focus_table()
        self.show_status()

    def on_row_table_changed(self) -> None:
        """Show the order and the marks in the status line."""
        self.show_status()
