"""The terminal below the cockpit: whether it is still there, and its keys as they are read.

A key waits in a queue and for the interpreter lock before Textual handles it; background threads
give way from the moment it is read, which Textual's input thread is the first to know.

Textual's own input loop (`textual.drivers.linux_driver.LinuxDriver.run_input_thread`) decodes
strictly, and its parser raises for sequences such as ``ESC [ 1114112 u``: one byte that is not
UTF-8 ended the cockpit. Here input that makes no sense costs only itself.
"""

import asyncio
import codecs
import contextlib
import gc
import logging
import os
import re
import select
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from threading import Event as Flag
from types import FrameType

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.message import Message
from textual.worker import WorkerFailed

from s3nav.model.errors import EXIT_BUG, EXIT_INTERRUPTED
from s3nav.model.waits import UI_PRIORITY

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READ_BYTES = 4096
LOOK_EVERY_S = 0.1
"""How often the parser is asked whether an escape was a key of its own."""
NONSENSE = (ArithmeticError, LookupError, ValueError)
"""What the parser raises for numbers in a sequence that are too large, or are none."""
_BEFORE_ESCAPE = re.compile("(?=\x1b)")


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


class Leaving:
    """Leave the cockpit, from any thread or signal handler."""

    def __init__(self, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._is_leaving = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.crash: BaseException | None = None
        """What ended the cockpit, if it crashed."""

    def begin(self) -> None:
        """From now on it can be left; to be called in its event loop."""
        self._loop = asyncio.get_running_loop()

    def now(self, exit_code: int) -> None:
        """Leave; to be called in the event loop."""
        self._is_leaving = True
        self._leave(exit_code)

    def soon(self, exit_code: int) -> bool:
        """Leave at the next turn of the event loop; False when it does not run."""
        if self._loop is None or self._loop.is_closed():
            return False
        with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
            self._loop.call_soon_threadsafe(self.now, exit_code)
        return True

    def if_alone(self) -> None:
        """Leave without a terminal: what runs could be neither seen nor stopped."""
        if is_gone():
            self.soon(EXIT_INTERRUPTED)

    def crashed(self, error: BaseException) -> None:
        """A thread has ended by an unhandled error: log it, and leave."""
        if is_gone():
            self.soon(EXIT_INTERRUPTED)
            return
        cause = error.error if isinstance(error, WorkerFailed) else error
        if self._is_leaving or self.crash is not None:
            # Screens that were just being opened are taken down half made.
            logger.warning("an error while the cockpit is left", exc_info=cause)
            return
        logger.critical("bug in the cockpit", exc_info=cause)
        self.crash = cause
        self.soon(EXIT_BUG)


def driver_of(driver: type[Driver], crashed: Callable[[BaseException], None]) -> type[Driver]:
    """A driver that pauses background work as soon as a key is read, and survives odd input.

    `crashed` is called with the error that ended the input thread.
    """

    class CockpitDriver(driver):  # type: ignore[valid-type, misc]  # which one depends on the terminal
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Key):
                begin_key()
            super().process_message(message)

        def run_input_thread(self) -> None:
            try:
                for message in TerminalInput(self.fileno).messages(self.exit_event):
                    self.process_message(message)
            except Exception as error:  # noqa: BLE001  # the main function of a thread
                crashed(error)

    return CockpitDriver


class TerminalInput:
    """What is typed, as Textual's messages."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._parser = XTermParser()

    def messages(self, ended: Flag) -> Iterator[Message]:
        """Yield messages until `ended` is set or the terminal is closed. Raises OSError."""
        with selectors.SelectSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            while not ended.is_set():
                if selector.select(LOOK_EVERY_S):
                    content = os.read(self._descriptor, READ_BYTES)
                    if not content:
                        return
                    yield from self.parsed(content)
                yield from self._parser.tick()

    def parsed(self, content: bytes) -> Iterator[Message]:
        """Yield what these bytes mean; a part of a character or sequence waits for its rest."""
        # A sequence that the parser cannot read takes only what follows up to the next one.
        for piece in _BEFORE_ESCAPE.split(self._decode(content)):
            try:
                for message in self._parser.feed(piece) if piece else ():
                    if not _is_half_a_character(message):
                        yield message
            except NONSENSE as error:
                logger.info("input was left out", extra={"reason": str(error)})
                self._start_over()

    def _start_over(self) -> None:
        """A parser that has raised reads no more; the next one knows the terminal's size."""
        parser = XTermParser()
        parser.mouse_pixels = self._parser.mouse_pixels
        parser.terminal_size = self._parser.terminal_size
        parser.terminal_pixel_size = self._parser.terminal_pixel_size
        self._parser = parser


def _is_half_a_character(message: Message) -> bool:
    """True for a key that a terminal reports as a lone surrogate, which no text can hold."""
    text = message.character if isinstance(message, events.Key) else None
    return text is not None and any("\ud800" <= character <= "\udfff" for character in text)


@contextlib.contextmanager
def ended_by_signals(leaving: Leaving) -> Iterator[None]:
    """End the cockpit in good order when a signal would raise KeyboardInterrupt elsewhere."""
    before: dict[int, Callable[[int, FrameType | None], object]] = {}

    def leave(number: int, frame: FrameType | None) -> None:
        try:
            before[number](number, frame)
        except KeyboardInterrupt:
            if not leaving.soon(EXIT_INTERRUPTED):
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


@contextlib.contextmanager
def ended_by_crashes(leaving: Leaving) -> Iterator[None]:
    """Let a crash of any thread end the cockpit: what it did would never come."""
    before = threading.excepthook

    def crashed(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None and ended.exc_type is not SystemExit:
            leaving.crashed(ended.exc_value)

    threading.excepthook = crashed
    try:
        yield
    finally:
        threading.excepthook = before
