"""List one level of a bucket into a table, page by page, and say how much of it is there."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from s3nav.browse import DirectoryListing
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event
from s3nav.model.places import S3Uri
from s3nav.model.ui_priority import UI_PRIORITY
from s3nav.tui.actions import Place
from s3nav.tui.ask import Answered, ask, is_unwanted, stop_if_unwanted
from s3nav.tui.panes.buckets.directory_rows import DirectoryRows, NoRows
from s3nav.tui.panes.buckets.directory_words import (
    chosen_words,
    directory_status,
    empty_notice,
    loading_notice,
)
from s3nav.tui.panes.buckets.object_details import ObjectDetails
from s3nav.tui.panes.location_history import LocationHistory, crumbs
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.icons import Icons
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import Notice, RowTable

LISTED_UNASKED = 1_000_000
"""Rows listed before the browser stops and asks: 1,000 requests."""
GROW_EVERY_DRAINS = 5


class DirectoryPane(Pane):
    """The first page paints at once; the others stream in below it."""

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._trail = LocationHistory()
        self._listing: DirectoryListing | None = None
        self._limit = LISTED_UNASKED
        self._is_listing = False
        self._waited_drains = 0
        self._starts_with = ""
        self._wanted_name = ""
        """Put the cursor on this row when it arrives: where the user came from."""

    def compose(self) -> ComposeResult:
        """Breadcrumbs, table with details, status, prompt."""
        yield Line(id="crumbs")
        with Horizontal():
            yield RowTable(NoRows(), markable=True, icons=self._icons)
            yield ObjectDetails(self._session, id="details")
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.BROWSER

    @property
    def at(self) -> S3Uri | None:
        """The level shown."""
        return self._listing.place if self._listing is not None else None

    def go(self, place: S3Uri, *, starts_with: str = "", keep_trail: bool = False) -> None:
        """List a level; a key that does not end with a slash is looked up by its start."""
        if place.key and not place.key.endswith("/"):
            above, _, starts_with = place.key.rpartition("/")
            place = S3Uri(place.bucket, f"{above}/" if above else "")
        if not keep_trail:
            self._trail.visit(place)
        self._listing, self._starts_with = None, starts_with
        self._limit = LISTED_UNASKED
        self._show_crumbs(place)
        self._show_details()
        # Opening the store may take a while the first time: the thread does it.
        ask(
            self,
            lambda: DirectoryListing(
                self._session.retrying_store(stop_if_unwanted), place, starts_with=starts_with
            ),
            self._begin,
            self._failed,
            group="listing",
        )
        self._is_listing, self._waited_drains = True, 0
        self.table.show(NoRows())
        self._say_loading()

    def refresh_place(self) -> None:
        """See Pane."""
        place = self._trail.here
        if place is not None:
            self._wanted_name = self._name_under_cursor()
            self.go(place, starts_with=self._starts_with, keep_trail=True)

    def take(self, events: Sequence[Event]) -> None:
        """Show rows that have arrived, twice a second: all is laid out anew for them."""
        if self._is_listing:
            self._waited_drains += 1
            if self._waited_drains % GROW_EVERY_DRAINS == 0:
                self._grow()

    def _begin(self, listing: DirectoryListing) -> None:
        self._listing = listing
        self.table.show(self._rows_of(listing))
        self._start(listing)

    def _rows_of(self, listing: DirectoryListing) -> DirectoryRows:
        return DirectoryRows(listing, self._icons, size_style=self._session.settings.size_format)

    def _start(self, listing: DirectoryListing) -> None:
        """Load pages in a thread until the level or the limit ends; the first one is announced."""
        self._is_listing = True
        limit = self._limit

        def load() -> None:
            while not listing.complete and not is_unwanted() and len(listing) < limit:
                UI_PRIORITY.yield_to_ui()
                listing.load_page()
                if listing.pages == 1:
                    UI_PRIORITY.request()
                    self.post_message(Answered(self._grow_at_once))

        ask(self, load, lambda _: self._finish(), self._failed, group="listing")

    def _grow_at_once(self) -> None:
        """The first rows are painted before more are listed."""
        self._grow()
        self.call_after_refresh(UI_PRIORITY.release)

    def _grow(self) -> None:
        self.table.grow()
        self._seek()
        self._say_loading()
        self.show_status()
        if self.table.cursor_row == 0:
            self._show_details()

    def _finish(self) -> None:
        self._is_listing = False
        self.table.grow(final=True)
        self._seek()
        self._wanted_name = ""
        self.show_status()
        if self.table.cursor_row == 0:
            self._show_details()

    def _failed(self, error: S3NavError) -> None:
        self._is_listing = False
        if self._listing is not None and len(self._listing):
            self.table.grow(final=True)
            self.tell(error)
        notice = self.problem_notice(error)
        retry = "  ctrl+r tries again · h goes up"
        self.table.say(Notice(title=notice.title, lines=(*notice.lines, retry), tone="bad"))
        self.show_status()

    def _seek(self) -> None:
        """Put the cursor on the row the user came from, once it is there."""
        if not self._wanted_name or self._listing is None:
            return
        rows = self._listing.names.containing(self._wanted_name)
        row = next((r for r in rows if self._listing.names[r] == self._wanted_name), None)
        position = None if row is None else self.table.view.position_of(row + 1)
        if position is not None and self.table.cursor == 0:
            self.table.move_to(position)
            self._wanted_name = ""

    def _show_crumbs(self, place: S3Uri) -> None:
        self.query_one("#crumbs", Line).show_parts(crumbs(place))

    def on_line_picked(self, event: Line.Picked) -> None:
        """A breadcrumb was clicked."""
        event.stop()
        self.go(S3Uri.parse(event.target))

    def show_status(self) -> None:
        """What is listed, sorted and marked, and what is not."""
        listing, view = self._listing, self.table.view
        if listing is None:
            return
        if view.marks:
            self.set_status([(self._sum_said(self._chosen_rows()) + " marked", "accent")])
        else:
            self.set_status(
                directory_status(
                    listing,
                    is_sorted=bool(view.sort_column),
                    unsorted=view.unsorted,
                    is_listing=self._is_listing,
                    size_style=self._session.settings.size_format,
                )
            )
        if listing.complete:
            self.table.say(empty_notice(listing))

    def _say_loading(self) -> None:
        self.table.say(loading_notice(self._trail.here, self._waited_drains // 10))

    def _chosen_rows(self) -> list[int]:
        """Marked rows, else the one under the cursor unless it is ``../``."""
        marked = sorted(self.table.view.marks.values())
        row = self.table.cursor_row
        return marked or ([row] if row else [])

    def _sum_said(self, rows: Sequence[int]) -> str:
        if self._listing is None:
            return ""
        style = self._session.settings.size_format
        return chosen_words(self._listing, [row - 1 for row in rows], style)

    def _name_under_cursor(self) -> str:
        row = self.table.cursor_row
        return self.table.source.key(row) if row else ""

    def on_row_grid_moved(self) -> None:
        """The details follow the cursor."""
        self._show_details()

    def on_resize(self) -> None:
        """A wider terminal may have brought the details back."""
        self.call_after_refresh(self._show_details)

    def _show_details(self) -> None:
        row = self.table.cursor_row
        self.query_one(ObjectDetails).look_at(self._listing, row - 1 if row else None)
