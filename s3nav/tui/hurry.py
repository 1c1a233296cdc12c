"""Hear a key where it is read, in Textual's input thread: it has a queue and a lock to pass yet."""

from textual import events
from textual.driver import Driver
from textual.message import Message

from s3nav.model.courtesy import COURTESY


def hurried(driver: type[Driver]) -> type[Driver]:
    """A driver that has all who compute make way as soon as a key is read."""

    class Hurried(driver):  # type: ignore[valid-type, misc]  # which one depends on the terminal
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Key):
                COURTESY.ask()
            super().process_message(message)

    return Hurried
