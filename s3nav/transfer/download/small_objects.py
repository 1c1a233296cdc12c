"""Small objects: one thread has many GETs under way and writes what comes back, file by file."""

import time
from collections.abc import Callable
from contextlib import closing

from s3nav.model.errors import S3NavError
from s3nav.model.ports.stores import Arrival, ObjectStore, SmallGets
from s3nav.retries import RetryBudget
from s3nav.transfer.download.committer import Committer, WrittenFiles
from s3nav.transfer.download.object_fetch import Fetcher, Stopped
from s3nav.transfer.download.running_job import JobRun, SmallBatch, Work
from s3nav.transfer.download.scheduler import AHEAD, Scheduler
from s3nav.transfer.integrity import MD5, NONE, quickly_verified
from s3nav.transfer.journal import Item
from s3nav.transfer.local_files import Target

MOST = 64
"""Most requests of a worker under way; a crash loses at most these."""
LOOK_S = 0.1
STUCK_S = 1.0
"""When nothing has arrived for this long, another worker may fetch small objects too."""
WAITS = 0.5
"""Above this share of the time a worker waits for the network rather than works."""


class SmallFiles:
    """One worker's hands for small objects.

    With one interpreter lock a single thread that never waits is the fastest; it lets others take
    part when it waits, for a far endpoint say.
    """

    def __init__(
        self,
        index: int,
        store: ObjectStore,
        schedule: Scheduler,
        sealer: Committer,
        fetcher: Callable[[], Fetcher],
        budget: RetryBudget,
    ) -> None:
        self._index = index
        self._store = store
        self._schedule = schedule
        self._sealer = sealer
        self._fetcher = fetcher
        self._budget = budget
        self._looked_at = 0.0

    def fetch(
        self,
        turn: SmallBatch,
        target: Target,
        arrived: Callable[[int], None],
        face: Callable[[Work, S3NavError], None],
    ) -> bool:
        """Fetch and write small objects of a run until there are no more for this worker.

        Errors go to `face` one by one. `arrived` counts bytes of finished objects and raises
        Stopped. False when the store has no quick way. Raises what opening the store raises.
        """
        run = turn.run
        gets: SmallGets[Item] | None = self._store.small_gets(
            requester_pays=run.row.requester_pays, waiting=lambda: self._wait(run, arrived)
        )
        if gets is None:
            return False
        with closing(gets):
            batch = _Batch(run, target, self._fetcher, gets, arrived, face)
            try:
                self._go_on(turn, gets, batch)
            except Stopped:
                pass  # what is written already is kept
            finally:
                left = gets.under_way
                self._hand_in(batch)
                self._schedule.more_small(self._index, turn, batch.finished + left, most=0)
        return True

    def _go_on(self, turn: SmallBatch, gets: SmallGets[Item], batch: "_Batch") -> None:
        run = turn.run
        share = self._schedule.share_small(run, waits=False)
        # At first one for each worker: what is wrong with all is seen before much is asked.
        window = min(AHEAD, share // AHEAD)
        self._looked_at, waited_s = time.monotonic(), 0.0
        while True:
            while (room := min(AHEAD, window)) <= window - gets.under_way:
                finished, batch.finished = batch.finished, 0
                items = self._schedule.more_small(self._index, turn, finished, most=room)
                if not items:
                    break
                if run.is_resumed:
                    items = batch.take_left(items)
                    self._hand_in(batch)
                if items:
                    gets.ask(items)
            if not gets.under_way:
                return
            batch.take(AHEAD)
            self._hand_in(batch)
            window = min(window * 2, share, MOST)
            span_s = time.monotonic() - self._looked_at
            if span_s > LOOK_S:
                waits = gets.waited_s - waited_s > WAITS * span_s
                share = self._schedule.share_small(run, waits=waits)
                self._looked_at, waited_s = self._looked_at + span_s, gets.waited_s

    def _wait(self, run: JobRun, arrived: Callable[[int], None]) -> None:
        """Nothing comes at the moment. Raises Stopped."""
        arrived(0)
        if time.monotonic() - self._looked_at > STUCK_S:
            self._schedule.share_small(run, waits=True)

    def _hand_in(self, batch: "_Batch") -> None:
        """Let what was written be sealed."""
        if batch.items:
            self._sealer.submit(WrittenFiles(batch.run, batch.items, batch.proofs))
            self._budget.earn(len(batch.items))
            batch.items, batch.proofs = [], []


class _Batch:
    """Objects that came back and are being written."""

    def __init__(
        self,
        run: JobRun,
        target: Target,
        fetcher: Callable[[], Fetcher],
        gets: SmallGets[Item],
        arrived: Callable[[int], None],
        face: Callable[[Work, S3NavError], None],
    ) -> None:
        self.run = run
        self._target = target
        self._fetcher = fetcher
        self._gets = gets
        self._arrived = arrived
        self._face = face
        self.items: list[Item] = []
        self.proofs: list[str] = []
        self.finished = 0
        """Came back, well or not."""

    def take(self, most: int) -> None:
        """Verify and write at most `most` objects. Raises Stopped."""
        gets, arrived = self._gets, self._arrived
        for _ in range(min(most, gets.under_way)):
            arrived(0)
            arrival = gets.next()
            self.finished += 1
            item = arrival.wanted
            try:
                content, verified_by = self._bytes_of(arrival, item)
                self._target.write_small(item, content)
            except S3NavError as error:
                self._face(Work(run=self.run, item=item), error)
            else:
                self.items.append(item)
                self.proofs.append(verified_by)
                arrived(item.size_bytes)

    def take_left(self, items: list[Item]) -> list[Item]:
        """Take what a killed run had written and not yet recorded; returns the others."""
        missing = []
        for item in items:
            if self._target.holds(item):
                self.items.append(item)
                self.proofs.append(MD5)
                self.finished += 1
                self._arrived(item.size_bytes)
            else:
                missing.append(item)
        return missing

    def _bytes_of(self, arrival: Arrival[Item], item: Item) -> tuple[memoryview, str]:
        """Raises S3NavError."""
        if arrival.error is not None:
            raise arrival.error
        verify, pays = self.run.row.verify, self.run.row.requester_pays
        if arrival.asked is not None:
            return self._fetcher().small(
                arrival.asked, item, verify=verify, requester_pays=pays, arrived=self._arrived
            )
        if not verify:
            return arrival.content, NONE
        verified_by = quickly_verified(arrival) or self._fetcher().verify_small(
            item, arrival.head, arrival.content, requester_pays=pays
        )
        return arrival.content, verified_by
