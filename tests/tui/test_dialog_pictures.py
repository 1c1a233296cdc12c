"""What dialogs look like; `pytest --snapshot-update` after looking at the report."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from s3nav.model.errors import AccessDeniedError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import S3Uri
from s3nav.model.text.quantities import GIB
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.modals.cost import CostModal
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store
from tests.tui.conftest import NOON
from tests.tui.steps import app_of, enter_roads, until, until_shown

Compare = Callable[..., bool]
SIZE = (80, 24)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself."""
    monkeypatch.setattr(Input, "cursor_blink", False, raising=False)
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def test_forgetting_question(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    session = FakeSession(furnished_store())
    monkeypatch.setattr("secrets.token_hex", lambda _: "00beef")
    session.counts.now = lambda: NOON - timedelta(hours=3)
    session.counts.count(S3Uri("road-imagery-prod"))

    async def steps(pilot: Pilot[int]) -> None:
        await until_shown(pilot, "road-imagery-prod")
        await pilot.press("G", "H")
        await until_shown(pilot, "2026-11-20")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmModal))

    assert snap_compare(Cockpit(session, FakeCounting()), terminal_size=SIZE, run_before=steps)


def test_problem(snap_compare: Compare) -> None:
    error = AccessDeniedError(
        "you may not read `s3://road-imagery-prod/coryell/`",
        remedy="`s3nav --headless buckets` lists those you may see",
        context={"operation": "ListObjectsV2", "bucket": "road-imagery-prod"},
    )

    async def steps(pilot: Pilot[int]) -> None:
        await enter_roads(pilot)
        app_of(pilot).pane.report(error)

    app = Cockpit(FakeSession(furnished_store()), FakeCounting())
    assert snap_compare(app, terminal_size=SIZE, run_before=steps)


def test_cost(snap_compare: Compare) -> None:
    session = FakeSession(furnished_store())
    session.queue.facts["backups-eu"] = [
        ObjectFact(key=f"{n}", size_bytes=GIB, storage_class="STANDARD_IA") for n in range(200)
    ]

    async def steps(pilot: Pilot[int]) -> None:
        await until_shown(pilot, "backups-eu")
        await pilot.press("dollar_sign")
        await until(pilot, lambda: isinstance(pilot.app.screen, CostModal))
        await until(pilot, lambda: "a month" in dialog(pilot))

    app = Cockpit(session, FakeCounting())
    assert snap_compare(app, terminal_size=(100, 28), run_before=steps)


def dialog(pilot: Pilot[int]) -> str:
    return "\n".join(str(each.content) for each in pilot.app.screen.query(Static))
