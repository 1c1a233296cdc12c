"""One worker process, seen from the process that started it: requests out, replies back."""

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
from s3nav.aws.http import Deadlines
from s3nav.aws.list_workers.messages import READY, MessageChannel, Reply, WorkerSetup, pickled
from s3nav.model.waits import UI_PRIORITY

logger = logging.getLogger(__name__)

SLICE_S = 0.25
"""How often a waiting caller checks whether it was cancelled."""
SEND_TIMEOUT_S = 5.0
EXIT_WAIT_S = 2.0
MARGIN_S = 10.0
NICE = 10
"""Niceness of workers of the cockpit: painting must not wait for parsing."""
COMMAND = (sys.executable, "-P", "-m", "s3nav.aws.list_workers.list_worker")
_ROOT = str(Path(s3nav.__file__).parents[1])


class _PendingReply:
    """The reply to one request, set by the listener thread."""

    __slots__ = ("arrived", "reply")

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.reply: bytearray | None = None
        """None until it arrives, and for ever if the worker is gone."""


class WorkerProcess:
    """One worker process. Any thread may call it. It is not restarted when it is gone."""

    def __init__(self, setup: WorkerSetup) -> None:
        """Start the process. Raises OSError when that fails."""
        own_end, worker_end = socket.socketpair()
        try:
            with worker_end:
                self._process = _start(worker_end)
        except OSError:
            own_end.close()
            raise
        self._channel = MessageChannel(own_end, send_s=SEND_TIMEOUT_S)
        self._pending: dict[int, _PendingReply] = {}
        self._numbers = itertools.count(READY + 1)
        self._is_ready = self._is_gone = False
        self._reply_timeout_s = reply_timeout_s(setup.deadlines)
        self._listener = threading.Thread(
            target=self._listen, args=(setup,), name="s3nav-list-worker-replies", daemon=True
        )
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_available(self) -> bool:
        """Whether it has loaded and is not gone."""
        return self._is_ready and not self._is_gone

    @property
    def under_way(self) -> int:
        """Requests without a reply."""
        return len(self._pending)

    def call(self, worker_request: bytes, waiting: Callable[[], None] | None) -> Reply:
        """Send a request and wait for its reply; None when the worker is gone.

        Raises what `waiting` raises.
        """
        number, pending = next(self._numbers), _PendingReply()
        self._pending[number] = pending
        try:
            if self._is_gone:
                return None
            self._channel.send(number, worker_request)
            self._wait(pending, waiting)
        except OSError:
            self._channel.close()
            return None
        finally:
            self._pending.pop(number, None)
        reply: Reply = None if pending.reply is None else pickle.loads(pending.reply)
        return reply

    def close(self) -> None:
        """End the process, if need be by force. Calling it twice is fine."""
        self._channel.close()
        self._listener.join(EXIT_WAIT_S)
        try:
            self._process.wait(EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(EXIT_WAIT_S)

    def _wait(self, pending: _PendingReply, waiting: Callable[[], None] | None) -> None:
        until_s = time.monotonic() + self._reply_timeout_s
        while not pending.arrived.wait(SLICE_S):
            if waiting is not None:
                waiting()
            if time.monotonic() > until_s:
                logger.warning("a list worker does not respond", extra={"pid": self.pid})
                self._channel.close()  # the process exits, and the listener wakes all waiters
                return

    def _listen(self, setup: WorkerSetup) -> None:
        try:
            self._channel.send(READY, pickled(setup))
            while (message := self._channel.receive()) is not None:
                number, reply = message
                if number == READY:
                    self._is_ready = True
                elif (pending := self._pending.get(number)) is not None:
                    pending.reply = reply
                    UI_PRIORITY.yield_to_ui()
                    pending.arrived.set()
        except OSError:
            pass  # the worker is gone, as after its last message
        finally:
            self._is_gone = True
            for pending in list(self._pending.values()):
                pending.arrived.set()


def reply_timeout_s(deadlines: Deadlines) -> float:
    """The longest request that is not stuck: two connection attempts and three silences."""
    return 2 * deadlines.connect_s + 3 * deadlines.read_s + MARGIN_S


def _start(worker_end: socket.socket) -> "subprocess.Popen[bytes]":
    environment = dict(os.environ)
    known = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join([_ROOT, known] if known else [_ROOT])
    # The threads take turns under the GIL, so an arena for each would only cost memory.
    environment.setdefault("MALLOC_ARENA_MAX", "1")
    process = subprocess.Popen(
        COMMAND,
        stdin=worker_end.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        process_group=0,  # Ctrl-C in a terminal signals its whole process group
    )
    if UI_PRIORITY.is_watched:
        with suppress(OSError):  # it may have exited already
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    return process
