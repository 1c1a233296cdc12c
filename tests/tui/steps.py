"""What pilot tests do and see again and again."""

import asyncio
import html
import re
import time
from collections.abc import Callable

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from s3nav.tui.app import Cockpit
from s3nav.tui.panes.buckets.directory_lister import GROW_EVERY_DRAINS
from s3nav.tui.widgets.line import Line
from s3nav.tui.widgets.row_table.row_table import RowTable
from tests.support.tiers import rest_is_slow
from tests.tui.idle import until_idle, waits

both_sizes = pytest.mark.parametrize(
    "size", rest_is_slow([(80, 24), (120, 36)]), ids=["80x24", "120x36"]
)
"""Of the terminal, for pictures."""
DEADLINE_S = 60.0
NAP_S = 0.01


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


def notices(pilot: Pilot[int]) -> list[str]:
    """The texts of the notices on screen, oldest first."""
    return [str(toast.render()) for toast in pilot.app.screen.query(Toast)]


def painted(app: App[int] | App[None]) -> str:
    """The text that is on the terminal, which may be older than what widgets would render."""
    pieces = re.findall(r">([^<>]*)</text>", app.export_screenshot())
    return html.unescape("".join(pieces)).replace("\xa0", " ")


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Let the app work until something holds; the deadline is generous, never the point."""
    give_up = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < give_up, (
            "still waiting at the deadline; on screen:\n" + table_text(pilot)
        )
        await asyncio.sleep(NAP_S)
        await until_idle()


async def until_shown(pilot: Pilot[int], text: str) -> None:
    def shown() -> bool:
        found = app_of(pilot).pane.query(RowTable)
        return bool(found) and text in table_text(pilot)

    await until(pilot, shown)


async def settle(pilot: Pilot[int]) -> None:
    """Wait until the screen changes no more by itself: it may be pictured."""
    app = app_of(pilot)
    give_up = time.monotonic() + DEADLINE_S
    while pending := list(waits(app)):
        assert time.monotonic() < give_up, f"still pending at the deadline: {pending}"
        await asyncio.sleep(NAP_S)
        await until_idle()
    for _ in range(GROW_EVERY_DRAINS):
        app.drain()
    await until_idle()


async def enter_roads(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "road-imagery-prod")
    await pilot.press("G", "enter")
    await until_shown(pilot, "coryell/")
