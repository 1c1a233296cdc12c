"""One worker: take work, fetch it, hand it to the committer, and decide about errors."""

import contextlib
import random
import time
from collections.abc import Callable
from functools import cached_property

import msgspec

from s3nav.model.errors import (
    BudgetError,
    IntegrityError,
    LocalDiskError,
    ObjectChangedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
)
from s3nav.model.objects import GetRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import current_job_id
from s3nav.retries import USUAL_BACKOFF, RetryBudget, retries_allowed
from s3nav.transfer.download.committer import Committer, Written
from s3nav.transfer.download.large_objects import LargeFiles
from s3nav.transfer.download.limits import Throttle
from s3nav.transfer.download.object_fetch import Fetcher, Stopped
from s3nav.transfer.download.running_job import JobRun, OpenFile, SmallBatch, Work
from s3nav.transfer.download.scheduler import Scheduler
from s3nav.transfer.download.small_objects import SmallFiles
from s3nav.transfer.integrity import Pieces, file_reader
from s3nav.transfer.journal import Item, Journal, Verification
from s3nav.transfer.local_files import Target, unpack
from s3nav.transfer.planning import (
    RESTARTS_MAX,
    Verdict,
    is_whole,
    verdict_of,
)


class Workshop(msgspec.Struct, frozen=True, kw_only=True):
    """What all workers share."""

    store: ObjectStore
    schedule: Scheduler
    committer: Committer
    journal: Journal
    budget: RetryBudget
    throttle: Throttle
    retry_attempts: int
    stop: Callable[[JobRun, S3NavError], None]
    """Stop a whole job because of an error."""
    fail_item: Callable[[JobRun, Item, S3NavError], None]


