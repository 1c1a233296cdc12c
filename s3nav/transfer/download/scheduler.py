"""Hand work to workers: parts of open files first, then the next objects, jobs in turn."""

import heapq
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from s3nav.model.errors import S3NavError
from s3nav.model.events import JobState
from s3nav.model.objects import ObjectHead
from s3nav.retries import ConcurrencyLimit
from s3nav.transfer.download.running_job import JobRun, OpenFile, SmallBatch, Work
from s3nav.transfer.journal import Item, PartRow

LOW_WATER = 1_000
"""Fewer ready items than this: read the next ones from the journal."""
IDLE_S = 0.5
AHEAD = 16
"""Small objects given to a worker at once."""
TURN = 256
"""Small objects a worker fetches before other jobs that wait for a worker get it."""
TOP_OF = 3
"""In one of this many turns the other jobs come before the top job."""


class Ranked(Protocol):
    """A job with a place in the queue."""

    @property
    def job_number(self) -> int:
        """The job's number in the journal."""
        ...


T = TypeVar("T", bound=Ranked)


class FairQueue(Generic[T]):
    """Running jobs in the order of the queue. The owner's lock guards it.

    A turn is what one free worker takes: a part of a large object, or some small objects. The top
    job gets two thirds of the turns, the others share the last third. A turn that a job cannot use
    goes to the next job.
    """

    def __init__(self) -> None:
        self._ranked: list[T] = []
        self._turn = 0
        self._other = 0

    def __len__(self) -> int:
        return len(self._ranked)

    def __iter__(self) -> Iterator[T]:
        return iter(self._ranked)

    def append(self, one: T) -> None:
        """Add one at the end."""
        self._ranked.append(one)

    def remove(self, one: T) -> None:
        """Raises ValueError when it is not there."""
        self._ranked.remove(one)

    def order(self, numbers: Sequence[int]) -> None:
        """Follow the queue: job numbers, highest first; those it does not name come last."""
        places = {number: place for place, number in enumerate(numbers)}
        self._ranked.sort(key=lambda one: places.get(one.job_number, len(places)))

    def next(self) -> Sequence[T]:
        """The jobs in the order in which to look for work now."""
        if len(self._ranked) < 2:
            return self._ranked
        self._turn = (self._turn + 1) % TOP_OF
        top, others = self._ranked[0], self._ranked[1:]
        if self._turn:
            return [top, *others[self._other % len(others) :], *others[: self._other % len(others)]]
        start = self._other % len(others)
        self._other = start + 1
        return [*others[start:], *others[:start], top]


