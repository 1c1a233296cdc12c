from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from s3nav.tui.app import Cockpit
from s3nav.tui.panes.pane import Pane
from tests.support.fake_session import FakeCounting, FakeSession, furnished_store

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


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
