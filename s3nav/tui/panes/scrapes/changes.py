"""Over the scrapes: what differs between two of them; unknown where a query failed."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from s3nav.present.formatting import Icons, Notice, Span, count, safe_text
from s3nav.present.scrape_words import GLOBAL
from s3nav.scrape import Change, Comparison
from s3nav.tui.actions import Group, Place, bindings
from s3nav.tui.ask import ask
from s3nav.tui.panes.pane import Pane
from s3nav.tui.panes.scrapes.scrape_rows import ChangeRows
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable


class ChangesPane(Pane):
    """A row for each change, with its fields at the side."""

    BINDINGS = bindings(Group.CHANGES)

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons
        self._pair: tuple[str, str] = ("", "")
        self._comparison: Comparison | None = None

    def compose(self) -> ComposeResult:
        """Title, table, fields, status, prompt."""
        yield Line(id="changes-title")
        with Horizontal():
            yield RowTable(ChangeRows(()), icons=self._icons)
            yield Facts(id="fields")
        yield from self.foot()

    @property
    def place(self) -> Place:
        """See Pane."""
        return Place.CHANGES

    def load(self, older: str, newer: str) -> None:
        """Compare two scrapes."""
        self._pair, self._comparison = (older, newer), None
        self.table.show(ChangeRows(()))
        self.table.say(Notice(title="comparing…"))
        self.query_one("#changes-title", Line).show([(f" {older} → {newer}", "accent")])
        ask(
            self,
            lambda: self._session.scrapes().compare(older, newer),
            self._show,
            self.show_problem,
            group="compare",
        )

    def refresh_place(self) -> None:
        """See Pane."""
        self.load(*self._pair)

    def close_overlay(self) -> bool:
        """See Pane; then this overlay itself."""
        return super().close_overlay() or self.leave()

    def action_yank(self) -> None:
        """Copy the ARN, or the id if there is none."""
        change = self._current()
        if change is not None:
            self.copy(change.resource.arn or change.resource.id)

    def show_status(self) -> None:
        """Show the counts of all changes, and how many rows are shown."""
        found = self._comparison
        if found is None:
            return
        left: list[Span] = [
            (f"+ {count(found.added)} added", "good"),
            (f"  - {count(found.removed)} removed", "bad"),
            (f"  ~ {count(found.changed)} changed", "accent"),
            (f"  ? {count(found.unknown)} unknown", "warn"),
            (f"  {count(found.same)} the same", "dim"),
        ]
        all_ = found.added + found.removed + found.changed + found.unknown
        if all_ > len(found.changes):
            left.append((f" · the first {count(len(found.changes))} shown", "dim"))
        self.set_status(left)

    def on_row_table_moved(self) -> None:
        """Show the fields of the change under the cursor."""
        change, panel = self._current(), self.query_one("#fields", Facts)
        if change is None:
            panel.show("")
            return
        one = change.resource
        facts = [
            ("type", safe_text(one.type)),
            ("region", one.region or GLOBAL),
            ("query", safe_text(f"{one.service} {one.operation}")),
            *(("arn", safe_text(one.arn)) for _ in range(bool(one.arn))),
        ]
        for field in change.fields:
            before, after = safe_text(str(field.before)), safe_text(str(field.after))
            facts += [(safe_text(field.path), f"{before} → {after}")]
        why = f"unknown: {safe_text(change.reason)}" if change.reason else ""
        panel.show(safe_text(one.name or one.id), facts, note=(why, "dim"))

    def _show(self, comparison: Comparison) -> None:
        self._comparison = comparison
        older, newer = comparison.older, comparison.newer
        self.query_one("#changes-title", Line).show(
            [
                (f" {older.start_time:%Y-%m-%d %H:%M} → {newer.start_time:%Y-%m-%d %H:%M}", ""),
                (f"  {older.scrape_id} → {newer.scrape_id}", "dim"),
            ]
        )
        self.table.show(ChangeRows(comparison.changes))
        self.table.say(
            Notice(title="no changes", lines=(f"{count(comparison.same)} are the same",))
        )
        self.show_status()
        self.on_row_table_moved()

    def _current(self) -> Change | None:
        row = self.table.cursor_row
        if self._comparison is None or row is None or row >= len(self._comparison.changes):
            return None
        return self._comparison.changes[row]
