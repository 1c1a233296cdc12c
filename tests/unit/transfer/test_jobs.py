"""One lifecycle for downloads, uploads and copies: each test runs for all three."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from s3nav.model.errors import (
    AccessDeniedError,
    ExpiredCredentialsError,
    LocalDiskError,
    S3NavError,
    UsageError,
)
from s3nav.model.events import Event, JobProgress, JobState, JobStateChanged
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.persistence import Database
from s3nav.transfer import (
    CopyObjects,
    EngineTuning,
    ItemState,
    JobKind,
    Selection,
    Source,
    Transfers,
    UploadAccess,
    UploadFiles,
)
from s3nav.transfer.jobs import INTERRUPTED, Jobs, Run, RunEnd
from s3nav.transfer.journal import (
    FAILED,
    MIGRATIONS,
    JobRow,
    Journal,
    NewJob,
    PlannedItem,
    Verification,
)
from tests.support.memory_sender import MemorySender
from tests.support.memory_store import MemoryStore
from tests.support.processes import owned
from tests.support.waiting import eventually

NAMES = ("a", "b", "c")
PART_BYTES = 10
IN_PARTS = b"four parts " * 3
DEADLINE_S = 50.0


@dataclass
class Bench:
    """Three items to fetch, send or copy, one after the other."""

    root: Path
    kind: JobKind
    store: MemoryStore = field(default_factory=MemoryStore)
    events: list[Event] = field(default_factory=list)
    opened: list[Transfers] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    """Names of items in the order in which they were asked for."""
    begins: str = ""
    """The item that is uploaded in parts."""
    meet: Callable[[str], None] = lambda _name: None
    """Called by the threads of the job when they come to an item; may wait or raise."""

    def __post_init__(self) -> None:
        for bucket in ("from", "to"):
            self.store.make_bucket(bucket)
        (self.root / "local").mkdir(exist_ok=True)
        for name in NAMES:
            self.store.put("from", name, name.encode())
            (self.root / "local" / name).write_text(name)
        self.sender = MemorySender(self.store, before=self._before_write)
        self.store.before = self.before_read

    def transfers(
        self,
        *,
        allow_write: bool = True,
        checkpoint: Callable[[str], None] = lambda _: None,
        publish: Callable[[Event], None] | None = None,
    ) -> Transfers:
        transfers = Transfers(
            store=self.store,
            journal_file=self.root / "journal.sqlite3",
            publish=publish or self.events.append,
            tuning=EngineTuning(parallel=1, retry_attempts=0, part_bytes=PART_BYTES),
            checkpoint=checkpoint,
            upload_access=lambda: UploadAccess(
                store=self.store,
                open_writer=lambda: self.sender,
                allow_write=allow_write,
                workers=1,
            ),
        )
        self.opened.append(transfers)
        return transfers

    def plan(self, transfers: Transfers) -> str:
        to = S3Uri("to")
        match self.kind:
            case JobKind.DOWNLOAD:
                source = Source(place=S3Uri("from"))
                return transfers.plan(Selection(sources=(source,), target=self.target)).job_id
            case JobKind.PUT:
                put = UploadFiles(paths=(f"{self.root}/local/",), to=to)
                return transfers.uploads.plan(put).record.job_id
            case JobKind.COPY:
                copy = CopyObjects(sources=(S3Uri("from"),), to=to, recursive=True)
                return transfers.uploads.plan(copy).record.job_id

    @property
    def target(self) -> Path:
        return self.root / "out"

    def stored(self) -> list[str]:
        """Names of items that have arrived, temporary files included."""
        if self.kind is JobKind.DOWNLOAD:
            return sorted(path.name for path in self.target.rglob("*") if path.is_file())
        return [name for name in NAMES if self.store.fact("to", name) is not None]

    def make_large(self, name: str) -> None:
        """Let an item be moved in parts; the first part of an upload begins it."""
        self.store.put("from", name, IN_PARTS)
        (self.root / "local" / name).write_bytes(IN_PARTS)
        self.begins = name

    def has_unfinished(self) -> bool:
        """True when a part of an item is somewhere."""
        if self.kind is JobKind.DOWNLOAD:
            return any(path.name.endswith(".part") for path in self.target.rglob("*"))
        return self.sender.aborted != [(S3Uri("to", self.begins), "u1")]

    def hold(self, name: str = "b", nth: int = 1) -> "Hold":
        """Stop the job when it comes to an item, until it is let go."""
        held = Hold(name, nth)
        self.meet = held
        return held

    def states(self) -> list[JobState]:
        """As they were published."""
        return [event.state for event in self.events if isinstance(event, JobStateChanged)]

    def before_read(self, verb: str, name: str) -> None:
        if verb == "get" and self.kind is JobKind.DOWNLOAD:
            self.moved.append(name)
            self.meet(name)

    def _before_write(self, _verb: str, name: str, watch: WriteWatch) -> None:
        if name == self.begins:
            watch.upload_began(S3Uri("to", name), "u1")
        self.moved.append(name)
        self.meet(name)


class SlowlyCleaned:
    """A runner whose first clean-up takes until it may end, as one that asks S3 does."""

    def __init__(self) -> None:
        self.opened = 0
        self.is_cleaning, self.may_end = threading.Event(), threading.Event()

    def prepare(self) -> None:
        pass

    def open_run(self, _row: JobRow) -> Run:
        self.opened += 1
        return Run(start=lambda: None, stop=lambda _: True, close=lambda: None)

    def clean_up(self, _row: JobRow) -> None:
        self.is_cleaning.set()
        self.may_end.wait(DEADLINE_S)

    def close(self) -> None:
        pass


class Hold:
    """Holds the job when it comes to one item for the n-th time."""

    def __init__(self, name: str, nth: int) -> None:
        self._name, self._left = name, nth
        self.gave_up = False
        self._reached, self._let_go = threading.Event(), threading.Event()

    def __call__(self, name: str) -> None:
        self._left -= name == self._name
        if name == self._name and self._left == 0:
            self._reached.set()
            self.gave_up = not self._let_go.wait(DEADLINE_S)

    def wait(self) -> None:
        assert self._reached.wait(DEADLINE_S)

    def let_go(self) -> None:
        self._let_go.set()


@pytest.fixture(params=list(JobKind), ids=[kind.value for kind in JobKind])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(tmp_path, request.param)
    yield bench
    for transfers in bench.opened:
        transfers.close()


@dataclass
class Held:
    """A job that is held at its second item."""

    transfers: Transfers
    job_id: str
    hold: Hold

    def state(self) -> JobState:
        return self.transfers.job(self.job_id).state

    def end(self) -> JobState:
        """Let it go, and wait for its end."""
        self.hold.let_go()
        assert self.transfers.wait(self.job_id, DEADLINE_S)
        return self.state()


@pytest.fixture
def held(bench: Bench) -> Iterator[Held]:
    hold, transfers = bench.hold(), bench.transfers()
    job_id = bench.plan(transfers)
    transfers.start(job_id)
    hold.wait()
    yield Held(transfers, job_id, hold)
    hold.let_go()
    assert not hold.gave_up, "a call waited for the end of the job"


def run(transfers: Transfers, job_id: str) -> JobState:
    transfers.start(job_id)
    assert transfers.wait(job_id, DEADLINE_S)
    return transfers.job(job_id).state


def refuse_to_write(name: str, nth: int = 1) -> Callable[[str], None]:
    """A journal that cannot be written when it meets a checkpoint for the n-th time."""
    met: list[str] = []

    def fail(checkpoint: str) -> None:
        if checkpoint == name:
            met.append(checkpoint)
            if len(met) == nth:
                raise LocalDiskError("the disk is full", slug="disk-full")

    return fail


def test_a_job_that_runs_is_not_started_twice(bench: Bench, held: Held) -> None:
    held.transfers.start(held.job_id)

    assert held.end() is JobState.DONE
    assert bench.moved == [*NAMES]
    assert bench.states() == [JobState.RUNNING, JobState.DONE]


def test_a_job_that_is_done_is_not_started(bench: Bench) -> None:
    transfers = bench.transfers()
    job_id = bench.plan(transfers)
    assert run(transfers, job_id) is JobState.DONE

    with pytest.raises(UsageError, match="is done"):
        transfers.start(job_id)

    assert transfers.job(job_id).state is JobState.DONE


def test_a_job_of_another_process_is_neither_started_nor_cancelled(
    bench: Bench, held: Held
) -> None:
    other = bench.transfers()

    for refused in (other.start, other.cancel):
        with pytest.raises(UsageError, match=f"process {os.getpid()}") as caught:
            refused(held.job_id)
        assert caught.value.reference == "job-locked"

    assert held.end() is JobState.DONE


def test_a_job_that_another_process_has_done_since_is_done(bench: Bench) -> None:
    transfers, other = bench.transfers(), bench.transfers()
    job_id = bench.plan(transfers)
    assert run(other, job_id) is JobState.DONE

    transfers.cancel(job_id)

    assert transfers.job(job_id).state is JobState.DONE


def test_a_paused_job_goes_on_and_does_nothing_twice(bench: Bench, held: Held) -> None:
    held.transfers.pause(held.job_id)

    assert held.end() is JobState.PAUSED
    complete = bench.moved[: len(held.transfers.items(held.job_id, state=ItemState.DONE))]
    assert complete
    bench.moved.clear()
    held.transfers.resume(held.job_id)
    assert held.transfers.wait(held.job_id, DEADLINE_S)
    assert held.state() is JobState.DONE
    assert not {*complete} & {*bench.moved}
    assert bench.stored() == [*NAMES]


def test_pausing_a_job_that_does_not_run_changes_nothing(bench: Bench) -> None:
    transfers = bench.transfers()
    job_id = bench.plan(transfers)

    transfers.pause(job_id)

    assert transfers.job(job_id).state is JobState.PLANNED
    assert bench.states() == []


def test_a_job_resumed_while_it_stops_goes_on(bench: Bench, held: Held) -> None:
    held.transfers.pause(held.job_id)

    held.transfers.resume(held.job_id)

    assert held.state() is JobState.RUNNING
    assert not held.transfers.wait(held.job_id, 0)
    assert held.end() is JobState.DONE
    assert bench.stored() == [*NAMES]


def test_the_last_of_pause_and_resume_counts(bench: Bench, held: Held) -> None:
    held.transfers.pause(held.job_id)
    held.transfers.resume(held.job_id)
    held.transfers.pause(held.job_id)

    assert held.end() is JobState.PAUSED
    assert run(held.transfers, held.job_id) is JobState.DONE


@pytest.mark.parametrize("runs", [True, False], ids=["runs", "paused"])
def test_cancelling_removes_what_is_unfinished(bench: Bench, *, runs: bool) -> None:
    bench.make_large("b")
    hold = bench.hold(nth=2 if bench.kind is JobKind.DOWNLOAD else 1)
    transfers = bench.transfers()
    job_id = bench.plan(transfers)
    transfers.start(job_id)
    hold.wait()
    if not runs:
        transfers.pause(job_id)
        hold.let_go()
        assert transfers.wait(job_id, DEADLINE_S)
    assert bench.has_unfinished()

    transfers.cancel(job_id)

    hold.let_go()
    assert transfers.wait(job_id, DEADLINE_S)
    assert transfers.job(job_id).state is JobState.CANCELLED
    assert not bench.has_unfinished()
    assert len(transfers.items(job_id, state=ItemState.DONE)) < len(NAMES)


def test_cancelling_a_job_while_it_pauses_cancels_it(bench: Bench, held: Held) -> None:
    held.transfers.pause(held.job_id)

    held.transfers.cancel(held.job_id)

    assert held.end() is JobState.CANCELLED
    assert bench.states()[-1] is JobState.CANCELLED


def test_cancelling_wins_over_resuming_a_job_that_stops(held: Held) -> None:
    held.transfers.pause(held.job_id)
    held.transfers.resume(held.job_id)
    held.transfers.cancel(held.job_id)

    assert held.end() is JobState.CANCELLED


def test_a_pause_does_not_undo_a_cancel(held: Held) -> None:
    held.transfers.cancel(held.job_id)
    held.transfers.pause(held.job_id)

    assert held.end() is JobState.CANCELLED


def plan_one_job(journal: Journal, directory: Path, *items: PlannedItem) -> None:
    number = journal.add_job(
        NewJob(
            job_id="j",
            fingerprint="f",
            title="t",
            target=directory,
            requester_pays=False,
            verify=Verification.AUTO,
            part_bytes=PART_BYTES,
        )
    )
    journal.add_items(number, items)
    journal.finish_plan(number, total_files=len(items), total_bytes=0)


@pytest.mark.parametrize("failed", [0, 1])
def test_a_start_while_the_end_of_a_run_is_recorded_does_what_failed(
    tmp_path: Path, failed: int
) -> None:
    with closing(Database(tmp_path / "journal.sqlite3", MIGRATIONS)) as database:
        journal = Journal(database)
        item = PlannedItem("from", "a", "", 1, "", 0, "", "", FAILED, "no")
        plan_one_job(journal, tmp_path, *[item] * failed)
        runner = SlowlyCleaned()
        jobs = Jobs(
            journal,
            tmp_path,
            lambda _: None,
            runner_of=lambda _: runner,
            run_ended=lambda _, job_id: jobs.start(job_id),
        )
        jobs.start("j")

        jobs.reports.ended(
            RunEnd(job_id="j", files=0, size_bytes=0, duration_s=0, was_stopped=False)
        )

        state = journal.job("j").record.state
        expected = (2, JobState.RUNNING) if failed else (1, JobState.DONE)
        assert (runner.opened, state) == expected


def test_nothing_is_started_after_the_end(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "journal.sqlite3", MIGRATIONS)) as database:
        journal = Journal(database)
        plan_one_job(journal, tmp_path)
        runner = SlowlyCleaned()
        jobs = Jobs(journal, tmp_path, lambda _: None, runner_of=lambda _: runner)
        jobs.close()

        with pytest.raises(UsageError) as caught:
            jobs.start("j")

        assert (caught.value.reference, runner.opened) == ("ending", 0)


def test_cancelling_wins_over_a_start_while_the_end_of_a_run_is_recorded(tmp_path: Path) -> None:
    waits = threading.Event()

    class WatchedJobs(Jobs):
        def wait(self, job_id: str, timeout_s: float | None = None) -> bool:
            waits.set()
            return super().wait(job_id, timeout_s)

    with closing(Database(tmp_path / "journal.sqlite3", MIGRATIONS)) as database:
        journal = Journal(database)
        plan_one_job(journal, tmp_path)
        runner = SlowlyCleaned()
        jobs = WatchedJobs(journal, tmp_path, lambda _: None, runner_of=lambda _: runner)
        jobs.start("j")
        jobs.cancel("j")
        end = RunEnd(job_id="j", files=0, size_bytes=0, duration_s=0, was_stopped=True)
        ending = threading.Thread(target=jobs.reports.ended, args=(end,), daemon=True)
        ending.start()
        assert runner.is_cleaning.wait(DEADLINE_S)
        jobs.start("j")
        cancelling = threading.Thread(target=jobs.cancel, args=("j",), daemon=True)
        cancelling.start()
        assert waits.wait(DEADLINE_S)
        runner.may_end.set()
        ending.join(DEADLINE_S)
        cancelling.join(DEADLINE_S)

        assert (runner.opened, journal.job("j").record.state) == (1, JobState.CANCELLED)


def test_a_job_that_does_not_run_is_cancelled_at_once(bench: Bench) -> None:
    transfers = bench.transfers()
    job_id = bench.plan(transfers)

    transfers.cancel(job_id)

    assert transfers.job(job_id).state is JobState.CANCELLED
    assert bench.moved == []


def test_a_cancelled_job_may_be_started_again(bench: Bench, held: Held) -> None:
    held.transfers.cancel(held.job_id)
    assert held.end() is JobState.CANCELLED

    assert run(held.transfers, held.job_id) is JobState.DONE
    assert bench.stored() == [*NAMES]


def test_a_job_that_failed_may_be_cancelled(bench: Bench) -> None:
    transfers = bench.transfers()
    bench.meet = raising(AccessDeniedError("may not"), "b")
    job_id = bench.plan(transfers)
    assert run(transfers, job_id) is JobState.FAILED

    transfers.cancel(job_id)

    assert transfers.job(job_id).state is JobState.CANCELLED


def test_a_failed_item_alone_is_done_again(bench: Bench) -> None:
    transfers = bench.transfers()
    bench.meet = raising(AccessDeniedError("may not"), "b")
    job_id = bench.plan(transfers)

    state = run(transfers, job_id)

    assert state is JobState.FAILED
    assert transfers.job(job_id).reason == "1 of 3 files failed"
    assert transfers.problem(job_id) is None
    bench.moved.clear()
    bench.meet = lambda _name: None
    assert run(transfers, job_id) is JobState.DONE
    assert bench.moved == ["b"]


def raising(error: S3NavError, *names: str) -> Callable[[str], None]:
    def meet(name: str) -> None:
        if name in names:
            raise error

    return meet


def test_an_error_that_all_items_would_meet_pauses_the_job(bench: Bench) -> None:
    transfers = bench.transfers()
    error = ExpiredCredentialsError("the credentials have expired", remedy="log in again")
    bench.meet = raising(error, *NAMES)
    job_id = bench.plan(transfers)

    state = run(transfers, job_id)

    assert state is JobState.PAUSED
    assert transfers.job(job_id).reason == "the credentials have expired; log in again"
    assert transfers.problem(job_id) is error
    bench.meet = lambda _name: None
    assert run(transfers, job_id) is JobState.DONE
    assert transfers.problem(job_id) is None


def test_the_journal_knows_of_a_state_before_it_is_published(bench: Bench) -> None:
    seen: list[tuple[JobState, JobState]] = []

    def compare(event: Event) -> None:
        if isinstance(event, JobStateChanged):
            seen.append((event.state, reader.job(event.job_id).state))

    reader = bench.transfers()
    hold, transfers = bench.hold(), bench.transfers(publish=compare)
    job_id = bench.plan(transfers)

    transfers.start(job_id)
    hold.wait()
    transfers.pause(job_id)
    hold.let_go()
    assert transfers.wait(job_id, DEADLINE_S)
    assert run(transfers, job_id) is JobState.DONE

    assert [event for event, _ in seen] == [
        *(JobState.RUNNING, JobState.PAUSED, JobState.RUNNING, JobState.DONE)
    ]
    assert all(event is stored for event, stored in seen)


def test_a_running_job_has_its_newest_progress(bench: Bench, held: Held) -> None:
    eventually(lambda: held.transfers.progress(held.job_id).workers == 1)

    assert held.end() is JobState.DONE
    last = [event for event in bench.events if isinstance(event, JobProgress)][-1]
    assert (last.state, last.done_files) == (JobState.DONE, 3)


def test_closing_pauses_what_runs_and_unlocks_it(bench: Bench, held: Held) -> None:
    closing = threading.Thread(target=held.transfers.close)
    closing.start()
    eventually(lambda: JobState.PAUSED in bench.states())
    held.hold.let_go()
    closing.join(DEADLINE_S)

    assert not closing.is_alive()
    again = bench.transfers()
    assert again.job(held.job_id).state is JobState.PAUSED
    assert run(again, held.job_id) is JobState.DONE
    assert bench.stored() == [*NAMES]


def test_a_start_that_cannot_be_recorded_runs_nothing(bench: Bench) -> None:
    transfers = bench.transfers(checkpoint=refuse_to_write("before state-running"))
    job_id = bench.plan(transfers)

    with pytest.raises(LocalDiskError):
        transfers.start(job_id)

    assert transfers.wait(job_id, 0)
    assert bench.moved == []
    assert run(transfers, job_id) is JobState.DONE


def test_an_end_that_cannot_be_recorded_is_reported_and_found_by_the_next_start(
    bench: Bench,
) -> None:
    transfers = bench.transfers(checkpoint=refuse_to_write("before run"))
    job_id = bench.plan(transfers)

    run(transfers, job_id)

    problem = transfers.problem(job_id)
    assert problem is not None
    assert problem.reference == "disk-full"
    bench.moved.clear()
    assert run(transfers, job_id) is JobState.DONE
    assert bench.moved == []


def test_a_second_start_that_fails_pauses_the_job(bench: Bench) -> None:
    # The first is the start; the second says that the job goes on; the third is its next run.
    checkpoint = refuse_to_write("before state-running", nth=3)
    hold, transfers = bench.hold(), bench.transfers(checkpoint=checkpoint)
    job_id = bench.plan(transfers)
    transfers.start(job_id)
    hold.wait()
    transfers.pause(job_id)
    transfers.resume(job_id)

    hold.let_go()

    assert transfers.wait(job_id, DEADLINE_S)
    assert transfers.job(job_id).state is JobState.PAUSED
    assert transfers.job(job_id).reason == "the disk is full"
    assert run(transfers, job_id) is JobState.DONE


def kill_at(bench: Bench, name: str) -> None:
    """Plan and start the job in a process that kills itself at an item, or while it plans."""
    words = [sys.executable, "-c", _KILLED, str(bench.root), bench.kind.value, name]
    assert owned(subprocess.Popen(words)).wait(300) == -signal.SIGKILL


def test_a_plan_that_a_killed_process_left_is_dropped(bench: Bench) -> None:
    kill_at(bench, _PLANNING)
    assert jobs_in_journal(bench) == 1

    transfers = bench.transfers()

    assert jobs_in_journal(bench) == 0
    assert run(transfers, bench.plan(transfers)) is JobState.DONE


def jobs_in_journal(bench: Bench) -> int:
    with closing(sqlite3.connect(bench.root / "journal.sqlite3")) as journal:
        (count,) = journal.execute("SELECT count(*) FROM jobs").fetchone()
        return int(count)


def test_a_job_of_a_killed_process_is_given_back_and_goes_on(bench: Bench) -> None:
    kill_at(bench, "b")

    transfers = bench.transfers()

    (job,) = transfers.jobs()
    assert (job.state, job.reason) == (JobState.PAUSED, INTERRUPTED)
    assert run(transfers, job.job_id) is JobState.DONE
    assert len(transfers.items(job.job_id, state=ItemState.DONE)) == len(NAMES)
    assert {"b", "c"} <= {*bench.moved}


_KILLED = """
import sys
from tests.unit.transfer.test_jobs import be_killed
be_killed(*sys.argv[1:])
"""


_PLANNING = "planning"


def be_killed(root: str, kind: str, where: str) -> None:
    """In a process of its own: plan and start a job, and die at an item, or while planning."""

    def die(name: str) -> None:
        if name == where:
            os.kill(os.getpid(), signal.SIGKILL)

    def die_in_list(verb: str, _name: str) -> None:
        if verb == "list":
            die(_PLANNING)
        else:
            killed.before_read(verb, _name)

    killed = Bench(Path(root), JobKind(kind), meet=die)
    killed.store.before = die_in_list
    transfers = killed.transfers()
    run(transfers, killed.plan(transfers))


def test_only_jobs_that_write_need_permission(bench: Bench) -> None:
    job_id = bench.plan(bench.transfers())
    transfers = bench.transfers(allow_write=False)

    if bench.kind is JobKind.DOWNLOAD:
        assert run(transfers, job_id) is JobState.DONE
    else:
        with pytest.raises(UsageError, match="only reads"):
            transfers.start(job_id)
        assert transfers.job(job_id).state is JobState.PLANNED
