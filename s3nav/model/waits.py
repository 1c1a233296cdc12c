"""Wait for other threads in slices: a wait ends when the other thread does, or at a deadline."""

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
"""Between two looks of a thread that waits for work: it is woken when some comes."""
END_S = 600.0
"""A thread that was asked to end has done so long before, on the slowest machine."""


def join(thread: Thread, deadline_s: float = END_S) -> None:
    """Wait for the end of a thread that was asked to end. Raises S3NavError when it goes on."""
    thread.join(deadline_s)
    if thread.is_alive():
        raise S3NavError(f"the thread `{thread.name}` does not end", remedy="report this bug")


def check_alive(thread: Thread) -> None:
    """Raise S3NavError when a thread that others wait for has ended."""
    if not thread.is_alive():
        raise S3NavError(f"the thread `{thread.name}` has ended", remedy="report this bug")


def result_from(thread: Thread, done: "Future[T]") -> T:
    """What a thread makes of its work. Raises what the work raised, S3NavError when it ended."""
    while not done.done():
        try:
            return done.result(SLICE_S)
        except TimeoutError:  # of this wait, or the work's own: then it is raised below
            if not thread.is_alive() and not done.done():
                check_alive(thread)
    return done.result(0)


def result_of(done: "Future[T]") -> T:
    """What the thread of a pool makes of its work: a pool passes on whatever ends it."""
    while not done.done():
        futures.wait({done}, SLICE_S)
    return done.result(0)


def ended(done: "Future[T]", deadline_s: float, what: str) -> T:
    """The result of what was asked to end. Raises S3NavError when it goes on."""
    futures.wait({done}, deadline_s)
    if not done.done():
        raise S3NavError(f"{what} does not end", remedy="report this bug")
    return done.result(0)


def as_they_end(running: "Iterable[Future[T]]") -> "Iterator[Future[T]]":
    """Yield the work of a pool as it ends, in no order."""
    pending = set(running)
    while pending:
        done, pending = futures.wait(pending, SLICE_S, futures.FIRST_COMPLETED)
        yield from done


def put(queue: "Queue[T]", item: T, taker: Thread) -> None:
    """Hand something to a thread, waiting for room. Raises S3NavError when the thread has ended."""
    while True:
        try:
            queue.put(item, timeout=SLICE_S)
        except Full:
            check_alive(taker)
        else:
            return


def take(queue: "Queue[T]") -> T:
    """What comes next, for a thread that has nothing else to do: its owner ends it by a word."""
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
