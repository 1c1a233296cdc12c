"""What a start does not pay for."""

from collections import Counter
from collections.abc import Callable

import pytest
from textual.widgets import Input

from s3nav.tui.app import Cockpit
from s3nav.tui.panes.prices.price_fetch import SUGGESTED
from s3nav.tui.panes.prices.prices import PricesPane
from tests.tui.steps import until, until_shown

Make = Callable[[], Cockpit]


async def test_a_pane_is_styled_once_at_the_start_and_again_after_a_modal(
    cockpit: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: Counter[str] = Counter()
    original = PricesPane.notify_style_update

    def counted(pane: PricesPane) -> None:
        styled["prices"] += 1
        original(pane)

    monkeypatch.setattr(PricesPane, "notify_style_update", counted)
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "road-imagery-prod")
        assert styled["prices"] == 1

        await pilot.press("question_mark", "escape")
        await until(pilot, lambda: styled["prices"] == 2)


async def test_a_prompt_has_no_widgets_until_it_is_opened(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        assert not pilot.app.query(Input)

        await pilot.press("slash", "escape", "slash")

        assert len(pilot.app.query(Input)) == 1


async def test_keys_follow_the_text_that_a_prompt_is_first_opened_with(cockpit: Make) -> None:
    async with cockpit().run_test(size=(100, 30)) as pilot:
        await pilot.press("4", "d", "x")

        assert pilot.app.query_one(Input).value == f"{SUGGESTED}x"
