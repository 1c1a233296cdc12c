"""Pane 2, second half: one level of a bucket, like a file manager."""

from textual.message import Message

from s3nav.model.places import S3Uri
from s3nav.transfer import Source
from s3nav.tui.actions import Group, bindings
from s3nav.tui.panes.buckets.directory_pane import LISTED_UNASKED, DirectoryPane
from s3nav.tui.panes.location_history import parent
from s3nav.tui.panes.scan_messages import ScanWanted
from s3nav.tui.widgets.prompt import Prompt

PREFIX_SIGN = "\\"


class BrowserPane(DirectoryPane):
    """What the keys do on a level: enter, leave, mark, download, look closer."""

    BINDINGS = bindings(Group.BROWSER)

    class Left(Message):
        """The user went above the bucket."""

    class UploadWanted(Message):
        """The user wants to send files to a level."""

        def __init__(self, to: S3Uri) -> None:
            super().__init__()
            self.to = to

    class CopyWanted(Message):
        """The user chose what to copy inside S3."""

        def __init__(self, sources: tuple[S3Uri, ...], at: S3Uri, said: str) -> None:
            super().__init__()
            self.sources, self.at, self.said = sources, at, said
            """`at` is the level they are in; the only source may be that level itself."""

    def action_open(self) -> None:
        """Enter the prefix under the cursor, or go up on ``../``; an object shows its details."""
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
        """A double click is enter."""
        self.action_open()

    def action_up(self) -> None:
        """One level up; above the bucket are the buckets."""
        place = self.at or self._trail.here
        if place is None or not place.key:
            self.post_message(self.Left())
            return
        above = parent(place)
        self._wanted_name = place.key[len(above.key) :]
        self.go(above)

    def action_history(self, step: int) -> None:
        """Go back or forth in what was visited."""
        place = self._trail.step(step)
        if place is not None:
            self.go(place, keep_trail=True)

    def action_more(self) -> None:
        """Go on listing after the stop."""
        listing = self._listing
        if listing is not None and not listing.complete and not self._is_listing:
            self._limit = len(listing) + LISTED_UNASKED
            self._start(listing)

    def action_prefix(self) -> None:
        """Ask for the start of the names to list."""
        hint = "names that start with…  S3 lists only those"
        self.prompt.open(PREFIX_SIGN, text=self._starts_with, hint=hint)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """List again with what was typed."""
        if event.sign == PREFIX_SIGN and self._listing is not None:
            event.stop()
            self.go(self._listing.place, starts_with=event.text, keep_trail=True)

    def action_yank(self) -> None:
        """Copy the URI of the row, or of the level on ``../``."""
        row, listing = self.table.cursor_row, self._listing
        if listing is not None and row is not None:
            self.copy(str(listing.uri(row - 1) if row else listing.place))

    def action_count(self) -> None:
        """Count the prefix under the cursor, or the level, and show where its room goes."""
        row, listing = self.table.cursor_row, self._listing
        if listing is None or row is None:
            return
        place = listing.uri(row - 1) if row and listing.is_prefix(row - 1) else listing.place
        self.post_message(ScanWanted(place))

    def action_download(self) -> None:
        """Offer to queue what is marked, or the row under the cursor."""
        self._want(self.DownloadWanted)

    def action_cost(self) -> None:
        """Say what downloading the same would cost."""
        self._want(self.CostWanted)

    def _want(self, message: type[DirectoryPane.DownloadWanted]) -> None:
        sources = self._chosen_sources()
        if sources:
            self.post_message(message(sources, self._sum_said(self._chosen_rows())))
        else:
            self._say_nothing_chosen()

    def action_upload(self) -> None:
        """Offer to send local files to this level."""
        place = self._trail.here
        if place is not None and self._may_write():
            self.post_message(self.UploadWanted(place))

    def action_copy(self) -> None:
        """Offer to copy what is marked, or the row under the cursor."""
        place, sources = self._trail.here, self._chosen_sources()
        if place is None or not self._may_write():
            return
        if not sources:
            self._say_nothing_chosen()
        else:
            places = tuple(source.place for source in sources)
            said = self._sum_said(self._chosen_rows())
            self.post_message(self.CopyWanted(places, place, said))

    def _may_write(self) -> bool:
        if not self._session.settings.allow_write:
            self.say_why_not(
                "s3nav only reads: start it with --allow-write, or set allow_write = true"
            )
        return self._session.settings.allow_write

    def action_headless(self) -> None:
        """Copy the command line that downloads the same."""
        sources = self._chosen_sources()
        if sources:
            self.post_message(self.HeadlessWanted(sources))
        else:
            self._say_nothing_chosen()

    def _say_nothing_chosen(self) -> None:
        if self._listing is None:
            self.say_why_not("nothing is listed yet")
        elif self.table.cursor_row is None:
            self.say_why_not("there is no row to stand on")
        else:
            self.say_why_not("../ is the level above: stand on a name, or mark some with space")

    def _chosen_sources(self) -> tuple[Source, ...]:
        """What is marked, or the row under the cursor."""
        listing, rows = self._listing, self._chosen_rows()
        if listing is None or not rows:
            return ()
        if len(rows) == len(listing) and listing.complete and not listing.starts_with:
            # All of a level is one prefix: one source to list instead of one for each name.
            return (Source(place=listing.place),)
        return tuple(
            Source(place=listing.uri(row - 1), literal=not listing.is_prefix(row - 1))
            for row in rows
        )

    def action_details(self) -> None:
        """Fold the details away or back; in a narrow terminal they stand below the table."""
        self.toggle_class("-details")
        self._show_details()

    def close_overlay(self) -> bool:
        """Details below the table are a layer of their own, and so is the browser."""
        if super().close_overlay():
            return True
        if self.has_class("-details") and self.screen.has_class("-narrow"):
            self.action_details()
            return True
        place = self._trail.here
        if self._starts_with and place is not None:
            self.go(place, keep_trail=True)
            return True
        self.post_message(self.Left())
        return True
