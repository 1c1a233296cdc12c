"""A clerk as the process that started it sees it: questions go out, replies come back."""

import itertools
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import s3nav
from s3nav.aws.list_workers.messages import READY, Line, Reply, WorkerSetup, pickled
from s3nav.model.ui_priority import UI_PRIORITY

logger = logging.getLogger(__name__)

SLICE_S = 0.25
"""How often whoever waits is asked whether it still should."""
SEND_S = 5.0
END_S = 2.0
SPARE_S = 10.0
NICE = 10
"""Of a clerk of a cockpit: a paint does not wait for a page."""
_COMMAND = (sys.executable, "-P", "-m", "s3nav.aws.list_workers.list_worker")
_ROOT = str(Path(s3nav.__file__).parents[1])


class _Slot:
    """Where the reply to one question goes."""

    __slots__ = ("came", "reply")

    def __init__(self) -> None:
        self.came = threading.Event()
        self.reply: bytearray | None = None
        """None while it has not come, and when it never will."""


class WorkerProcess:
    """One clerk. Any thread may ask. A clerk that is gone stays so."""

    def __init__(self, terms: WorkerSetup) -> None:
        """Start it. Raises OSError when that is not possible."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _start(theirs)
        except OSError:
            ours.close()
            raise
        self._line = Line(ours, send_s=SEND_S)
        self._slots: dict[int, _Slot] = {}
        self._numbers = itertools.count(READY + 1)
        self._is_ready = self._is_gone = False
        # Connect twice, be silent before the head and in the body, and do it again.
        self._patience_s = 2 * terms.deadlines.connect_s + 3 * terms.deadlines.read_s + SPARE_S
        self._listener = threading.Thread(
            target=self._listen, args=(terms,), name="s3nav-clerk-listener", daemon=True
        )
        self._listener.start()

    @property
    def can_be_asked(self) -> bool:
        """True from when it has loaded until it is gone."""
        return self._is_ready and not self._is_gone

    @property
    def under_way(self) -> int:
        """Questions without a reply."""
        return len(self._slots)

    def ask(self, question: bytes, waiting: Callable[[], None] | None) -> Reply:
        """The reply, waited for; None too when the clerk is gone. Raises what `waiting` raises."""
        number, slot = next(self._numbers), _Slot()
        self._slots[number] = slot
        try:
            if self._is_gone:
                return None
            self._line.send(number, question)
            self._await(slot, waiting)
        except OSError:
            self._line.close()
            return None
        finally:
            self._slots.pop(number, None)
        reply: Reply = None if slot.reply is None else pickle.loads(slot.reply)
        return reply

    def close(self) -> None:
        """End it, wherever it is. Calling it twice is fine."""
        self._line.close()
        self._listener.join(END_S)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)

    def _await(self, slot: _Slot, waiting: Callable[[], None] | None) -> None:
        until_s = time.monotonic() + self._patience_s
        while not slot.came.wait(SLICE_S):
            if waiting is not None:
                waiting()
            if time.monotonic() > until_s:
                logger.warning("a clerk does not answer", extra={"pid": self._process.pid})
                self._line.close()  # it ends, and the listener tells all who wait
                return

    def _listen(self, terms: WorkerSetup) -> None:
        try:
            self._line.send(READY, pickled(terms))
            while (told := self._line.receive()) is not None:
                number, reply = told
                if number == READY:
                    self._is_ready = True
                elif (slot := self._slots.get(number)) is not None:
                    slot.reply = reply
                    UI_PRIORITY.yield_to_ui()
                    slot.came.set()
        except OSError:
            pass  # it is gone, as at the end of its messages
        finally:
            self._is_gone = True
            for slot in list(self._slots.values()):
                slot.came.set()


def _start(theirs: socket.socket) -> "subprocess.Popen[bytes]":
    environment = dict(os.environ)
    known = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([_ROOT, known] if known else [_ROOT])
    # Threads wait for one another all the same; an arena for each would cost memory.
    environment.setdefault("MALLOC_ARENA_MAX", "1")
    process = subprocess.Popen(
        _COMMAND,
        stdin=theirs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        process_group=0,  # what a terminal sends to all is for the one that was started
    )
    if UI_PRIORITY.is_watched:
        with suppress(OSError):  # it may be gone already
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    return process
