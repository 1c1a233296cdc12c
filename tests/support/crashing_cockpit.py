"""The cockpit in a terminal, with one of its threads broken: ``python -m … THREAD ARGUMENTS…``.

The key `?` crashes the UI thread, a worker or another thread; any key crashes the input thread.
"""

import sys
import threading
from collections.abc import Iterator
from threading import Event as Flag
from unittest.mock import patch

from textual.message import Message

from s3nav.__main__ import main
from s3nav.tui.app import Cockpit
from s3nav.tui.ask import ask
from s3nav.tui.terminal import TerminalInput


def crash() -> None:
    raise RuntimeError("this thread was broken\nby a test")


def crash_in_a_thread(_cockpit: Cockpit) -> None:
    threading.Thread(target=crash, name="s3nav-broken").start()


def crash_in_a_worker(cockpit: Cockpit) -> None:
    def fine(_answer: object) -> None:
        """It does not come."""

    ask(cockpit.pane, crash, fine, fine, group="broken")


def crash_in_ui(_cockpit: Cockpit) -> None:
    crash()


def crash_on_input(reading: TerminalInput, ended: Flag) -> Iterator[Message]:
    for message in messages(reading, ended):
        yield message
        if "Key" in type(message).__name__:
            crash()


HELP = {"ui": crash_in_ui, "worker": crash_in_a_worker, "thread": crash_in_a_thread}
messages = TerminalInput.messages

if __name__ == "__main__":
    broken = sys.argv.pop(1)
    with (
        patch.object(TerminalInput, "messages", crash_on_input if broken == "input" else messages),
        patch.object(Cockpit, "action_help", HELP.get(broken, Cockpit.action_help)),
    ):
        main()
