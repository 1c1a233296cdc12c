"""Start the worker processes, share them among listings, and choose one for each page."""

import contextlib
import ctypes
import logging
import os
import sys
import threading
from collections.abc import Callable

from msgspec.structs import replace

from s3nav.aws.http import Requester
from s3nav.aws.list_workers.messages import (
    BucketAccess,
    SentPage,
    WorkerRequest,
    WorkerSetup,
    pickled,
)
from s3nav.aws.list_workers.worker_process import WorkerProcess
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import KeyPage, ListRequest
from s3nav.model.waits import UI_PRIORITY

logger = logging.getLogger(__name__)

MAX_WORKERS = 7
_M_ARENA_MAX = -8
LEAD = 3
"""How many more requests than this process the idlest worker may have before a page is read here.

While this process parses a page it cannot send requests, so each worker needs some in advance."""
Read = Callable[[ListRequest], KeyPage]


def usual_number() -> int:
    """One worker less than the cores this process may use; 0 where workers cannot be started."""
    if os.name != "posix" or not sys.executable or getattr(sys, "frozen", False):
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return min(MAX_WORKERS, cores - 1)


class ListWorkers:
    """The workers of one store: started for the first reader, ended with the last."""

    def __init__(
        self, *, requester: Requester, read: Read, setup: WorkerSetup, number: int
    ) -> None:
        self._requester = requester
        self._read = read
        self._setup = setup
        self._number = number
        self._lock = threading.Lock()
        self._workers: list[WorkerProcess] = []
        self._users = 0
        self._local_pages = 0
        """Pages being read in this process."""
        self._access, self._digest = _LastPickled(), _LastPickled()

    def reader(self) -> "WorkerPageReader | None":
        """A reader of pages that uses the workers; None when there are none."""
        if not self._number:
            return None
        with self._lock:
            self._users += 1
            if not self._workers:
                self._workers = _start_workers(self._setup, self._number)
        return WorkerPageReader(self)

    @property
    def processes(self) -> int:
        """How many processes read now, including this one."""
        return 1 + sum(worker.is_available for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers, in the order in which they were started."""
        return [worker.pid for worker in self._workers]

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Read one page in the process with the fewest requests. Raises S3NavError."""
        worker = self._choose()
        if worker is not None:
            reply = worker.call(self._encode(request), request.waiting)
            if isinstance(reply, SentPage):
                return reply.page()
            if isinstance(reply, UnavailableError):
                raise reply
            # The worker is gone, or S3 refused: this process can renew keys and follow regions.
        return self._read_locally(request)

    def release(self) -> None:
        """Count one reader less; the last one ends the workers."""
        with self._lock:
            self._users -= 1
            is_last = not self._users
        if is_last:
            self.close()

    def close(self) -> None:
        """End the workers; readers go on in this process. Calling it twice is fine."""
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            worker.close()

    def _choose(self) -> WorkerProcess | None:
        """The worker for the next page; None for this process.

        This process also takes in the pages of all workers, so it reads fewer itself.
        """
        workers = [worker for worker in self._workers if worker.is_available]
        idlest = min(workers, key=lambda worker: worker.under_way, default=None)
        if idlest is None or UI_PRIORITY.is_watched:
            return idlest
        return None if idlest.under_way > self._local_pages + LEAD else idlest

    def _read_locally(self, request: ListRequest) -> KeyPage:
        with self._lock:
            self._local_pages += 1
        try:
            return self._read(request)
        finally:
            with self._lock:
                self._local_pages -= 1

    def _encode(self, request: ListRequest) -> bytes:
        bucket_endpoint, keys = (
            self._requester.bucket_endpoint(request.bucket),
            self._requester.keys(),
        )
        worker_request: WorkerRequest = (
            replace(request, waiting=None, digest=None),
            self._access.of(
                BucketAccess(
                    endpoint=bucket_endpoint.endpoint,
                    path_start=bucket_endpoint.path_start,
                    region=bucket_endpoint.region,
                    keys=keys,
                )
            ),
            b"" if request.digest is None else self._digest.of(request.digest),
        )
        return pickled(worker_request)


class _LastPickled:
    """Caches the last pickled value: the next value is usually the same."""

    def __init__(self) -> None:
        self._last: tuple[object, bytes] = (None, b"")

    def of(self, value: object) -> bytes:
        """The pickled value; pickles only when it differs from the last."""
        known, message = self._last
        if known is not value and known != value:
            message = pickled(value)
            self._last = (value, message)
        return message


class WorkerPageReader:
    """Implements the port ``PageReader``."""

    def __init__(self, workers: ListWorkers) -> None:
        self._workers = workers
        self._is_open = True

    @property
    def processes(self) -> int:
        """How many processes read now, including this one."""
        return self._workers.processes

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers, in the order in which they were started."""
        return self._workers.pids

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Read one page. Raises S3NavError."""
        return self._workers.list_keys(request)

    def close(self) -> None:
        """Stop using the workers. Calling it twice is fine."""
        if self._is_open:
            self._is_open = False
            self._workers.release()


def _start_workers(setup: WorkerSetup, number: int) -> list[WorkerProcess]:
    """Start up to `number` workers; after a failure, fewer or none."""
    _limit_arenas()
    workers: list[WorkerProcess] = []
    for _ in range(number):
        try:
            workers.append(WorkerProcess(setup))
        except OSError as error:
            logger.warning("cannot start a list worker: %s", error.strerror)
            break
    return workers


def _limit_arenas() -> None:
    """Let later threads share one malloc arena: glibc's arena for each thread takes 10 MB."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
