"""A job that is being run: counters, what waits to be fetched, what is open, what was stored."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from s3nav.model.errors import LocalDiskError, S3NavError
from s3nav.model.events import MEASURED_S, JobProgress, JobState
from s3nav.model.objects import ByteRange, ObjectHead
from s3nav.model.text.plain_messages import command
from s3nav.transfer.journal import (
    DONE,
    SKIPPED,
    Item,
    JobRow,
    Journal,
    PartRow,
    Verification,
)
from s3nav.transfer.local_files import TARGET_LOST, Target, TemporaryFile

SMALL_BYTES = 256 * 1024
"""Objects up to this size are fetched many at once by one worker."""
WINDOW_S = 5.0
"""The rate is measured over this window."""

CHECK_WINDOW = 2_000
"""Files looked for at once: other jobs and key presses wait for no more."""


class OpenFile(msgspec.Struct, kw_only=True, eq=False):
    """A large object being fetched in parts; its fields belong to the schedule's lock."""

    item: Item
    temporary: TemporaryFile
    spans: deque[ByteRange]
    """Parts that no worker fetches yet."""
    remaining: int
    """Parts not written yet."""
    written: list[PartRow]
    head: ObjectHead | None = None
    """Of the newest answer; all answers have the same ETag."""
    in_flight: int = 0
    attempts: dict[int, int] = msgspec.field(default_factory=dict)
    """Failed tries by the start of the part."""
    broken: S3NavError | None = None
    """Why the file fails or starts again, once no worker writes to it."""


class Work(msgspec.Struct, kw_only=True, eq=False):
    """The next task of a worker: a whole item, or one part of an open file."""

    run: "JobRun"
    item: Item
    file: OpenFile | None = None
    span: ByteRange | None = None


class SmallBatch(msgspec.Struct, kw_only=True, eq=False):
    """One worker fetches small objects of a run, until `Scheduler.more_small` has no more."""

    run: "JobRun"
    taken: int = 0


class FinishedCheck:
    """Looks for the finished files of a job, a window at a time; those gone are to be fetched.

    The journal says what was stored. It cannot know that a disk was unmounted since, or that
    somebody emptied the target or moved a directory away.
    """

    def __init__(self, journal: Journal, row: JobRow, target: Target) -> None:
        self._journal = journal
        self._row = row
        self._target = target
        self._after = 0
        self.lost = 0
        """Files that are gone or of another size."""

    def step(self) -> bool:
        """Look for the next files; False when there are no more. Raises LocalDiskError."""
        items = self._window()
        lost = [item.number for item in items if not self._target.stores(item)]
        if lost:
            self._journal.targets.reopen(lost)
            self.lost += len(lost)
        return len(items) == CHECK_WINDOW

    def finds_any(self) -> bool:
        """True when some file among the first ones is there. Raises LocalDiskError."""
        return any(self._target.stores(item) for item in self._window())

    def _window(self) -> list[Item]:
        items = self._journal.targets.finished(
            self._row.number, after=self._after, limit=CHECK_WINDOW
        )
        if items:
            self._after = items[-1].number
        return items


@dataclass(slots=True, kw_only=True, eq=False)
class JobRun:
    """A job being run; its fields belong to the schedule's lock unless said otherwise."""

    row: JobRow
    target: Target
    """The committer's own view of the download directory."""
    worker_count: int
    total_files: int = 0
    total_bytes: int = 0
    skipped_files: int = 0
    skipped_bytes: int = 0
    earlier_files: int = 0
    """Done in earlier runs."""
    earlier_bytes: int = 0
    """On disk from earlier runs, durable parts included."""
    lost_files: int = 0
    """Finished in earlier runs and gone since: fetched again."""
    check: FinishedCheck | None = None
    """Of the files of earlier runs; until it is through, nothing is fetched."""
    is_resumed: bool = False
    """An earlier run may have left whole files under their temporary names."""
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
    small_turns: int = 0
    """Workers that fetch small objects."""
    small_most: int = 1
    """Most workers that may: 1 unless the network is the bottleneck; more contend for the GIL."""
    uncommitted: int = 0
    retries: int = 0
    slow_downs: int = 0
    stop_state: JobState | None = None
    """The state to end in before all items are through."""
    problem: S3NavError | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    fetched_bytes: list[int] = field(init=False)
    """Bytes that arrived, by worker; each worker alone writes its own."""

    def __post_init__(self) -> None:
        self.fetched_bytes = [0] * self.worker_count

    def count_earlier(self, journal: Journal) -> None:
        """Count what earlier runs have left, before anything of this run is fetched."""
        counts = journal.counts(self.row.number)
        self.skipped_files = counts.files.get(SKIPPED, 0)
        self.skipped_bytes = counts.bytes.get(SKIPPED, 0)
        self.earlier_files = counts.files.get(DONE, 0)
        recorded_bytes = journal.recorded_bytes(self.row.number)
        self.earlier_bytes = counts.bytes.get(DONE, 0) + recorded_bytes

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

    def next_work(self, *, with_small: bool) -> Work | SmallBatch | None:
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
        if not self.ready:
            return None
        if with_small and self.takes_small(self.ready[0]):
            if self.small_turns >= self.small_most:
                return None
            self.small_turns += 1
            return SmallBatch(run=self)
        return Work(run=self, item=self.ready.popleft())

    def takes_small(self, item: Item) -> bool:
        """Whether an object may be fetched with others: it is written once and not read again."""
        is_full = self.row.verify is Verification.FULL
        is_plain = not (item.codec or item.version_id or is_full)
        return is_plain and item.size_bytes <= min(SMALL_BYTES, self.row.part_bytes)

    def small_ones(self, most: int) -> list[Item]:
        """Take at most `most` small objects from the front of the queue."""
        ready = self.ready
        items: list[Item] = []
        while len(items) < most and ready and self.takes_small(ready[0]):
            items.append(ready.popleft())
        return items


