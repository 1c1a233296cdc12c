"""The base of the overlays of scans: a title, a table, and a side panel."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from s3nav.browse import Scans
from s3nav.model.errors import S3NavError
from s3nav.present.formatting import Icons, Notice
from s3nav.tui.panes.buckets import NoRows
from s3nav.tui.panes.pane import Pane
from s3nav.tui.ports import CockpitSession
from s3nav.tui.widgets.facts import Facts
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable


class ScanOverlay(Pane):
    """An overlay that can be opened over another one; leaving it returns there."""

    is_markable = True

    def __init__(self, session: CockpitSession, icons: Icons, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._session = session
        self._icons = icons

    def compose(self) -> ComposeResult:
        """Title, table with a side, status, prompt."""
        title = Line()
        title.add_class("title")
        yield title
        with Horizontal():
            yield RowTable(NoRows(), markable=self.is_markable, icons=self._icons)
            side = Facts()
            side.add_class("side")
            yield side
        yield from self.foot()

    @property
    def _scans(self) -> Scans:
        return self._session.scans()

    @property
    def _size_style(self) -> str:
        return self._session.settings.size_format

    @property
    def _title(self) -> Line:
        return self.query_one(".title", Line)

    @property
    def _side(self) -> Facts:
        return self.query_one(".side", Facts)

    def close_overlay(self) -> bool:
        """See Pane; then this overlay itself."""
        return super().close_overlay() or self.leave()

    def _show_failure(self, error: S3NavError) -> None:
        """Show a problem in place of the rows."""
        self.table.show(NoRows())
        notice = self.problem_notice(error)
        back = "  esc goes back · ctrl+r retries"
        self.table.say(Notice(title=notice.title, lines=(*notice.lines, back), tone="bad"))
        self.set_status([])
