"""Read pages of listings in several processes: one interpreter lock lets only one core work."""

import contextlib
import ctypes
import logging
import os
import sys
import threading
from collections.abc import Callable

from msgspec.structs import replace

from s3nav.aws.http import Requester
from s3nav.aws.list_workers.messages import Question, SentPage, Way, WorkerSetup, pickled
from s3nav.aws.list_workers.worker_process import WorkerProcess
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import KeyPage, ListRequest
from s3nav.model.ui_priority import UI_PRIORITY

logger = logging.getLogger(__name__)

MOST = 7
_M_ARENA_MAX = -8
LEAD = 3
"""Pages that clerks are asked for before one is read here: what this process says to a clerk waits
for its own reading, and no clerk should wait for that."""
Read = Callable[[ListRequest], KeyPage]


def usual_number() -> int:
    """One clerk for each core that this process may use, but one; none where none can be."""
    if os.name != "posix" or not sys.executable or getattr(sys, "frozen", False):
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(MOST, cores - 1)


class ListWorkers:
    """The clerks of one store: there while somebody has them, shared by all who do."""

    def __init__(
        self, *, requester: Requester, read: Read, terms: WorkerSetup, number: int
    ) -> None:
        self._requester = requester
        self._read = read
        self._terms = terms
        self._number = number
        self._lock = threading.Lock()
        self._clerks: list[WorkerProcess] = []
        self._users = 0
        self._here = 0
        """Pages that are read in this process just now."""
        self._way, self._digest = _Pickled(), _Pickled()

    def reader(self) -> "WorkerPageReader | None":
        """The right to ask them, who are started for the first; None when there are none."""
        if not self._number:
            return None
        with self._lock:
            self._users += 1
            if not self._clerks:
                self._clerks = _started(self._terms, self._number)
        return WorkerPageReader(self)

    @property
    def processes(self) -> int:
        """How many read just now, this one included."""
        return 1 + sum(clerk.can_be_asked for clerk in self._clerks)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page, read by whoever has least to do. Raises S3NavError."""
        clerk = self._choose()
        if clerk is not None:
            reply = clerk.ask(self._question(request), request.waiting)
            if isinstance(reply, SentPage):
                return reply.page()
            if isinstance(reply, UnavailableError):
                raise reply
            # The clerk is gone, or was refused: keys and places are known better here.
        return self._read_here(request)

    def let_go(self) -> None:
        """One reader less; the clerks go with the last."""
        with self._lock:
            self._users -= 1
            is_last = not self._users
        if is_last:
            self.close()

    def close(self) -> None:
        """End the clerks, whoever has them: their pages are read here. Twice is fine."""
        with self._lock:
            clerks, self._clerks = self._clerks, []
        for clerk in clerks:
            clerk.close()

    def _choose(self) -> WorkerProcess | None:
        """None for this process: it has the pages of all to take in, and so reads less."""
        clerks = [clerk for clerk in self._clerks if clerk.can_be_asked]
        idlest = min(clerks, key=lambda clerk: clerk.under_way, default=None)
        if idlest is None or UI_PRIORITY.is_watched:
            return idlest
        return None if idlest.under_way > self._here + LEAD else idlest

    def _read_here(self, request: ListRequest) -> KeyPage:
        with self._lock:
            self._here += 1
        try:
            return self._read(request)
        finally:
            with self._lock:
                self._here -= 1

    def _question(self, request: ListRequest) -> bytes:
        place, keys = self._requester.bucket_endpoint(request.bucket), self._requester.keys()
        question: Question = (
            replace(request, waiting=None, digest=None),
            self._way.of(
                Way(
                    endpoint=place.endpoint,
                    path_start=place.path_start,
                    region=place.region,
                    keys=keys,
                )
            ),
            b"" if request.digest is None else self._digest.of(request.digest),
        )
        return pickled(question)


class _Pickled:
    """What was sent last, as a message: the next is mostly the same."""

    def __init__(self) -> None:
        self._made: tuple[object, bytes] = (None, b"")

    def of(self, value: object) -> bytes:
        """Pickled anew when it is another."""
        known, message = self._made
        if known is not value and known != value:
            message = pickled(value)
            self._made = (value, message)
        return message


class WorkerPageReader:
    """The port ``PageReader``."""

    def __init__(self, clerks: ListWorkers) -> None:
        self._clerks = clerks
        self._is_open = True

    @property
    def processes(self) -> int:
        """How many read just now, this one included."""
        return self._clerks.processes

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page. Raises S3NavError."""
        return self._clerks.list_keys(request)

    def close(self) -> None:
        """Nobody reads any more. Calling it twice is fine."""
        if self._is_open:
            self._is_open = False
            self._clerks.let_go()


def _started(terms: WorkerSetup, number: int) -> list[WorkerProcess]:
    """As many as can be: without any, this process reads alone."""
    _share_arenas()
    clerks: list[WorkerProcess] = []
    for _ in range(number):
        try:
            clerks.append(WorkerProcess(terms))
        except OSError as error:
            logger.warning("no clerk: %s", error.strerror)
            break
    return clerks


def _share_arenas() -> None:
    """Let threads to come share what malloc keeps back: an arena each takes 10 MB (glibc alone)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
