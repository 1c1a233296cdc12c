"""Pane 5: the scrapes of the account."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.message import Message

from s3nav.model.errors import S3NavError
from s3nav.model.events import Event, ScrapeProgress
from s3nav.model.scrape_queries import ScrapeState
from s3nav.present.formatting import Icons, Notice, Span, number_of
from s3nav.present.scrape_words import queries_done, scrape_status
from s3nav.scrape import ScrapeRecord, ScrapeRequest, Where, name_list
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scrapes.scrape_rows import RunRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable

SCRAPES_MOST = 500
SCRAPE_SIGN = "scrape"
SCRAPE_HINT = "ec2,s3 in eu-west-1,us-east-1 · all"
DELETE_SIGN = "type delete"
DELETE_WORD = "delete"
LOADING = Notice(title="reading the scrapes…")
EMPTY = Notice(
    title="no scrapes",
    lines=(
        "n scrapes your account: all services, or those you name.",
        "It calls only read operations, and keeps no secrets of the responses.",
    ),
)
FILTERED = Notice(title="no scrape matches the filter", lines=("esc clears it",))


class ScrapesPane(Pane):
    """A row for each scrape."""

    BINDINGS = bindings(Group.SCRAPES)

    class Explore(Message):
        """The user opens a scrape."""

        def __init__(self, record: ScrapeRecord, search: str = "") -> None:
            super().__init__()
            self.record, self.search = record, search

    class CompareWanted(Message):
        """The user compares two scrapes."""

        def __init__(self, older: str, newer: str) -> None:
            super().__init__()
            self.older, self.newer = older, newer

    class ActivityWanted(Message):
        """The user wants to see scrapes by day."""

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._progress: dict[str, ScrapeProgress] = {}
        self._records: tuple[ScrapeRecord, ...] = ()
        self._is_loaded = False
        self._starting = 0
        """How many scrapes were requested and have not begun."""
        self._to_delete: ScrapeRecord | None = None
        self.wanted_search = ""
        """The text to search for in the newest scrape, once scrapes are read."""

    def compose(self) -> ComposeResult:
        """Table, status, prompt."""
        yield RowTable(RunRows((), self._icons, self._progress), icons=self._icons)
        yield from self.foot()

    def on_mount(self) -> None:
        """Show that scrapes are being read."""
        self.table.say(LOADING)

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.SCRAPES

    def enter(self) -> None:
        """See Pane; the store is opened when the pane is first shown."""
        super().enter()
        if not self._is_loaded:
            self.load()

    def unfinished(self) -> Sequence[str]:
        """See Pane."""
        running = [one for one in self._progress.values() if not one.state.is_final]
        lines = [
            f"A scrape runs ({queries_done(one)} queries): it stops, and what it found stays."
            for one in running
        ]
        return [*lines, *["A scrape is about to start: it is dropped."] * self._starting]

    def load(self) -> None:
        """Read the scrapes."""

        def read() -> tuple[ScrapeRecord, ...]:
            return self._session.scrapes().list(limit=SCRAPES_MOST)

        ask(self, read, self._show, self.show_problem, group="scrapes")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def handle_events(self, events: Sequence[Event]) -> None:
        """Show the progress of scrapes; read the store again when one has begun or ended."""
        moved = [event for event in events if isinstance(event, ScrapeProgress)]
        if not moved:
            return
        known = {record.scrape_id for record in self._records}
        for event in moved:
            self._progress[event.scrape_id] = event
        if self._is_loaded and any(e.state.is_final or e.scrape_id not in known for e in moved):
            self.load()
        self.table.values_changed()
        self.show_status()

    def show_status(self) -> None:
        """Show how many scrapes there are, and the result of the one under the cursor."""
        if not self._is_loaded:
            return
        self.table.say(FILTERED if self._records else EMPTY)
        record = self._current()
        left: list[Span] = [(number_of(len(self._records), "scrape"), "dim")]
        if record is not None:
            left += [(" · ", "dim"), *scrape_status(record, self._progress.get(record.scrape_id))]
        self.set_status(left)

    def on_row_table_moved(self) -> None:
        """Show the result of the scrape under the cursor."""
        self.show_status()

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_explore()

    # Keys

    def action_explore(self) -> None:
        """Open the scrape under the cursor."""
        record = self._current()
        if record is not None:
            self.post_message(self.Explore(record))

    def action_scrape(self) -> None:
        """Ask what to scrape."""
        self.prompt.open(SCRAPE_SIGN, hint=SCRAPE_HINT)

    def action_compare(self) -> None:
        """Compare two marked scrapes, or this one with the previous one."""
        rows = {record.scrape_id: place for place, record in enumerate(self._records)}
        marks = sorted((rows[key] for key in self.table.view.marks if key in rows), reverse=True)
        if not marks and (record := self._current()) is not None:
            marks = [rows[record.scrape_id] + 1, rows[record.scrape_id]]
        if len(marks) != 2 or marks[0] >= len(self._records):
            self.explain_why_not("mark two scrapes with space, or go to one that has another below")
            return
        older, newer = (self._records[place].scrape_id for place in marks)
        self.post_message(self.CompareWanted(older, newer))

    def action_activity(self) -> None:
        """Show the scrapes by day."""
        self.post_message(self.ActivityWanted())

    def action_stop(self) -> None:
        """Stop a running scrape; what it found stays."""
        record = self._current()
        if record is None:
            return

        def stopped(was_running: bool) -> None:
            if not was_running:
                self.explain_why_not("this scrape does not run in this process")

        scrape_id = record.scrape_id
        ask(
            self,
            lambda: self._session.scrapes().cancel(scrape_id),
            stopped,
            self.report,
            group="stop",
        )

    def action_delete(self) -> None:
        """Delete the scrape under the cursor; the user confirms by typing a word."""
        self._to_delete = self._current()
        if self._to_delete is not None:
            started = f"{self._to_delete.start_time:%Y-%m-%d %H:%M}"
            self.prompt.open(DELETE_SIGN, hint=f"{DELETE_WORD} deletes the scrape of {started}")

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Start a scrape, or delete one."""
        if event.sign == SCRAPE_SIGN:
            event.stop()
            self._start(event.text)
        elif event.sign == DELETE_SIGN:
            event.stop()
            if event.text.strip() == DELETE_WORD and self._to_delete is not None:
                self._delete(self._to_delete.scrape_id)
            else:
                self.explain_why_not(f"nothing was deleted: type `{DELETE_WORD}` to confirm")

    def _start(self, text: str) -> None:
        services, _, regions = text.partition(" in ")
        names = name_list(services)
        request = ScrapeRequest(
            services="all" if names in {(), ("all",)} else names, regions=name_list(regions)
        )
        self.notify("checking the credentials…", markup=False, timeout=2)
        self._starting += 1

        def started(scrape_id: str) -> None:
            self._starting -= 1
            queued = ScrapeProgress(scrape_id=scrape_id, state=ScrapeState.QUEUED)
            self._progress.setdefault(scrape_id, queued)
            self.load()

        def refused(error: S3NavError) -> None:
            self._starting -= 1
            self.report(error)

        def start() -> str:
            return self._session.scrapes().start(request)

        ask(self, start, started, refused, group=f"start-{id(request)}")

    def _delete(self, scrape_id: str) -> None:
        def deleted(documents: int) -> None:
            self.notify(f"{number_of(documents, 'document')} deleted", markup=False, timeout=3)
            self.load()

        where = Where(scrape_id=scrape_id)
        ask(
            self,
            lambda: self._session.scrapes().delete(where),
            deleted,
            self.report,
            group="delete",
        )

    # Content

    def _show(self, records: tuple[ScrapeRecord, ...]) -> None:
        self._is_loaded = True
        self._records = records
        final = {record.scrape_id for record in records if record.state.is_final}
        for scrape_id in final & self._progress.keys():
            del self._progress[scrape_id]
        rows = RunRows(records, self._icons, self._progress)
        self.table.show(rows, cursor=self.table.cursor.position)
        self.show_status()
        if self.wanted_search and records:
            self.post_message(self.Explore(records[0], self.wanted_search))
            self.wanted_search = ""

    def _current(self) -> ScrapeRecord | None:
        row = self.table.cursor_row
        return None if row is None or row >= len(self._records) else self._records[row]
