"""What pilot tests do and see again and again."""

from collections.abc import Callable

from textual.pilot import Pilot

from s3nav.tui.app import Cockpit
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table import RowTable

WAITS = 200


def app_of(pilot: Pilot[int]) -> Cockpit:
    app = pilot.app
    assert isinstance(app, Cockpit)
    return app


def table_lines(pilot: Pilot[int]) -> list[str]:
    table = app_of(pilot).pane.table
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def table_text(pilot: Pilot[int]) -> str:
    return "\n".join(table_lines(pilot))


def status(pilot: Pilot[int]) -> str:
    return app_of(pilot).pane.query_one(".status", Line).text


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Let the app work until something holds; the deadline is generous, never the point."""
    for _ in range(WAITS):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("waited in vain; on screen:\n" + table_text(pilot))


async def until_shown(pilot: Pilot[int], text: str) -> None:
    def shown() -> bool:
        found = app_of(pilot).pane.query(RowTable)
        return bool(found) and text in table_text(pilot)

    await until(pilot, shown)


async def enter_roads(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "road-imagery-prod")
    await pilot.press("G", "enter")
    await until_shown(pilot, "coryell/")
