"""Over the buckets: one directory of a bucket, as in a file manager."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from s3nav.browse import DirectoryListing
from s3nav.model.errors import S3NavError
from s3nav.model.events import Event
from s3nav.model.places import S3Uri
from s3nav.present.buckets import directory_status, empty_notice, loading_notice
from s3nav.present.formatting import Icons, Notice
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.panes.buckets.directory_lister import DirectoryLister
from s3nav.tui.panes.buckets.directory_rows import (
    NoRows,
    SelectedRows,
    selected_rows,
    why_none_selected,
)
from s3nav.tui.panes.buckets.object_details import ObjectDetails
from s3nav.tui.panes.location_history import LocationHistory, crumbs, parent
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scan_messages import ScanWanted
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.prompt import Prompt
from s3nav.tui.widgets.row_table import RowTable

PREFIX_SIGN = "\\"
READ_ONLY = "writing is off: start s3nav with --allow-write, or set allow_write = true"


class UploadWanted(Message):
    """The user wants to upload files to a directory."""

    def __init__(self, to: S3Uri) -> None:
        super().__init__()
        self.to = to


class CopyWanted(Message):
    """The user wants to copy objects inside S3."""

    def __init__(self, sources: tuple[S3Uri, ...], at: S3Uri, words: str) -> None:
        super().__init__()
        self.sources, self.at, self.words = sources, at, words
        """`at` is the directory of the sources; it may itself be the only source."""


class BrowserPane(Pane):
    """Move between directories, and act on the selected rows. The lister fills the table."""

    BINDINGS = bindings(Group.BROWSER)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._visited = LocationHistory()
        self._starts_with = ""
        self._lister = DirectoryLister(
            self, session, icons, changed=self._show_progress, failed=self._fail
        )

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
        """The directory shown."""
        return self._listing.place if self._listing is not None else None

    @property
    def _listing(self) -> DirectoryListing | None:
        return self._lister.listing

    @property
    def _size_style(self) -> str:
        return self._session.settings.size_format

    def go(
        self, place: S3Uri, *, starts_with: str = "", cursor_on: str = "", revisit: bool = False
    ) -> None:
        """List a directory; for a key without a slash at its end, the names that start with it."""
        if place.key and not place.key.endswith("/"):
            place, starts_with = parent(place), place.key.rpartition("/")[2]
        if not revisit:
            self._visited.visit(place)
        self._starts_with = starts_with
        self._lister.open(place, starts_with=starts_with, cursor_on=cursor_on)
        self.query_one("#crumbs", Line).show_parts(crumbs(place))
        self._show_details()
        self._show_loading()

    def refresh_place(self) -> None:
        """See Pane."""
        place, row = self._visited.here, self.table.cursor_row
        if place is not None:
            name = self.table.view.source.key(row) if row else ""
            self.go(place, starts_with=self._starts_with, cursor_on=name, revisit=True)

    def handle_events(self, events: Sequence[Event]) -> None:
        """See Pane."""
        self._lister.drained()

    def _show_progress(self) -> None:
        if self._lister.is_listing:
            self._show_loading()
        self.show_status()
        if self.table.cursor_row == 0:
            self._show_details()

    def _fail(self, error: S3NavError) -> None:
        if self._listing is not None and len(self._listing):
            self.report(error)
        notice = self.problem_notice(error)
        retry = "  ctrl+r retries · h goes up"
        self.table.say(Notice(title=notice.title, lines=(*notice.lines, retry), tone="bad"))
        self.show_status()

    def show_status(self) -> None:
        """How much is listed, sorted and marked."""
        listing, view = self._listing, self.table.view
        if listing is None:
            return
        if view.marks:
            marked = selected_rows(self.table, listing, self._size_style)
            self.set_status([(f"{marked.words} marked", "accent")])
        else:
            self.set_status(
                directory_status(
                    listing,
                    is_sorted=bool(view.sort_column),
                    unsorted=view.unsorted,
                    is_listing=self._lister.is_listing,
                    size_style=self._size_style,
                )
            )
        if listing.complete:
            self.table.say(empty_notice(listing))

    def _show_loading(self) -> None:
        self.table.say(loading_notice(self._visited.here, self._lister.waited_s))

    def _show_details(self) -> None:
        row = self.table.cursor_row
        self.query_one(ObjectDetails).look_at(self._listing, row - 1 if row else None)

    def on_row_table_moved(self) -> None:
        """Show the details of the row under the cursor."""
        self._show_details()

    def on_resize(self) -> None:
        """Fill the details: a wider terminal may have brought them back."""
        self.call_after_refresh(self._show_details)

    # Move between directories

    def action_open(self) -> None:
        """Open the prefix under the cursor, go up on ``../``, or show the details of an object."""
        row, listing = self.table.cursor_row, self._listing
        if row is None or listing is None:
            return
        if row == 0:
            self.action_up()
        elif listing.is_prefix(row - 1):
            self.go(listing.uri(row - 1))
        else:
            self.action_details()

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def on_line_picked(self, event: Line.Picked) -> None:
        """Go to the clicked breadcrumb."""
        event.stop()
        self.go(S3Uri.parse(event.target))

    def action_up(self) -> None:
        """Go to the parent directory; from a bucket, to the buckets."""
        place = self._visited.here
        if place is None or not place.key:
            self.leave()
            return
        above = parent(place)
        self.go(above, cursor_on=place.key[len(above.key) :])

    def action_history(self, step: int) -> None:
        """Go back or forward in the visited places."""
        if (place := self._visited.step(step)) is not None:
            self.go(place, revisit=True)

    def action_more(self) -> None:
        """Continue a listing that stopped before its end."""
        self._lister.load_more()

    def action_prefix(self) -> None:
        """Ask for the text that names must start with."""
        hint = "list only names that start with…"
        self.prompt.open(PREFIX_SIGN, text=self._starts_with, hint=hint)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """List the names that start with the typed text."""
        if event.sign == PREFIX_SIGN and self._listing is not None:
            event.stop()
            self.go(self._listing.place, starts_with=event.text, revisit=True)

    def action_details(self) -> None:
        """Show or hide the details; in a narrow terminal they are below the table."""
        self.toggle_class("-details")
        self._show_details()

    def close_overlay(self) -> bool:
        """See Pane; then the details below a narrow table, the start of names, the browser."""
        if super().close_overlay():
            return True
        if self.has_class("-details") and self.screen.has_class("-narrow"):
            self.action_details()
            return True
        place = self._visited.here
        if self._starts_with and place is not None:
            self.go(place, revisit=True)
            return True
        self.leave()
        return True

    # Act on the selected rows

    def action_yank(self) -> None:
        """Copy the URI of the row, or of the directory on ``../``."""
        row, listing = self.table.cursor_row, self._listing
        if listing is not None and row is not None:
            self.copy(str(listing.uri(row - 1) if row else listing.place))

    def action_count(self) -> None:
        """Scan the prefix under the cursor, or this directory, to see what takes up the space."""
        row, listing = self.table.cursor_row, self._listing
        if listing is None or row is None:
            return
        place = listing.uri(row - 1) if row and listing.is_prefix(row - 1) else listing.place
        self.post_message(ScanWanted(place))

    def action_download(self) -> None:
        """Download the marked rows, or the one under the cursor; a dialog asks where to."""
        if selected := self._selected():
            self.post_message(self.DownloadWanted(selected.sources(), selected.words))

    def action_cost(self) -> None:
        """Show what downloading them would cost."""
        if selected := self._selected():
            self.post_message(self.CostWanted(selected.sources(), selected.words))

    def action_headless(self) -> None:
        """Copy a command line that downloads them."""
        if selected := self._selected():
            self.post_message(self.HeadlessWanted(selected.sources()))

    def action_upload(self) -> None:
        """Upload local files to this directory; a dialog asks which."""
        place = self._visited.here
        if place is not None and self._may_write():
            self.post_message(UploadWanted(place))

    def action_copy(self) -> None:
        """Copy the marked rows, or the one under the cursor; a dialog asks where to."""
        if self._visited.here is None or not self._may_write():
            return
        if selected := self._selected():
            place = selected.listing.place
            self.post_message(CopyWanted(selected.places(), place, selected.words))

    def _may_write(self) -> bool:
        if not self._session.settings.allow_write:
            self.explain_why_not(READ_ONLY)
        return self._session.settings.allow_write

    def _selected(self) -> SelectedRows | None:
        """The rows a key acts on; if there are none, show why and return None."""
        listing = self._listing
        if listing is not None:
            selected = selected_rows(self.table, listing, self._size_style)
            if selected.rows:
                return selected
        self.explain_why_not(why_none_selected(self.table, listing))
        return None
