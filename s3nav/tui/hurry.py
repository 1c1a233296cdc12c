"""Hear a key where it is read, in Textual's input thread: it has a queue and a lock to pass yet."""

import gc

from textual import events
from textual.driver import Driver
from textual.message import Message

from s3nav.model.courtesy import COURTESY


def begin() -> None:
    """A key was pressed: until its repaint nobody else computes, and nothing is collected."""
    COURTESY.ask()
    gc.disable()


def end() -> None:
    """It is painted: what had to wait goes on."""
    COURTESY.thank()
    gc.enable()


def hurried(driver: type[Driver]) -> type[Driver]:
    """A driver that has all who compute make way as soon as a key is read."""

    class Hurried(driver):  # type: ignore[valid-type, misc]  # which one depends on the terminal
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Key):
                begin()
            super().process_message(message)

    return Hurried
