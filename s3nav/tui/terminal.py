"""The terminal below the cockpit: whether it is still there, and its keys as they are read.

A key waits in a queue and for the interpreter lock before Textual handles it; background threads
give way from the moment it is read, which Textual's input thread is the first to know.
"""

import gc
import select
import sys

from textual import events
from textual.driver import Driver
from textual.message import Message

from s3nav.model.waits import UI_PRIORITY


def is_gone() -> bool:
    """True when the window was closed or the connection dropped; False when that is not known."""
    try:
        watch = select.poll()
        watch.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]  # None is caught
        return any(happened & (select.POLLHUP | select.POLLNVAL) for _, happened in watch.poll(0))
    except (AttributeError, OSError, ValueError):
        return False


def begin_key() -> None:
    """A key was pressed: until it is painted, other threads and the collector pause."""
    UI_PRIORITY.request()
    gc.disable()


def end_key() -> None:
    """The key is painted: what paused continues."""
    UI_PRIORITY.release()
    gc.enable()


def with_ui_priority(driver: type[Driver]) -> type[Driver]:
    """A driver that pauses background work as soon as a key is read."""

    class WithUiPriority(driver):  # type: ignore[valid-type, misc]  # which one depends on the terminal
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Key):
                begin_key()
            super().process_message(message)

    return WithUiPriority
