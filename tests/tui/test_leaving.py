"""Errors of threads and screens, and the exit code they leave the cockpit with."""

import asyncio
import logging

import pytest

from s3nav.tui import terminal
from s3nav.tui.terminal import Leaving


@pytest.fixture(autouse=True)
def terminal_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "is_gone", lambda: False)


def levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.name == terminal.__name__]


async def test_the_first_crash_counts_and_errors_that_follow_it_are_warnings(
    caplog: pytest.LogCaptureFixture,
) -> None:
    codes: list[int] = []
    leaving = Leaving(codes.append)
    leaving.begin()
    first = RuntimeError("first")

    leaving.crashed(first)
    leaving.crashed(RuntimeError("a screen was taken down half made"))
    await asyncio.sleep(0)

    assert leaving.crash is first
    assert codes == [1]
    assert levels(caplog) == ["CRITICAL", "WARNING"]


async def test_an_error_while_the_cockpit_is_left_is_no_crash(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    codes: list[int] = []
    leaving = Leaving(codes.append)
    leaving.begin()

    leaving.now(0)
    leaving.crashed(RuntimeError("a screen was taken down half made"))
    await asyncio.sleep(0)

    assert leaving.crash is None
    assert codes == [0]
    assert levels(caplog) == ["WARNING"]