class Worker:
    """The loop of one engine thread."""

    def __init__(self, index: int, shop: Workshop, draw: random.Random) -> None:
        self._index = index
        self._shop = shop
        self._draw = draw
        self._small: SmallFiles | None = SmallFiles(
            index, shop.store, shop.schedule, shop.committer, lambda: self._fetcher, shop.budget
        )
        """None once the store has turned out to have no pipelined GETs."""
        self._targets: dict[JobRun, Target] = {}

    @cached_property
    def _fetcher(self) -> Fetcher:
        """Made on first use: it has a large buffer, which many workers never need."""
        return Fetcher(self._shop.store, piece_bytes=self._shop.throttle.piece_bytes)

    @cached_property
    def _large(self) -> LargeFiles:
        shop = self._shop
        return LargeFiles(shop.store, shop.schedule, shop.committer, shop.journal, self._fetcher)

    def work(self) -> None:
        """Work until the schedule closes."""
        work: Work | SmallBatch | None = None
        try:
            while work := self._shop.schedule.take(
                self._index, work, with_small=self._small is not None
            ):
                current_job_id.set(work.run.row.record.job_id)
                if isinstance(work, SmallBatch):
                    self._fetch_small(work)
                else:
                    self._perform(work)
        finally:
            for target in self._targets.values():
                target.close()

    def _fetch_small(self, turn: SmallBatch) -> None:
        run = turn.run
        small = self._small
        if small is None:
            return
        try:
            if not small.fetch(turn, self._target(run), self._counter(run), self._handle_error):
                self._small = None
        except S3NavError as error:
            self._shop.stop(run, error)

    def _perform(self, work: Work) -> None:
        run = work.run
        before = run.fetched_bytes[self._index]
        try:
            if work.file is not None and work.span is not None:
                self._large.fetch_part(
                    run, work.file, work.span, self._target(run), self._counter(run)
                )
                self._shop.budget.earn()
            elif is_whole(work.item.size_bytes, run.row.part_bytes):
                self._fetch_whole(run, work.item)
            else:
                self._large.open(run, work.item, self._target(run), self._counter(run))
        except Stopped:
            run.fetched_bytes[self._index] = before
        except S3NavError as error:
            run.fetched_bytes[self._index] = before
            self._handle_error(work, error)
        if work.file is not None and self._shop.schedule.leave_file(run, work.file):
            self._large.abandon(work.file)
            self._end_broken(run, work.file)

    def _fetch_whole(self, run: JobRun, item: Item) -> None:
        target = self._target(run)
        is_small = item.size_bytes <= len(self._fetcher.buffer)
        if is_small and run.row.verify is not Verification.FULL:
            verified_by = self._get_whole(
                run, item, lambda piece, _: target.write_small(item, piece)
            )
        else:
            with target.open_temporary(
                item, size_bytes=item.size_bytes, direct=not item.codec
            ) as file:
                verified_by = self._get_whole(
                    run,
                    item,
                    lambda piece, offset: target.write_at(item, file, piece, offset),
                    file_reader(
                        file.descriptor,
                        self._fetcher.buffer,
                        is_cold=run.row.verify is Verification.FULL,
                    ),
                )
                target.date(file.descriptor, item)
        self._shop.budget.earn()
        if item.codec:
            unpack(target, item, self._fetcher.buffer)
        self._shop.committer.submit(Written(run=run, item=item, verified_by=verified_by))

    def _get_whole(
        self,
        run: JobRun,
        item: Item,
        write: Callable[[memoryview, int], None],
        read_back: Pieces | None = None,
    ) -> str:
        arrived = self._counter(run)
        return self._fetcher.whole(
            GetRequest(
                bucket=item.bucket,
                key=item.key,
                expected_bytes=item.size_bytes,
                if_match=item.etag,
                version_id=item.version_id,
                requester_pays=run.row.requester_pays,
                waiting=lambda: arrived(0),
            ),
            item,
            verify=run.row.verify,
            write=write,
            arrived=arrived,
            read_back=read_back,
        )

    def _handle_error(self, work: Work, error: S3NavError) -> None:
        """Do what an error asks for."""
        run, file = work.run, work.file
        if isinstance(error, ThrottledError):
            self._shop.schedule.slow_down(run)
        match verdict_of(error):
            case Verdict.PAUSE_JOB:
                self._shop.stop(run, error)
            case Verdict.RETRY if self._count_try(work) <= self._most_tries(error):
                self._retry(work, error)
            case _ if file is not None:
                self._shop.schedule.break_file(file, error)
            case Verdict.RESTART:
                self._restart(run, work.item)
            case _:
                self._give_up(run, work.item, error)

    def _most_tries(self, error: S3NavError) -> int:
        return retries_allowed(error, self._shop.retry_attempts)

    def _count_try(self, work: Work) -> int:
        if work.file is not None and work.span is not None:
            tries = work.file.attempts.get(work.span.start, 0) + 1
            work.file.attempts[work.span.start] = tries
            return tries
        work.item.attempts += 1
        return work.item.attempts

    def _retry(self, work: Work, error: S3NavError) -> None:
        if isinstance(error, UnavailableError) and not self._shop.budget.spend():
            self._shop.stop(work.run, error)
            return
        tries = max(work.item.attempts, 1)
        if work.file is not None and work.span is not None:
            tries = work.file.attempts[work.span.start]
        self._shop.schedule.retry(work, time.monotonic() + USUAL_BACKOFF.delay_s(tries, self._draw))

    def _end_broken(self, run: JobRun, file: OpenFile) -> None:
        """The last worker has left a broken file: start it again, or fail it."""
        item, error = file.item, file.broken
        most = self._shop.retry_attempts
        # A part that failed this often would fail again in another round of all parts.
        is_worn_out = any(tries > most for tries in file.attempts.values())
        if isinstance(error, ObjectChangedError):
            self._restart(run, item)
        elif isinstance(error, IntegrityError) and item.attempts < most and not is_worn_out:
            item.attempts += 1
            self._put_back(
                run, item, lambda: self._shop.journal.reopen(item.number, drop_parts=True)
            )
        elif error is not None:
            self._give_up(run, item, error)

    def _restart(self, run: JobRun, item: Item) -> None:
        """The object changed: pin what S3 holds now, and fetch that from its start."""
        if item.restarts >= RESTARTS_MAX:
            error = ObjectChangedError(
                f"{item.source} keeps changing while it is fetched",
                remedy="download it again when it no longer changes",
            )
            self._give_up(run, item, error)
            return
        try:
            head = self._shop.store.head(item.bucket, item.key, version_id=item.version_id)
        except S3NavError as error:
            self._handle_error(Work(run=run, item=item), error)
            return
        renewed = item.renewed(head)
        self._put_back(run, renewed, lambda: self._shop.journal.repin(renewed))

    def _put_back(self, run: JobRun, item: Item, record: Callable[[], None]) -> None:
        """Record that an item is fetched from its start, then let it be."""
        try:
            record()
        except LocalDiskError as error:
            self._shop.stop(run, error)
        else:
            self._shop.schedule.requeue(run, item)

    def _give_up(self, run: JobRun, item: Item, error: S3NavError) -> None:
        keep = not is_whole(item.size_bytes, run.row.part_bytes)
        if isinstance(error, IntegrityError) or not keep:
            # The directory of the file may be the reason for the failure.
            with contextlib.suppress(LocalDiskError):
                self._target(run).discard(item)
        self._shop.fail_item(run, item, error)

    def _counter(self, run: JobRun) -> Callable[[int], None]:
        """Count bytes as they arrive, and drop the work when the job is stopping."""
        counts, index = run.fetched_bytes, self._index
        throttle = self._shop.throttle

        def check() -> None:
            # Requests under way when a budget is used up have been paid for.
            if run.stop_state is not None and not isinstance(run.problem, BudgetError):
                raise Stopped

        def arrived(count: int) -> None:
            counts[index] += count
            check()
            if count:
                throttle.take(count, check)

        return arrived

    def _target(self, run: JobRun) -> Target:
        target = self._targets.get(run)
        if target is None:
            for other in [other for other in self._targets if other.ended.is_set()]:
                self._targets.pop(other).close()
            target = self._targets[run] = Target(
                run.target.root, run.row.record.job_id, like=run.target
            )
        return target
