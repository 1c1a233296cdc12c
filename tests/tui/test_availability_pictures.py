"""What the calendar looks like; `pytest --snapshot-update` after looking at the report."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from s3nav.tui.app import Cockpit
from tests.support.dated_session import dated_session
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store
from tests.tui.steps import both_sizes, status, until, until_shown

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself."""
    monkeypatch.setattr(Input, "cursor_blink", False, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


async def show_empty(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "node-data")
    await pilot.press("a")
    await until_shown(pilot, "no dataset is defined")


async def show_days(pilot: Pilot[int]) -> None:
    await until_shown(pilot, "node-data")
    await pilot.press("a", "Z")
    await until(pilot, lambda: "3 counted" in status(pilot))


@both_sizes
def test_no_dataset(snap_compare: Compare, size: tuple[int, int]) -> None:
    cockpit = Cockpit(FakeSession(furnished_store()), FakeCounting())

    assert snap_compare(cockpit, terminal_size=size, run_before=show_empty)


@both_sizes
def test_days(snap_compare: Compare, size: tuple[int, int]) -> None:
    cockpit = Cockpit(dated_session(), FakeCounting())

    assert snap_compare(cockpit, terminal_size=size, run_before=show_days)
