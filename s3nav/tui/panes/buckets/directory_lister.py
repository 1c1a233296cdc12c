"""List one directory of a bucket into a pane's table, page by page."""

from collections.abc import Callable

from s3nav.browse import DirectoryListing
from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.model.waits import UI_PRIORITY
from s3nav.present.formatting import Icons
from s3nav.tui.ask import Answered, ask, is_unwanted, stop_if_unwanted
from s3nav.tui.panes.buckets.directory_rows import DirectoryRows, NoRows
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession

ROWS_AT_ONCE = 1_000_000
"""Rows listed before the lister stops and waits for `load_more`: 1,000 requests."""
GROW_EVERY_DRAINS = 5
DRAINS_PER_S = 10


class DirectoryLister:
    """One listing at a time; a new one replaces it. All calls come from the UI thread.

    `changed` is called for new rows, and when the lister stops.
    """

    def __init__(
        self,
        pane: Pane,
        session: CockpitSession,
        icons: Icons,
        *,
        changed: Callable[[], None],
        failed: Callable[[S3NavError], None],
    ) -> None:
        self._pane = pane
        self._session = session
        self._icons = icons
        self._call_changed, self._call_failed = changed, failed
        self._rows_wanted = ROWS_AT_ONCE
        self._drains = 0
        self._cursor_name = ""
        """The row that gets the cursor when it arrives: where the user came from."""
        self.listing: DirectoryListing | None = None
        """None until the store is open."""
        self.is_listing = False

    @property
    def waited_s(self) -> int:
        """Whole seconds since `open`, while it lists."""
        return self._drains // DRAINS_PER_S

    def open(self, place: S3Uri, *, starts_with: str = "", cursor_on: str = "") -> None:
        """List a directory, or its names that start with a text; put the cursor on a name."""
        self.listing, self._rows_wanted = None, ROWS_AT_ONCE
        self.is_listing, self._drains = True, 0
        self._cursor_name = cursor_on
        # Opening the store can take a while the first time, so the thread does it.
        ask(
            self._pane,
            lambda: DirectoryListing(
                self._session.retrying_store(stop_if_unwanted), place, starts_with=starts_with
            ),
            self._opened,
            self._failed,
            group="listing",
        )
        self._pane.table.show(NoRows())

    def load_more(self) -> None:
        """Continue a listing that stopped before its end."""
        listing = self.listing
        if listing is not None and not listing.complete and not self.is_listing:
            self._rows_wanted = len(listing) + ROWS_AT_ONCE
            self._load(listing)

    def drained(self) -> None:
        """Call ten times a second. The table grows twice a second, not with each page."""
        if self.is_listing:
            self._drains += 1
            if self._drains % GROW_EVERY_DRAINS == 0:
                self._grow()

    def _opened(self, listing: DirectoryListing) -> None:
        self.listing = listing
        size_style = self._session.settings.size_format
        self._pane.table.show(DirectoryRows(listing, self._icons, size_style=size_style))
        self._load(listing)

    def _load(self, listing: DirectoryListing) -> None:
        self.is_listing = True
        rows_wanted = self._rows_wanted

        def load() -> None:
            while not listing.complete and not is_unwanted() and len(listing) < rows_wanted:
                UI_PRIORITY.yield_to_ui()
                listing.load_page()
                if listing.pages == 1:
                    UI_PRIORITY.request()
                    self._pane.post_message(Answered(self._first_page))

        ask(self._pane, load, lambda _: self._finished(), self._failed, group="listing")

    def _first_page(self) -> None:
        """Paint the first rows before more are listed."""
        self._grow()
        self._pane.call_after_refresh(UI_PRIORITY.release)

    def _grow(self) -> None:
        self._pane.table.grow()
        self._restore_cursor()
        self._call_changed()

    def _finished(self) -> None:
        self.is_listing = False
        self._pane.table.grow(final=True)
        self._restore_cursor()
        self._cursor_name = ""
        self._call_changed()

    def _failed(self, error: S3NavError) -> None:
        self.is_listing = False
        if self.listing is not None and len(self.listing):
            self._pane.table.grow(final=True)
        self._call_failed(error)

    def _restore_cursor(self) -> None:
        """Put the cursor on the row the user came from, as soon as it is listed."""
        if not self._cursor_name or self.listing is None:
            return
        table, names = self._pane.table, self.listing.names
        rows = names.containing(self._cursor_name)
        row = next((row for row in rows if names[row] == self._cursor_name), None)
        position = None if row is None else table.view.position_of(row + 1)
        if position is not None and table.cursor.position == 0:
            table.move_to(position)
            self._cursor_name = ""
