"""Hand work to workers: parts of open files first, then the next objects, jobs in turn."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from s3nav.model.errors import S3NavError
from s3nav.model.events import JobState
from s3nav.model.objects import ByteRange, ObjectHead
from s3nav.transfer.items import Item
from s3nav.transfer.journal_rows import JobRow, PartRow
from s3nav.transfer.landing import Target
from s3nav.transfer.selection import Verification
from s3nav.transfer.turns import Turns

LOW_WATER = 1_000
"""Fewer ready items than this: read the next ones from the journal."""
IDLE_S = 0.5
SMALL_BYTES = 256 * 1024
"""Objects up to this size are taken several at once."""
AHEAD = 16
"""At most so many."""


@dataclass(slots=True, kw_only=True, eq=False)
class OpenFile:
    """A large object being fetched in parts; its fields belong to the schedule's lock."""

    item: Item
    descriptor: int
    spans: deque[ByteRange]
    """Parts nobody fetches yet."""
    remaining: int
    """Parts not written yet."""
    written: list[PartRow]
    head: ObjectHead | None = None
    """Of the newest answer; all answers have the same ETag."""
    in_flight: int = 0
    attempts: dict[int, int] = field(default_factory=dict)
    """Failed tries by the start of the part."""
    broken: S3NavError | None = None
    """Why the file is given up or started anew, once no worker is at it."""


@dataclass(slots=True, kw_only=True, eq=False)
class Work:
    """What one worker does next: a whole item, or one part of an open file."""

    run: "JobRun"
    item: Item
    file: OpenFile | None = None
    span: ByteRange | None = None

    @property
    def is_small(self) -> bool:
        """True when it may be taken with others of its kind."""
        return self.file is None and self.run.takes_small(self.item)


@dataclass(slots=True, kw_only=True, eq=False)
class JobRun:
    """A job being run; its fields belong to the schedule's lock unless said otherwise."""

    row: JobRow
    target: Target
    """The sealer's own view of the download directory."""
    worker_count: int
    total_files: int = 0
    total_bytes: int = 0
    skipped_files: int = 0
    skipped_bytes: int = 0
    earlier_files: int = 0
    """Done in earlier runs."""
    earlier_bytes: int = 0
    """On disk from earlier runs, durable parts included."""
    started_s: float = field(default_factory=time.monotonic)
    ready: deque[Item] = field(default_factory=deque)
    files: deque[OpenFile] = field(default_factory=deque)
    """Open files; those without waiting parts stay until they are finished."""
    delayed: list[tuple[float, int, Work]] = field(default_factory=list)
    """A heap by due time."""
    cursor: int = 0
    exhausted: bool = False
    fed: int = 0
    done: int = 0
    done_bytes: int = 0
    failed: int = 0
    in_flight: int = 0
    unsealed: int = 0
    retries: int = 0
    slow_downs: int = 0
    stop_state: JobState | None = None
    """The state to end in before all items are through."""
    problem: S3NavError | None = None
    waiting_for: "JobRun | None" = None
    """An earlier run of the same job that must end first."""
    ended: threading.Event = field(default_factory=threading.Event)
    fetched_bytes: list[int] = field(init=False)
    """Bytes that arrived, by worker; each worker alone writes its own."""

    def __post_init__(self) -> None:
        self.fetched_bytes = [0] * self.worker_count

    @property
    def job_number(self) -> int:
        """Of the journal."""
        return self.row.number

    @property
    def is_stopping(self) -> bool:
        """True when workers should drop what they do. Any thread may ask."""
        return self.stop_state is not None

    @property
    def is_through(self) -> bool:
        """True when every item has its end."""
        return self.exhausted and self.fed == self.done + self.failed

    def next_work(self) -> Work | None:
        """Take the next piece of work, if there is any."""
        if self.stop_state is not None:
            return None
        # Writers of one file wait for each other in the kernel: spread them over the open ones.
        file = min(
            (file for file in self.files if file.spans),
            key=lambda file: file.in_flight,
            default=None,
        )
        if file is not None:
            file.in_flight += 1
            return Work(run=self, item=file.item, file=file, span=file.spans.popleft())
        if self.ready:
            return Work(run=self, item=self.ready.popleft())
        return None

    def takes_small(self, item: Item) -> bool:
        """Whether an object may be fetched with others: it is written once and not read again."""
        is_plain = not item.codec and self.row.verify is not Verification.FULL
        return is_plain and item.size_bytes <= min(SMALL_BYTES, self.row.part_bytes)

    def small_ones(self, most: int) -> list[Work]:
        """Take small objects that wait in front, at most so many."""
        ready = self.ready
        works: list[Work] = []
        while len(works) < most and ready and self.takes_small(ready[0]):
            works.append(Work(run=self, item=ready.popleft()))
        return works


class Schedule:
    """The one lock of the engine, and who waits at it."""

    def __init__(self, workers: int) -> None:
        self.lock = threading.Lock()
        self._more = threading.Condition(self.lock)
        self.attention = threading.Event()
        """Set when the conductor has something to do."""
        self.active_workers = workers
        self._workers = workers
        self._runs = Turns[JobRun]()
        self._closed = False
        self._tie = 0
        self.on_quiet: Callable[[], None] = lambda: None
        """Called when a run has nothing in flight, without the lock."""

    def take(self, worker: int, finished: list[Work], *, ahead: int = 1) -> list[Work]:
        """Give the finished work back and wait for the next; nothing when it is time to end.

        Up to `ahead` small objects of one job come at once.
        """
        if finished:
            self._leave(finished[0].run, len(finished))
        with self._more:
            while not self._closed:
                if worker < self.active_workers:
                    work = self._next(ahead)
                    if work:
                        return work
                self._more.wait(IDLE_S)
        return []

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
        """A worker is through with its part; True when it must settle a broken file."""
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
        """An item was given up."""
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
        """Let so many work, and no more than them after a slow down."""
        with self._more:
            self._workers = self.active_workers = count
            self._more.notify_all()

    def slow_down(self, run: JobRun) -> None:
        """S3 asks for less: halve the workers at work."""
        with self.lock:
            run.slow_downs += 1
            self.active_workers = max(1, self.active_workers // 2)

    def speed_up(self) -> None:
        """Let one more worker work after a quiet time."""
        with self._more:
            if self.active_workers < self._workers:
                self.active_workers += 1
                self._more.notify()

    def close(self) -> None:
        """Send every worker home."""
        with self._more:
            self._closed = True
            self._more.notify_all()

    def _next(self, ahead: int) -> list[Work]:
        for run in self._runs.next():
            work = run.next_work()
            if work is not None:
                # The last objects are shared out: nobody sits on sixteen while others idle.
                share = min(ahead, 1 + len(run.ready) // (2 * self.active_workers))
                works = [work, *run.small_ones(share - 1)] if work.is_small else [work]
                run.in_flight += len(works)
                if len(run.ready) < LOW_WATER and not run.exhausted:
                    self.attention.set()
                return works
        return []

    def _leave(self, run: JobRun, count: int) -> None:
        with self.lock:
            run.in_flight -= count
            is_quiet = run.in_flight == 0
        if is_quiet and not run.ready:
            self.on_quiet()
        if is_quiet and (run.is_stopping or run.exhausted):
            self.attention.set()
