"""`q` asks first when something would stop, and says what becomes of it."""

import threading
from collections.abc import Callable, Iterator, Mapping

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from s3nav.model.events import JobState
from s3nav.model.scrape_queries import Answer
from s3nav.pricing import PriceRequest
from s3nav.tui.app import Cockpit
from s3nav.tui.modals.confirm import ConfirmModal
from s3nav.tui.panes.prices.prices import PricesPane
from tests.support.fake_caller import ok
from tests.support.fake_session import FakeSession
from tests.tui.steps import app_of, enter_roads, settle, status, until, until_shown

Make = Callable[[], Cockpit]


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """What a held answer waits for; set at the end of the test in any case."""
    event = threading.Event()
    yield event
    event.set()


def question(pilot: Pilot[int]) -> str:
    """What the dialog says; empty when there is none."""
    screen = pilot.app.screen
    if not isinstance(screen, ConfirmModal):
        return ""
    return "\n".join(str(line.content) for line in screen.query(Static))


def answers_when(event: threading.Event) -> Callable[..., Answer]:
    def answer(_region: str, _parameters: Mapping[str, object], _call: int) -> Answer:
        assert event.wait(120)
        return ok({"QueueUrls": ["https://sqs/1/orders"]})

    return answer


async def test_a_download_that_is_still_listed_is_asked_about(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.listing = 120_000
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await enter_roads(pilot)
        await pilot.press("j", "s", "enter", "3")
        await until(pilot, lambda: "120,000 objects" in status(pilot))

        await pilot.press("q")

        assert "Still listing s3://road-imagery-prod/" in question(pilot)
        assert "nothing of it is kept" in question(pilot)
        await pilot.press("n")
        assert "listing" in status(pilot)
        await pilot.press("q", "y")
    assert pilot.app.return_code == 0


async def test_a_running_scrape_is_asked_about_and_goes_on(
    session: FakeSession, cockpit: Make, released: threading.Event
) -> None:
    session.caller.account = {"sqs": {"ListQueues": answers_when(released)}}
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await pilot.press("5", "n", *"sqs", "enter")
        await until_shown(pilot, "running")

        await pilot.press("q")

        assert "A scrape runs" in question(pilot)
        await pilot.press("n")
        released.set()
        await until_shown(pilot, "done")
        await pilot.press("q")
    assert pilot.app.return_code == 0


async def test_a_scrape_that_has_not_begun_is_asked_about(
    session: FakeSession, cockpit: Make, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.caller.account = {"sqs": {"ListQueues": answers_when(released)}}
    known = session.caller.caller
    monkeypatch.setattr(session.caller, "caller", lambda: released.wait(120) and known())
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await pilot.press("5", "n", *"sqs", "enter", "q")

        assert "A scrape is about to start" in question(pilot)
        await pilot.press("n")
        released.set()
        await until_shown(pilot, "done")


async def test_prices_being_fetched_are_asked_about(
    session: FakeSession, cockpit: Make, released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(_wish: PriceRequest, **_: object) -> list[object]:
        assert released.wait(120)
        return []

    monkeypatch.setattr(session.prices(), "download", download)
    async with cockpit().run_test(size=(80, 24)) as pilot:
        pane = app_of(pilot).base.query_one(PricesPane)
        await pilot.press("4", "d", "enter")
        await until(pilot, lambda: bool(pane.unfinished()))

        await pilot.press("q")

        assert "Prices are being fetched" in question(pilot)
        await pilot.press("n")
        released.set()
        await until(pilot, lambda: not pane.unfinished())


async def test_all_that_would_stop_is_named_in_one_question(
    session: FakeSession, cockpit: Make, released: threading.Event
) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING)
    session.caller.account = {"sqs": {"ListQueues": answers_when(released)}}
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app_of(pilot).bridge.running == 1)
        await pilot.press("5", "n", *"sqs", "enter")
        await until_shown(pilot, "running")

        await pilot.press("q")

        assert "1 job runs: it stops at a safe point" in question(pilot)
        assert "A scrape runs" in question(pilot)


async def test_another_question_is_not_mistaken_for_the_one_about_quitting(
    session: FakeSession, cockpit: Make
) -> None:
    session.queue.add("a", title="s3://b/p/", state=JobState.RUNNING)
    async with cockpit().run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app_of(pilot).bridge.running == 1)
        pilot.app.push_screen(ConfirmModal("forget?", ("a scan",), yes="forget"))
        await settle(pilot)

        app_of(pilot).action_ask_quit()
        await settle(pilot)

        assert pilot.app.return_code is None
        assert "1 job runs" in question(pilot)
