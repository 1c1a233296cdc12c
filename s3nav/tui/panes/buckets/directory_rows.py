"""One directory of a bucket as rows, and the rows that a key acts on."""

from collections.abc import Iterator, Sequence

import msgspec

from s3nav.browse import DirectoryListing
from s3nav.model.objects import ARCHIVED_CLASSES, DEFAULT_STORAGE_CLASS
from s3nav.model.places import S3Uri
from s3nav.present.buckets import directory_selection_words
from s3nav.present.formatting import MISSING, Cell, Column, Icons, minute, safe_text, size
from s3nav.transfer import Source
from s3nav.tui.widgets.row_table import ColumnLayout, RowTable, SortValue

UP = "../"
OWN_MARKER = "./"
"""An object whose key is the prefix itself, as some consoles make for a folder."""
CLASS_CELLS = len("INTELLIGENT_TIERING")
"""The longest storage class."""
COLUMNS = (
    ColumnLayout(Column("name", "NAME"), width=24, flex=2, elide="middle"),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=11, dim_unit=True),
    ColumnLayout(Column("modified", "MODIFIED"), width=16, drop=2),
    ColumnLayout(Column("class", "CLASS"), width=14, flex=1, most=CLASS_CELLS, drop=3),
)


class DirectoryRows:
    """Row 0 is ``../``; row n + 1 is row n of the listing.

    Cells are made from the listing's columns when they are painted: a million rows need no memory
    here.
    """

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 1

    def __init__(self, listing: DirectoryListing, icons: Icons, *, size_style: str) -> None:
        self.listing = listing
        self._icons = icons
        self._size_style = size_style

    def __len__(self) -> int:
        return len(self.listing) + 1

    def key(self, row: int) -> str:
        """The name below the prefix; a prefix ends with a slash."""
        return self.listing.names[row - 1] if row else UP

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        if row == 0:
            return ((UP, "dim"),) if column == "name" else ""
        at, listing = row - 1, self.listing
        is_prefix = listing.is_prefix(at)
        match column:
            case "name":
                name = safe_text(listing.names[at]) or OWN_MARKER
                return ((name, "accent"),) if is_prefix else name
            case "size":
                return (
                    ((MISSING, "dim"),) if is_prefix else size(listing.sizes[at], self._size_style)
                )
            case "modified":
                return (("" if is_prefix else minute(listing.modified_at(at)), "dim"),)
            case _:
                return self._class(listing.storage_class(at))

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource; prefixes have size and time -1."""
        listing = self.listing
        match column:
            case "size":
                return [0, *listing.sizes]
            case "modified":
                return [0, *listing.modified]
            case "class":
                return ["", *listing.storage_classes()]
            case _:
                return ["", *listing.names.all()]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches names."""
        return (row + 1 for row in self.listing.names.containing(text, max(0, start - 1)))

    def _class(self, name: str) -> Cell:
        if name in ARCHIVED_CLASSES:
            return ((f"{safe_text(name)} {self._icons.frozen}", "warn"),)
        return ((safe_text(name), "dim" if name == DEFAULT_STORAGE_CLASS else ""),)


class NoRows:
    """A source without rows."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 0

    def __len__(self) -> int:
        return 0

    def cell(self, row: int, column: str) -> Cell:
        """Never called."""
        return ""

    def key(self, row: int) -> str:
        """Never called."""
        return ""

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """Return nothing."""
        return ()

    def matching(self, text: str, start: int) -> Iterator[int]:
        """Return nothing."""
        return iter(())


class SelectedRows(msgspec.Struct, frozen=True):
    """Rows of a listing, as sources of a transfer."""

    listing: DirectoryListing
    rows: tuple[int, ...]
    size_style: str

    def sources(self) -> tuple[Source, ...]:
        """What to download or copy; empty if no row is selected."""
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
    """The marked rows, or the one under the cursor unless it is ``../``."""
    row = table.cursor_row
    numbers = sorted(table.view.marks.values()) or ([row] if row else [])
    return SelectedRows(listing, tuple(number - 1 for number in numbers), size_style)


def why_none_selected(table: RowTable, listing: DirectoryListing | None) -> str:
    """Say why there is no row to act on."""
    if listing is None:
        return "nothing is listed yet"
    if table.cursor_row is None:
        return "there is no row"
    return "../ is the parent directory: go to a name, or mark names with space"