class RateMeter:
    """Measures how fast a count of bytes grows; used by one thread."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, now_s: float, count_bytes: int) -> tuple[float, float]:
        """Bytes per second, and over how many seconds they were measured."""
        self._samples.append((now_s, count_bytes))
        while len(self._samples) > 2 and self._samples[0][0] < now_s - WINDOW_S:
            self._samples.popleft()
        since_s, since_bytes = self._samples[0]
        span_s = now_s - since_s
        return (max(0.0, (count_bytes - since_bytes) / span_s) if span_s > 0 else 0.0), span_s


class Meter:
    """Measures the progress of one run; used by one thread."""

    def __init__(self) -> None:
        self._rate = RateMeter()

    def sample(self, run: JobRun, *, state: JobState, workers: int, now_s: float) -> JobProgress:
        """The newest progress of a run."""
        fetched = sum(run.fetched_bytes)
        rate, span_s = self._rate.sample(now_s, fetched)
        on_disk = run.earlier_bytes + fetched
        left = max(0, run.total_bytes - run.skipped_bytes - on_disk)
        return JobProgress(
            job_id=run.row.record.job_id,
            state=state,
            total_files=run.total_files,
            total_bytes=run.total_bytes,
            done_files=run.earlier_files + run.done,
            earlier_files=run.earlier_files,
            done_bytes=on_disk,
            skipped_files=run.skipped_files,
            skipped_bytes=run.skipped_bytes,
            failed_files=run.failed,
            lost_files=run.lost_files,
            bytes_per_s=rate,
            eta_s=time_left_s(left, rate, span_s),
            workers=min(workers, run.in_flight),
            retries=run.retries,
            slow_downs=run.slow_downs,
            elapsed_s=now_s - run.started_s,
        )


def time_left_s(left_bytes: int, bytes_per_s: float, measured_s: float) -> float | None:
    """Seconds until the rest is done at that rate; None until the rate was measured long enough."""
    is_measured = measured_s >= MEASURED_S and bytes_per_s > 0
    return left_bytes / bytes_per_s if is_measured else None


def open_target(journal: Journal, row: JobRow) -> tuple[Target, int]:
    """The directory of a job, and how many files are fetched again because it was removed.

    Raises LocalDiskError when another directory is in its place, as when a disk is not mounted.
    """
    root = row.record.target
    is_gone = not root.is_dir()
    if is_gone and row.target_id and not _was_on_this_disk(root, row.target_id):
        raise _other_directory(row, "the disk it was on is not mounted")
    target = Target(root, row.record.job_id)
    lost, is_open = 0, False
    try:
        if is_gone:
            lost = journal.targets.reopen_all(row.number)
        elif row.target_id not in {"", target.identity} and not _is_same(journal, row, target):
            raise _other_directory(row, "it is not the directory that the job wrote to")
        journal.targets.record(row.number, root, target.identity, is_fresh=is_gone)
        is_open = True
    finally:
        if not is_open:
            target.close()
    return target, lost


def _was_on_this_disk(root: Path, target_id: str) -> bool:
    above = next((place for place in root.parents if place.is_dir()), Path("/"))
    return target_id.partition(":")[0] == str(above.stat().st_dev)


def _is_same(journal: Journal, row: JobRow, target: Target) -> bool:
    """Whether a directory of another device or inode is the one of the job all the same.

    Disks get other device numbers when they are mounted again, and some file systems number their
    directories anew: so a file that the job has stored is proof, or the inode if it has none.
    """
    if FinishedCheck(journal, row, target).finds_any():
        return True
    has_finished = journal.counts(row.number).files.get(DONE, 0) > 0
    return not has_finished and row.target_id.partition(":")[2] == target.identity.partition(":")[2]


def _other_directory(row: JobRow, why: str) -> LocalDiskError:
    job_id = row.record.job_id
    cancel = command("jobs", "cancel", job_id)
    return LocalDiskError(
        f"cannot write to `{row.record.target}`: {why}",
        remedy=f"bring it back and resume the job, or cancel it (`{cancel}`) and download again",
        slug=TARGET_LOST,
    )


def find_lost_at_end(journal: Journal, row: JobRow, target: Target) -> S3NavError | None:
    """The error of a run whose files were moved away or removed while it ran; they are reopened.

    Nothing is looked for if all directories are where they were.
    """
    if not target.has_lost_folders():
        return None
    try:
        # A view that has no directory open: those of `target` may have been moved.
        with Target(target.root, row.record.job_id, like=target) as fresh:
            check = FinishedCheck(journal, row, fresh)
            while check.step():
                pass
    except S3NavError as error:
        return error
    if not check.lost:
        return None
    files = "1 finished file is" if check.lost == 1 else f"{check.lost:,} finished files are"
    return LocalDiskError(
        f"{files} gone from `{target.root}`: a directory was moved or removed",
        remedy="bring it back, or resume the job to fetch them again",
        slug=TARGET_LOST,
    )
