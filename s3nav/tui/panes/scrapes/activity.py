"""Over the scrapes: how much was scraped, by day and by service."""

from collections.abc import Sequence

import msgspec
from textual.app import ComposeResult

from s3nav.present.formatting import Icons, Notice, count, number_of
from s3nav.scrape import DayCount, Monitor, Share, Totals
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scrapes.scrape_rows import ActivityRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable

DAYS = 90
EMPTY = Notice(title="no scrapes in these days", lines=("esc goes back, n there starts one",))


class _Found(msgspec.Struct, frozen=True):
    days: Sequence[DayCount]
    services: Sequence[Share]
    totals: Totals
    monitor: Monitor


class ActivityPane(Pane):
    """Days at first; `t` switches to services and back."""

    BINDINGS = bindings(Group.ACTIVITY)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._found: _Found | None = None
        self._by_service = False

    def compose(self) -> ComposeResult:
        """Title, table, status, prompt."""
        yield Line(id="activity-title")
        yield RowTable(ActivityRows((), self._icons), icons=self._icons)
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.ACTIVITY

    def load(self) -> None:
        """Read the counts from the store."""

        def read() -> _Found:
            scrapes = self._session.scrapes()
            return _Found(
                scrapes.timeline(days=DAYS, now=self.now()),
                scrapes.shares("service"),
                scrapes.totals(),
                scrapes.monitor(),
            )

        self.table.say(Notice(title="counting…"))
        ask(self, read, self._show, self.show_problem, group="activity")

    def refresh_place(self) -> None:
        """See Pane."""
        self.load()

    def close_overlay(self) -> bool:
        """See Pane; then this overlay itself."""
        return super().close_overlay() or self.leave()

    def action_turn(self) -> None:
        """Switch between days and services."""
        self._by_service = not self._by_service
        if self._found is not None:
            self._show(self._found)

    def show_status(self) -> None:
        """Show the totals of the store."""
        if self._found is None:
            return
        totals, monitor = self._found.totals, self._found.monitor
        documents = number_of(totals.total_documents, "document")
        words = [
            f"{number_of(totals.total_scrapes, 'scrape')}, {count(totals.failed_scrapes)} failed",
            f"{number_of(totals.total_resources, 'resource')} in {documents}",
            number_of(len(totals.services_discovered), "service"),
            number_of(len(totals.regions_scanned), "region"),
        ]
        if monitor.average_seconds is not None:
            words.append(f"{monitor.average_seconds:.1f} s on average")
        self.set_status([(" · ".join(words), "dim")])

    def _show(self, found: _Found) -> None:
        self._found = found
        facts: Sequence[DayCount | Share] = found.services if self._by_service else found.days
        title = "services, all scrapes" if self._by_service else f"the last {DAYS} days, UTC"
        other = "days" if self._by_service else "services"
        self.query_one("#activity-title", Line).show(
            [(f" {title}", "accent"), (f"  t shows {other}", "dim")]
        )
        self.table.show(ActivityRows(facts, self._icons))
        self.table.say(EMPTY)
        self.show_status()
