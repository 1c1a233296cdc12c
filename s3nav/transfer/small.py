"""Small objects: one thread has many GETs under way and writes what comes back, file by file."""

import time
from collections.abc import Callable
from contextlib import closing

from s3nav.model.errors import S3NavError
from s3nav.model.ports import Arrival, GetsSmall, SmallGets
from s3nav.transfer.fetch import Fetcher, Stopped
from s3nav.transfer.items import Item
from s3nav.transfer.landing import Target
from s3nav.transfer.retry import RetryBudget
from s3nav.transfer.schedule import AHEAD, JobRun, Schedule, SmallTurn, Work
from s3nav.transfer.sealer import Sealer, WrittenFiles
from s3nav.transfer.verify import NONE, quickly_verified

FIRST = 4
"""So few are under way at first: what is wrong with all is seen before much is asked."""
LOOK_S = 0.1
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
        store: GetsSmall,
        schedule: Schedule,
        sealer: Sealer,
        fetcher: Fetcher,
        budget: RetryBudget,
    ) -> None:
        self._index = index
        self._store = store
        self._schedule = schedule
        self._sealer = sealer
        self._fetcher = fetcher
        self._budget = budget

    def fetch(
        self,
        turn: SmallTurn,
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
            requester_pays=run.row.requester_pays, waiting=lambda: arrived(0)
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

    def _go_on(self, turn: SmallTurn, gets: SmallGets[Item], batch: "_Batch") -> None:
        run = turn.run
        window, share = FIRST, self._schedule.share_small(run, waits=False)
        looked_at, waited_s = time.monotonic(), 0.0
        while True:
            while (room := min(AHEAD, window)) <= window - gets.under_way:
                finished, batch.finished = batch.finished, 0
                items = self._schedule.more_small(self._index, turn, finished, most=room)
                if not items:
                    break
                gets.ask(items)
            if not gets.under_way:
                return
            batch.take(AHEAD)
            self._hand_in(batch)
            window = min(window * 2, share)
            now = time.monotonic()
            if now - looked_at > LOOK_S:
                waits = gets.waited_s - waited_s > WAITS * (now - looked_at)
                share = self._schedule.share_small(run, waits=waits)
                looked_at, waited_s = now, gets.waited_s

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
        fetcher: Fetcher,
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
        """Verify and write up to so many. Raises Stopped."""
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

    def _bytes_of(self, arrival: Arrival[Item], item: Item) -> tuple[memoryview, str]:
        """Raises S3NavError."""
        if arrival.error is not None:
            raise arrival.error
        verify, pays = self.run.row.verify, self.run.row.requester_pays
        if arrival.asked is not None:
            return self._fetcher.small(
                arrival.asked, item, verify=verify, requester_pays=pays, arrived=self._arrived
            )
        if not verify:
            return arrival.content, NONE
        verified_by = quickly_verified(arrival) or self._fetcher.prove_small(
            item, arrival.head, arrival.content, requester_pays=pays
        )
        return arrival.content, verified_by
