"""Waits of threads: in slices, for a thread that may die; and for the UI, while a key is handled.

All threads share one interpreter lock, so background threads pause while the cockpit handles a key.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Condition, Thread
from typing import TypeVar

from s3nav.model.errors import S3NavError

T = TypeVar("T")
SLICE_S = 1.0
IDLE_S = 60.0
"""Longest wait of an idle thread in one call; new work wakes it at once."""
END_S = 600.0
"""Deadline for a thread that was asked to end, generous even for a slow machine."""
MAX_UI_WAIT_S = 0.05
"""Longest pause for the UI; background work then continues even if it has not released it."""


def join(thread: Thread, deadline_s: float = END_S) -> None:
    """Wait for a thread that was asked to end. Raises S3NavError when it does not."""
    thread.join(deadline_s)
    if thread.is_alive():
        raise S3NavError(f"the thread `{thread.name}` does not end", remedy="report this bug")


def check_alive(thread: Thread) -> None:
    """Raise S3NavError when a thread that others wait for has ended."""
    if not thread.is_alive():
        raise S3NavError(f"the thread `{thread.name}` has ended", remedy="report this bug")


def result_from(thread: Thread, done: "Future[T]") -> T:
    """Return the result of a thread's work.

    Raises what the work raised, and S3NavError when the thread has ended without a result.
    """
    while not done.done():
        try:
            return done.result(SLICE_S)
        except TimeoutError:  # this wait's, or one that the work raised: then raised again below
            if not thread.is_alive() and not done.done():
                check_alive(thread)
    return done.result(0)


def result_of(done: "Future[T]") -> T:
    """Return the result of a pool's work; a pool always completes its futures."""
    while not done.done():
        futures.wait({done}, SLICE_S)
    return done.result(0)


def ended(done: "Future[T]", deadline_s: float, what: str) -> T:
    """Return the result of work that was asked to end. Raises S3NavError when it does not."""
    futures.wait({done}, deadline_s)
    if not done.done():
        raise S3NavError(f"{what} does not end", remedy="report this bug")
    return done.result(0)


def as_they_end(running: "Iterable[Future[T]]") -> "Iterator[Future[T]]":
    """Yield futures of a pool as they complete."""
    pending = set(running)
    while pending:
        done, pending = futures.wait(pending, SLICE_S, futures.FIRST_COMPLETED)
        yield from done


def put(queue: "Queue[T]", item: T, taker: Thread) -> None:
    """Put an item into a thread's queue, waiting for space. Raises S3NavError if it has ended."""
    while True:
        try:
            queue.put(item, timeout=SLICE_S)
        except Full:
            check_alive(taker)
        else:
            return


def take(queue: "Queue[T]") -> T:
    """Wait for the next item without a deadline; the thread's owner ends it with a sentinel."""
    while True:
        try:
            return queue.get(timeout=IDLE_S)
        except Empty:
            continue


def wait_while(settled: Condition, runs: Callable[[], bool], timeout_s: float | None) -> bool:
    """Wait as long as it runs; False when the time is up."""
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    with settled:
        while runs():
            left_s = SLICE_S
            if deadline_s is not None:
                left_s = min(left_s, deadline_s - time.monotonic())
            if left_s <= 0:
                return False
            settled.wait(left_s)
    return True


class UiPriority:
    """The UI requests priority and releases it; background threads yield meanwhile. Thread-safe."""

    def __init__(
        self, *, max_wait_s: float = MAX_UI_WAIT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._free = threading.Event()
        self._free.set()
        self._until = 0.0
        self.is_watched = False
        """True while a cockpit runs: work that other processes can do should go to them."""

    def request(self) -> None:
        """Make background threads pause at their next `yield_to_ui`."""
        self._until = self._clock() + self._max_wait_s
        self._free.clear()

    def release(self) -> None:
        """Let background threads continue."""
        self._free.set()

    def yield_to_ui(self) -> None:
        """Pause while the UI has priority, at most `max_wait_s`; costs nothing otherwise."""
        if not self._free.is_set():
            left_s = self._until - self._clock()
            if left_s <= 0 or not self._free.wait(left_s):
                self._free.set()


UI_PRIORITY = UiPriority()
"""One for the process, like its interpreter lock. Only the cockpit requests priority."""
