"""The overlay that shows what changed between two scans of a place, by prefix."""

from collections.abc import Callable, Iterator, Sequence

from s3nav.browse import Change, Comparison
from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.present.buckets import (
    MonthChange,
    biggest_changes,
    comparison_facts,
    months_of,
    more_or_less,
    signed_size,
)
from s3nav.present.formatting import (
    Cell,
    Column,
    Icons,
    Notice,
    Span,
    count,
    minute,
    progress_bar,
    safe_text,
)
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.location_history import parent
from s3nav.tui.panes.scans.scan_overlay import ScanOverlay
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue

UP = "../"
BAR_CELLS = 10
COLUMNS = (
    ColumnLayout(Column("name", "NAME"), width=20, flex=3, most=80, elide="middle"),
    ColumnLayout(Column("grown", "GREW", is_number=True), width=12, dim_unit=True),
    ColumnLayout(Column("bar", ""), width=BAR_CELLS, drop=1, sortable=False),
    ColumnLayout(Column("objects", "OBJECTS", is_number=True), width=11),
    ColumnLayout(Column("new", "NEW", is_number=True), width=10, drop=3),
    ColumnLayout(Column("removed", "REMOVED", is_number=True), width=10, drop=3),
    ColumnLayout(Column("changed", "CHANGED", is_number=True), width=10, drop=4),
)


