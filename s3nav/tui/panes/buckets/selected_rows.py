"""The rows of a directory that a key acts on."""

import msgspec

from s3nav.browse import DirectoryListing
from s3nav.model.places import S3Uri
from s3nav.present.buckets import directory_selection_words
from s3nav.transfer import Source
from s3nav.tui.widgets.row_table import RowTable


class SelectedRows(msgspec.Struct, frozen=True):
    """Rows of a listing, and what they mean to a transfer."""

    listing: DirectoryListing
    rows: tuple[int, ...]
    size_style: str

    def sources(self) -> tuple[Source, ...]:
        """What to download or copy; nothing when no row is selected."""
        listing, rows = self.listing, self.rows
        if rows and len(rows) == len(listing) and listing.complete and not listing.starts_with:
            # A whole directory is one prefix: one source to list instead of one for each name.
            return (Source(place=listing.place),)
        return tuple(
            Source(place=listing.uri(row), literal=not listing.is_prefix(row)) for row in rows
        )

    def places(self) -> tuple[S3Uri, ...]:
        """The URIs of the sources."""
        return tuple(source.place for source in self.sources())

    @property
    def words(self) -> str:
        """``12 objects · 3.4 MB · 1 prefix with all below``."""
        return directory_selection_words(self.listing, self.rows, self.size_style)


def selected_rows(table: RowTable, listing: DirectoryListing, size_style: str) -> SelectedRows:
    """The marked rows, else the one under the cursor unless it is ``../``."""
    row = table.cursor_row
    numbers = sorted(table.view.marks.values()) or ([row] if row else [])
    return SelectedRows(listing, tuple(number - 1 for number in numbers), size_style)


def why_none_selected(table: RowTable, listing: DirectoryListing | None) -> str:
    """Why a key finds no row to act on."""
    if listing is None:
        return "nothing is listed yet"
    if table.cursor_row is None:
        return "there is no row to stand on"
    return "../ is the level above: stand on a name, or mark some with space"
