"""Wait until a cockpit under test has nothing left to do.

After each key Textual's pilot guesses from CPU time whether the app is idle. That costs at least
40 ms of sleep, and the guess is wrong wherever other processes hold the cores: the next key comes
too early. The message queues know exactly.
"""

import asyncio
import time
from collections.abc import Iterator

from textual._context import active_app
from textual._queue import Queue
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets._toast import Toast

TURNS = 8
"""Of the event loop: a key takes some from the driver into the first queue."""
DEADLINE_S = 10.0
HELD_GROUPS = {"count", "upload"}
"""Workers that may wait for a test to let them go, or for a person to agree."""


async def until_idle(_min_sleep: float = 0.0, _max_sleep: float = 0.0) -> None:
    """Return when each message of the active app is handled and the screen is laid out."""
    app: App[int] = active_app.get()
    await _until_quiet(app)
    if app.screen_stack:
        app.screen._on_timer_update()  # may call what waited for the layout
    await _until_quiet(app)


async def _until_quiet(app: App[int]) -> None:
    """Let the event loop turn until no queue holds a message and no handler is under way.

    A handler may wait for something outside the app; then the deadline ends this.
    """
    give_up = time.monotonic() + DEADLINE_S
    while app._exception is None and time.monotonic() < give_up:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if not any(map(_has_work, _pumps(app))):
            return


def _pumps(app: App[int]) -> Iterator[MessagePump]:
    yield app
    for screen in app.screen_stack:
        yield from screen.walk_children(with_self=True)


def _has_work(pump: MessagePump) -> bool:
    """Whether it holds a message, or is not back yet from handling one."""
    queue: Queue[Message | None] = pump._message_queue
    waiting = len(queue.ready_event._waiters)
    return pump._running and not (queue.empty() and waiting > 0)


def waits(app: App[int]) -> Iterator[str]:
    """What will still change the screen by itself: timers that fire once, and workers.

    Notices leave after seconds, and held workers never end: neither is waited for.
    """
    for pump in _pumps(app):
        for timer in () if isinstance(pump, Toast) else pump._timers:
            if timer._repeat is not None and timer._task and not timer._task.done():
                yield f"timer of {pump}"
    for worker in app.workers:
        if worker.group not in HELD_GROUPS and not worker.is_finished:
            yield f"worker {worker}"
