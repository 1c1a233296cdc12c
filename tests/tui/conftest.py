import gc
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot

from s3nav.tui.app import Cockpit
from s3nav.tui.panes.pane import Pane
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store
from tests.tui.idle import until_idle
from tests.tui.pictured import PICTURES
from tests.tui.steps import settle

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MANY_OBJECTS = 1_000_000
"""About thirty cockpits."""


@pytest.fixture
def session() -> FakeSession:
    return FakeSession(furnished_store())


@pytest.fixture
def counting() -> Iterator[FakeCounting]:
    counting = FakeCounting()
    yield counting
    counting.held.set()


@pytest.fixture
def cockpit(session: FakeSession, counting: FakeCounting) -> Callable[[], Cockpit]:
    return lambda: Cockpit(session, counting)


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pane, "now", lambda _: NOON)


class Frozen:
    """Each cockpit freezes what is loaded, itself with it; those that ended go when they are many.

    To find them the collector walks all that is loaded, which takes most of a second.
    """

    def __init__(self) -> None:
        self._kept = gc.get_freeze_count()

    def let_go(self) -> None:
        if gc.get_freeze_count() - self._kept > MANY_OBJECTS:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._kept = gc.get_freeze_count()


@pytest.fixture(scope="session")
def frozen() -> Frozen:
    return Frozen()


@pytest.fixture(autouse=True, scope="module")
def mortal_cockpits(frozen: Frozen) -> Iterator[None]:
    yield
    frozen.let_go()


@pytest.fixture(autouse=True)
def exact_idleness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and pauses of the pilot wait for the queues, not for a guess from CPU time."""
    for module in ("app", "pilot"):
        monkeypatch.setattr(f"textual.{module}.wait_for_idle", until_idle)


@pytest.fixture
def snap_compare(
    snap_compare: Callable[..., bool], request: pytest.FixtureRequest
) -> Callable[..., bool]:
    """A picture is taken when nothing moves any more, and shows what `PICTURES` says."""
    picture = f"{request.path.stem}/{request.node.name}"
    expected = {shown for shown, its_picture in PICTURES.items() if its_picture == picture}

    def compare(
        app: Cockpit,
        *,
        terminal_size: tuple[int, int],
        run_before: Callable[[Pilot[int]], Awaitable[None]],
    ) -> bool:
        async def settled(pilot: Pilot[int]) -> None:
            await run_before(pilot)
            await settle(pilot)
            on_screen = {type(app.screen), type(app.base), type(app.pane)}
            assert expected <= on_screen, f"{picture} shows {on_screen}"

        return snap_compare(app, terminal_size=terminal_size, run_before=settled)

    return compare