class Scheduler:
    """Gives work to waiting workers; holds the one lock of the engine."""

    def __init__(self, workers: int) -> None:
        self.lock = threading.Lock()
        self._more = threading.Condition(self.lock)
        self.attention = threading.Event()
        """Set when the conductor has something to do."""
        self._limit = ConcurrencyLimit(workers)
        self.active_workers = workers
        """The limit as a number, which every request for work compares."""
        self._runs = FairQueue[JobRun]()
        self._closed = False
        self._idle = 0
        """Workers that wait for work."""
        self._tie = 0
        self.on_quiet: Callable[[], None] = lambda: None
        """Called when a run has nothing in flight, without the lock."""

    def take(
        self, worker: int, finished: Work | SmallBatch | None, *, with_small: bool
    ) -> Work | SmallBatch | None:
        """Give the finished work back and wait for the next; None when it is time to end.

        Without `with_small`, small objects are work like others.
        """
        if isinstance(finished, SmallBatch):
            self._end_turn(finished)
        elif finished is not None:
            self._leave(finished.run, 1)
        with self._more:
            while not self._closed:
                if worker < self.active_workers:
                    work = self._next(with_small=with_small)
                    if work is not None:
                        return work
                self._idle += 1
                self._more.wait(IDLE_S)
                self._idle -= 1
        return None

    def more_small(
        self, worker: int, turn: SmallBatch, finished: int, *, most: int = AHEAD
    ) -> list[Item]:
        """Report `finished` objects of a batch and take the next; none when the turn is over."""
        run = turn.run
        with self.lock:
            items: list[Item] = []
            if run.stop_state is None and not self._closed and self._may_go_on(worker, turn):
                items = run.small_ones(most)
            turn.taken += len(items)
            run.in_flight += len(items) - finished
            is_quiet = run.in_flight == 0
            if len(run.ready) < LOW_WATER and not run.exhausted:
                self.attention.set()
        if is_quiet:
            self._quieten(run)
        return items

    def share_small(self, run: JobRun, *, waits: bool) -> int:
        """How many small objects each turn may have under way.

        `waits`: the calling worker mostly waits for the network, so more workers may help.
        """
        with self._more:
            most = self.active_workers if waits else 1
            if most > run.small_most:
                self._more.notify_all()
            run.small_most = most
            return AHEAD * max(1, self.active_workers // max(1, run.small_turns))

    def add(self, run: JobRun) -> None:
        """Let workers see a run."""
        with self._more:
            self._runs.append(run)
            self._more.notify_all()
        self.attention.set()

    def remove(self, run: JobRun) -> bool:
        """Forget a run that has ended; False when that was done before."""
        with self.lock:
            if run not in self._runs:
                return False
            self._runs.remove(run)
            return True

    def order(self, numbers: Sequence[int]) -> None:
        """Follow the order of the queue: job numbers, highest first."""
        with self.lock:
            self._runs.order(numbers)

    def runs(self) -> list[JobRun]:
        """All runs that have not ended."""
        with self.lock:
            return list(self._runs)

    def feed(self, run: JobRun, items: list[Item], *, exhausted: bool) -> None:
        """Add items read from the journal."""
        with self._more:
            run.ready.extend(items)
            run.fed += len(items)
            run.exhausted = exhausted
            if items:
                run.cursor = items[-1].number
                self._more.notify_all()

    def open_file(self, run: JobRun, file: OpenFile) -> None:
        """Offer the parts of a large file to all workers."""
        with self._more:
            run.files.append(file)
            self._more.notify_all()

    def part_written(self, file: OpenFile, part: PartRow, head: ObjectHead) -> bool:
        """Note that a part's bytes are in the file; True for the one that completes it."""
        with self.lock:
            file.written.append(part)
            file.head = head
            file.remaining -= 1
            return file.remaining == 0 and file.broken is None

    def break_file(self, file: OpenFile, error: S3NavError) -> None:
        """Let no worker start another part; the first error counts."""
        with self.lock:
            if file.broken is None:
                file.broken = error
            file.spans.clear()

    def leave_file(self, run: JobRun, file: OpenFile) -> bool:
        """A worker is through with its part; True when it must end a broken file."""
        with self.lock:
            file.in_flight -= 1
            if file.broken is None or file.in_flight > 0 or file not in run.files:
                return False
            run.files.remove(file)
            return True

    def close_file(self, run: JobRun, file: OpenFile) -> None:
        """A file is complete: no part of it is left to hand out."""
        with self.lock:
            run.files.remove(file)

    def requeue(self, run: JobRun, item: Item) -> None:
        """Put an item in front again."""
        with self._more:
            run.ready.appendleft(item)
            self._more.notify()

    def count_failed(self, run: JobRun) -> None:
        """Count an item that failed."""
        with self.lock:
            run.failed += 1
        self.attention.set()

    def retry(self, work: Work, due_s: float) -> None:
        """Do the work again after `due_s` (monotonic)."""
        with self.lock:
            self._tie += 1
            heapq.heappush(work.run.delayed, (due_s, self._tie, work))
            work.run.retries += 1
        self.attention.set()

    def wake_due(self, run: JobRun, now_s: float) -> float | None:
        """Put due retries back in front; returns when the next one is due."""
        with self._more:
            while run.delayed and run.delayed[0][0] <= now_s:
                _, _, work = heapq.heappop(run.delayed)
                if work.file is None:
                    run.ready.appendleft(work.item)
                elif work.span is not None and work.file.broken is None:
                    work.file.spans.appendleft(work.span)
                self._more.notify()
            return run.delayed[0][0] if run.delayed else None

    def stop(self, run: JobRun, state: JobState, problem: S3NavError | None = None) -> bool:
        """Ask a run to end in `state`; False when it is ending already."""
        with self.lock:
            if run.stop_state is not None or run.ended.is_set():
                return False
            run.stop_state, run.problem = state, problem
        self.attention.set()
        return True

    def set_workers(self, count: int) -> None:
        """Let `count` workers work; after a slow down, no more than these."""
        with self._more:
            self._limit, self.active_workers = ConcurrencyLimit(count), count
            self._more.notify_all()

    def slow_down(self, run: JobRun) -> None:
        """S3 asks for less: halve the workers at work."""
        with self.lock:
            run.slow_downs += 1
            self._limit.refused(self._limit.cuts)
            self.active_workers = int(self._limit.limit)

    def speed_up(self) -> None:
        """Let one more worker work after a quiet time."""
        with self._more:
            if self.active_workers < self._limit.most:
                self._limit.round_ended()
                self.active_workers = int(self._limit.limit)
                self._more.notify()

    def close(self) -> None:
        """Let every worker end."""
        with self._more:
            self._closed = True
            self._more.notify_all()

    def _next(self, *, with_small: bool) -> Work | SmallBatch | None:
        for run in self._runs.next():
            work = run.next_work(with_small=with_small)
            if work is not None:
                if isinstance(work, Work):
                    run.in_flight += 1
                if len(run.ready) < LOW_WATER and not run.exhausted:
                    self.attention.set()
                return work
        return None

    def _may_go_on(self, worker: int, turn: SmallBatch) -> bool:
        """False when the worker should do other work."""
        run = turn.run
        if worker >= self.active_workers or run.small_turns > run.small_most:
            return False
        is_needed = len(self._runs) > 1 or any(file.spans for file in run.files)
        return not (is_needed and self._idle == 0 and turn.taken >= TURN)

    def _end_turn(self, turn: SmallBatch) -> None:
        with self._more:
            turn.run.small_turns -= 1
            if turn.run.ready:
                self._more.notify()

    def _leave(self, run: JobRun, count: int) -> None:
        with self.lock:
            run.in_flight -= count
            is_quiet = run.in_flight == 0
        if is_quiet:
            self._quieten(run)

    def _quieten(self, run: JobRun) -> None:
        """Nothing of a run is in flight."""
        if not run.ready:
            self.on_quiet()
        if run.is_stopping or run.exhausted:
            self.attention.set()
