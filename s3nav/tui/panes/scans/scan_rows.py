"""One directory of a scan as rows with bars."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from s3nav.browse import PrefixTotal
from s3nav.present.formatting import (
    Cell,
    Column,
    Icons,
    count,
    minute,
    percent,
    progress_bar,
    safe_text,
    size,
)
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

UP = "../"
BAR_CELLS = 12
COLUMNS = (
    ColumnLayout(Column("name", "NAME"), width=20, flex=3, most=90, elide="middle"),
    ColumnLayout(Column("size", "SIZE", is_number=True), width=11, dim_unit=True),
    ColumnLayout(Column("share", "SHARE"), width=BAR_CELLS + 6, drop=2, sortable=False),
    ColumnLayout(Column("objects", "OBJECTS", is_number=True), width=11),
    ColumnLayout(Column("newest", "NEWEST"), width=16, drop=3),
    ColumnLayout(Column("oldest", "OLDEST"), width=10, drop=4),
)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


class Entry(msgspec.Struct):
    """A prefix of the directory, or the objects directly in it."""

    name: str
    total: PrefixTotal
    is_prefix: bool = True


class ScanRows:
    """Row 0 is ``../``. A row keeps its number while its totals grow."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 1

    def __init__(self, prefix: str, icons: Icons, *, size_style: str) -> None:
        self.prefix = prefix
        self.entries: list[Entry] = []
        self.total: PrefixTotal | None = None
        """The total of the directory; None until it is read."""
        self._by_name: dict[str, Entry] = {}
        self._icons = icons
        self._size_style = size_style

    def __len__(self) -> int:
        return len(self.entries) + 1

    def update(self, total: PrefixTotal | None, children: Sequence[PrefixTotal]) -> None:
        """Replace the totals by newer ones."""
        if total is None:
            return
        self.total = total
        for child in children:
            self._put(child.prefix[len(self.prefix) :], child, is_prefix=True)
        own = PrefixTotal(
            prefix=self.prefix,
            objects=total.objects - sum(child.objects for child in children),
            size_bytes=total.size_bytes - sum(child.size_bytes for child in children),
            newest_at=None,
            oldest_at=None,
        )
        if own.objects > 0 or "" in self._by_name:
            self._put("", own, is_prefix=False)

    def key(self, row: int) -> str:
        """The name in the directory; a prefix ends with a slash."""
        return self.entries[row - 1].name if row else UP

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        if row == 0:
            return ((UP, "dim"),) if column == "name" else ""
        entry = self.entries[row - 1]
        total = entry.total
        cells: dict[str, Callable[[], Cell]] = {
            "name": lambda: self._name(entry),
            "size": lambda: size(total.size_bytes, self._size_style),
            "share": lambda: self._share(entry),
            "objects": lambda: count(total.objects),
            "newest": lambda: ((minute(total.newest_at) if entry.is_prefix else "", "dim"),),
            "oldest": lambda: ((minute(total.oldest_at)[:10] if entry.is_prefix else "", "dim"),),
        }
        return cells[column]()

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [0 if column != "name" else "", *(_value(entry, column) for entry in self.entries)]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches names."""
        folded = text.casefold()
        for row in range(max(1, start), len(self)):
            if folded in self.entries[row - 1].name.casefold():
                yield row

    def _put(self, name: str, total: PrefixTotal, *, is_prefix: bool) -> None:
        entry = self._by_name.get(name)
        if entry is None:
            entry = self._by_name[name] = Entry(name, total, is_prefix)
            self.entries.append(entry)
        entry.total = total

    def _name(self, entry: Entry) -> Cell:
        if entry.is_prefix:
            return ((safe_text(entry.name), "accent"),)
        if self.total is not None and self.total.is_folded:
            return (("too many prefixes to count one by one", "warn"),)
        return (("objects in this directory", "dim"),)

    def _share(self, entry: Entry) -> Cell:
        whole = self.total.size_bytes if self.total else 0
        share = entry.total.size_bytes / whole if whole else 0.0
        full, rest = progress_bar(share, BAR_CELLS, ascii_only=self._icons.is_ascii)
        return ((full, "accent"), (rest, "dim"), (f" {percent(share):>5}", ""))


def _value(entry: Entry, column: str) -> SortValue:
    total = entry.total
    match column:
        case "size":
            return total.size_bytes
        case "objects":
            return total.objects
        case "newest":
            return _when(total.newest_at)
        case "oldest":
            return _when(total.oldest_at)
        case _:
            return entry.name


def _when(moment: datetime | None) -> float:
    return 0.0 if moment is None else (moment - _EARLIEST).total_seconds()