class CompareRows:
    """Row 0 is ``../``; then the prefixes with changes, the largest change first."""

    columns: Sequence[ColumnLayout] = COLUMNS
    pinned = 1

    def __init__(
        self, changes: Sequence[tuple[str, Change]], prefix: str, icons: Icons, *, size_style: str
    ) -> None:
        self._changes = changes
        self._prefix = prefix
        self._icons = icons
        self._size_style = size_style
        self._most = max((abs(change.grown_bytes) for _, change in changes), default=0)

    def __len__(self) -> int:
        return len(self._changes) + 1

    def key(self, row: int) -> str:
        """The name in the directory; empty for the objects directly in it."""
        return self._changes[row - 1][0][len(self._prefix) :] if row else UP

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        if row == 0:
            return ((UP, "dim"),) if column == "name" else ""
        change = self._changes[row - 1][1]
        cells: dict[str, Callable[[], Cell]] = {
            "name": lambda: self._name(row),
            "grown": lambda: signed_size(change.grown_bytes, self._size_style),
            "bar": lambda: self._bar(change),
            "objects": lambda: f"{change.grown_objects:+,}",
            "new": lambda: _some(change, change.new_objects),
            "removed": lambda: _some(change, change.removed_objects),
            "changed": lambda: _some(change, change.changed_objects),
        }
        return cells[column]()

    def _name(self, row: int) -> Cell:
        name = safe_text(self.key(row))
        return ((name, "accent"),) if name else (("objects in this directory", "dim"),)

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        values = {
            "grown": [change.grown_bytes for _, change in self._changes],
            "objects": [change.grown_objects for _, change in self._changes],
            "new": [change.new_objects for _, change in self._changes],
            "removed": [change.removed_objects for _, change in self._changes],
            "changed": [change.changed_objects for _, change in self._changes],
        }
        return [0, *values[column]] if column in values else ["", *(n for n, _ in self._changes)]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource; searches names."""
        for row in range(max(1, start), len(self)):
            if text.casefold() in self.key(row).casefold():
                yield row

    def _bar(self, change: Change) -> Cell:
        share = abs(change.grown_bytes) / self._most if self._most else 0.0
        full, rest = progress_bar(share, BAR_CELLS, ascii_only=self._icons.is_ascii)
        return ((full, "warn" if change.grown_bytes >= 0 else "good"), (rest, "dim"))


class ComparePane(ScanOverlay):
    """Compares one directory at a time."""

    BINDINGS = bindings(Group.COMPARE)
    is_markable = False

    def __init__(self, *given, **named) -> None:  # type: ignore[no-untyped-def]  # see ScanOverlay
        super().__init__(*given, **named)
        self._at = S3Uri("")
        self._ids = ("", "")
        self._prefix = ""
        self._found: Comparison | None = None
        self._costs: MonthChange | S3NavError | None = None
        self._rows = CompareRows((), "", self._icons, size_style=self._size_style)

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.COMPARE

    def open(self, place: S3Uri, before: str, after: str) -> None:
        """Compare two scans of a place."""
        self._at, self._ids = place, (before, after)
        self._go(self._root)

    def refresh_place(self) -> None:
        """See Pane."""
        self._go(self._prefix)

    def show_status(self) -> None:
        """Show what changed in the directory as a whole."""
        found = self._found
        if found is None:
            return
        whole = found.whole
        said: list[Span] = [
            (f"grew by {signed_size(whole.grown_bytes, self._size_style)}", "accent"),
            (f" · {whole.grown_objects:+,} objects", "dim"),
        ]
        if isinstance(self._costs, MonthChange):
            change = self._costs.change_usd
            much = "cost unknown" if change is None else more_or_less(change)
            said.append((f" · {much}", "dim" if change is not None else "warn"))
        if not found.is_complete:
            said.append((" · compares only what both scans have listed", "warn"))
        self.set_status(said)

    def action_open(self) -> None:
        """Open the prefix under the cursor, or go up on ``../``."""
        row = self.table.cursor_row
        if row == 0:
            self.action_up()
        elif row is not None and self._rows.key(row):
            self._go(self._prefix + self._rows.key(row))

    def on_row_table_opened(self) -> None:
        """Handle a double click like enter."""
        self.action_open()

    def action_up(self) -> None:
        """Go to the parent directory; from the scanned place, leave."""
        if self._prefix == self._root:
            self.leave()
        else:
            self._go(parent(S3Uri(self._at.bucket, self._prefix)).key)

    def action_yank(self) -> None:
        """Copy the URI of the row."""
        row = self.table.cursor_row
        if row is not None:
            name = self._rows.key(row) if row else ""
            self.copy(str(S3Uri(self._at.bucket, self._prefix + name)))

    @property
    def _root(self) -> str:
        return self._at.key[: self._at.key.rfind("/") + 1]

    def _go(self, prefix: str) -> None:
        self._prefix, self._found = prefix, None
        self._rows = CompareRows((), prefix, self._icons, size_style=self._size_style)
        self._title.show([(f" {safe_text(str(S3Uri(self._at.bucket, prefix)))}", "accent")])
        self.table.show(self._rows)
        self.table.say(Notice(title="comparing…", lines=("two scans, object by object",)))
        ask(
            self,
            lambda: self._look(prefix),
            self._show,
            self._show_failure,
            group="compare",
        )

    def _look(self, prefix: str) -> tuple[Comparison, MonthChange | S3NavError]:
        """Called in a thread: what changed below a prefix, and what that costs."""
        found = self._scans.compare(*self._ids, prefix=prefix)
        try:
            return found, months_of(self._scans, self._session.estimator(), found, prefix)
        except S3NavError as error:
            return found, error

    def _show(self, looked: tuple[Comparison, MonthChange | S3NavError]) -> None:
        found, costs = looked
        self._found, self._costs = found, costs
        changes = biggest_changes(found)
        self._rows = CompareRows(changes, self._prefix, self._icons, size_style=self._size_style)
        self.table.show(self._rows, cursor=1)
        self.table.say(Notice(title="nothing changed here", lines=("esc goes back",)))
        times = f"  {minute(found.before.started_at)} to {minute(found.after.started_at)}"
        at = safe_text(str(S3Uri(self._at.bucket, self._prefix)))
        self._title.show([(f" {at}", "accent"), (times, "dim")])
        facts = comparison_facts(found, costs, self._size_style)
        note = costs.prices_line if isinstance(costs, MonthChange) else ""
        self._side.show("what changed", facts, note=(note, "dim"))
        self.show_status()


def _some(change: Change, number: int) -> Cell:
    return count(number) if number and not change.is_net else (("–", "dim"),)
