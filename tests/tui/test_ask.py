"""Calls beside the UI end when their result is no longer wanted."""

import asyncio
import threading
import time

from textual.app import App
from textual.worker import WorkerState

from s3nav.tui.ask import ask, stop_if_unwanted
from tests.support.waiting import DEADLINE_S


async def test_a_call_that_is_no_longer_awaited_ends_at_its_next_check() -> None:
    began, ended = threading.Event(), threading.Event()
    answers: list[str] = []

    def first() -> str:
        began.set()
        try:
            until_s = time.monotonic() + DEADLINE_S
            while time.monotonic() < until_s:
                stop_if_unwanted()
                time.sleep(0.001)
        finally:
            ended.set()
        return "first"

    app: App[None] = App()
    async with app.run_test() as pilot:
        ask(app.screen, first, answers.append, lambda _: None, group="g")
        (worker,) = app.workers
        assert await asyncio.to_thread(began.wait, DEADLINE_S)

        ask(app.screen, lambda: "second", answers.append, lambda _: None, group="g")

        assert await asyncio.to_thread(ended.wait, DEADLINE_S)
        await pilot.pause()
    assert answers == []
    assert worker.state is WorkerState.CANCELLED
