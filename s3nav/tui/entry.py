"""Open the cockpit for a session."""

import gc
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from s3nav.browse import count_buckets
from s3nav.model.errors import EXIT_INTERRUPTED, S3NavError
from s3nav.model.text.plain_messages import one_line
from s3nav.model.ui_priority import UI_PRIORITY
from s3nav.present.cockpit_opening import Opening
from s3nav.tui.app import Cockpit
from s3nav.tui.ports import CockpitSession

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SWITCH_S = 0.001
"""How long a thread that computes may keep the interpreter from the one that paints."""

FEW_AT_ONCE = (1_000, 5, 500)
"""Collect what paints leave behind often, a little each time: 50,000 at once take 40 ms."""


def run(session: CockpitSession, opening: Opening) -> int:
    """Show the cockpit until the user leaves it; returns the exit code. Raises S3NavError.

    A crash of any of its threads is an error, after the terminal is as it was.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*FEW_AT_ONCE)
    UI_PRIORITY.is_watched = True
    cockpit = Cockpit(session, count_buckets, opening)
    with _ended_by_signals(cockpit), _ended_by_crashes(cockpit):
        code = cockpit.run()
    if (crash := cockpit.leaving.crash) is not None:
        raise S3NavError(
            one_line(f"the cockpit ended with {type(crash).__name__}: {crash}"),
            remedy="this is a bug in s3nav; the log shows where",
        ) from crash
    return code if code is not None else cockpit.return_code or 0


@contextmanager
def _ended_by_signals(cockpit: Cockpit) -> Iterator[None]:
    """End the cockpit in good order when a signal would raise KeyboardInterrupt elsewhere."""
    before: dict[int, Callable[[int, FrameType | None], object]] = {}

    def leave(number: int, frame: FrameType | None) -> None:
        try:
            before[number](number, frame)
        except KeyboardInterrupt:
            if not cockpit.leaving.soon(EXIT_INTERRUPTED):
                raise

    for number in SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):
            before[number] = handler
            signal.signal(number, leave)
    try:
        yield
    finally:
        for caught, earlier in before.items():
            signal.signal(caught, earlier)


@contextmanager
def _ended_by_crashes(cockpit: Cockpit) -> Iterator[None]:
    """Let a crash of any thread end the cockpit: what it did would never come."""
    before = threading.excepthook

    def crashed(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None and ended.exc_type is not SystemExit:
            cockpit.leaving.crashed(ended.exc_value)

    threading.excepthook = crashed
    try:
        yield
    finally:
        threading.excepthook = before
