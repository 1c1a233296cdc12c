"""What pane 5 looks like; `pytest --snapshot-update` after looking at the report."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from s3nav.tui.app import Cockpit
from s3nav.tui.widgets.fold_tree import FoldTree
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store
from tests.support.scrape_entries import two_days
from tests.tui.steps import app_of, both_sizes, status, until, until_shown

Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself."""
    monkeypatch.setattr(Input, "cursor_blink", False, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def cockpit() -> Cockpit:
    session = FakeSession(furnished_store())
    two_days(session.scrapes().store)
    return Cockpit(session, FakeCounting())


async def show_runs(pilot: Pilot[int]) -> None:
    await pilot.press("5")
    await until_shown(pilot, "2026-11-20 08:00")


async def show_resources(pilot: Pilot[int]) -> None:
    await show_runs(pilot)
    await pilot.press("enter")
    await until_shown(pilot, "i-00000004")
    tree = app_of(pilot).base.query_one("#queries", FoldTree)
    await until(pilot, lambda: len(tree.root.children) == 2)


async def show_changes(pilot: Pilot[int]) -> None:
    await show_runs(pilot)
    await pilot.press("c")
    await until(pilot, lambda: "2 added" in status(pilot))


async def show_days(pilot: Pilot[int]) -> None:
    await show_runs(pilot)
    await pilot.press("t")
    await until_shown(pilot, "2026-11-19")


@both_sizes
def test_runs(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(cockpit(), terminal_size=size, run_before=show_runs)


@both_sizes
def test_resources(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(cockpit(), terminal_size=size, run_before=show_resources)


@both_sizes
def test_changes(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(cockpit(), terminal_size=size, run_before=show_changes)


@both_sizes
def test_days(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(cockpit(), terminal_size=size, run_before=show_days)
