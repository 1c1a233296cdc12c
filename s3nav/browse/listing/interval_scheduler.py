"""Who lists what: the intervals of one listing, shared by its workers."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from s3nav.browse.listing.intervals import WORTH_PAGES, Interval, clip, interval_of
from s3nav.model.errors import S3NavError
from s3nav.model.objects import KeyPage, KeySpan, ListingPage, ListRequest

FREE_REQUESTS = 32.0
"""How many requests may be lost to finding places to split at, beside a share of the pages."""
LOST_SHARE = 0.1
_SPLIT_COST = 0.5
"""A page that runs over the end of its interval is half lost."""
WAIT_S = 0.25


class Look(msgspec.Struct, frozen=True):
    """Ask what lies directly in a folder, to find places to split at."""

    interval: Interval
    folder: str
    after: str


class Problem(msgspec.Struct, frozen=True):
    """A stretch that was not listed, and why."""

    span: KeySpan
    error: S3NavError


class Step(msgspec.Struct, frozen=True):
    """What one page has brought."""

    span: KeySpan
    """Proved listed; empty when the page was."""
    rows: KeyPage
    """Those of the page inside the span."""
    is_last: bool
    """The interval ends here."""


class IntervalScheduler:
    """All intervals of a listing. Thread safe."""

    def __init__(
        self, todo: Sequence[KeySpan], request: ListRequest, allowed: Callable[[], int]
    ) -> None:
        self._changed = threading.Condition()
        self._todo = deque(interval_of(span, request.prefix, request.page_size) for span in todo)
        self._running: set[Interval] = set()
        self._looking = 0
        self._allowed = allowed
        self._may_split = False
        self._is_stopped = False
        self._useful = 0
        self._lost = 0.0
        self.keys = 0
        self._problems: list[Problem] = []

    def allow_split(self) -> None:
        """The endpoint has shown that it can start anywhere."""
        with self._changed:
            self._may_split = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Nobody gets anything to do any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    @property
    def is_stopped(self) -> bool:
        """Whether to leave at the next chance."""
        return self._is_stopped

    def problems(self) -> tuple[Problem, ...]:
        """Those so far in the order of keys, neighbours that fail alike as one."""
        with self._changed:
            joined: list[Problem] = []
            for problem in sorted(self._problems, key=lambda problem: problem.span.after):
                last = joined[-1] if joined else None
                if last and last.span.upto == problem.span.after and _alike(last, problem):
                    span = KeySpan(after=last.span.after, upto=problem.span.upto)
                    joined[-1] = Problem(span, last.error)
                else:
                    joined.append(problem)
            return tuple(joined)

    def take(self) -> Interval | Look | None:
        """Something to do, waited for; None when there is nothing left."""
        with self._changed:
            while not self._is_stopped:
                busy = len(self._running) + self._looking
                if self._todo and (self._may_split or not busy):
                    return self._begin(self._todo.popleft())
                if not busy:
                    self._changed.notify_all()
                    return None
                work = self._steal() if self._may_split and busy < self._allowed() else None
                if work is not None:
                    self._changed.notify()  # there may be more
                    return work
                self._changed.wait(WAIT_S)
            return None

    def advance(self, interval: Interval, page: KeyPage) -> Step | None:
        """Take the next page of an interval in; None when the listing was stopped meanwhile."""
        with self._changed:
            if self._is_stopped:
                return None
            clipped, is_last = clip(page, interval.upto)
            before = interval.position
            if clipped.keys:
                self._useful += 1
                interval.advance(clipped.keys)
            self._judge_guess(interval, found=bool(clipped.keys))
            # A page may be empty and not the last; only its token leads on.
            interval.token = None if page.keys else page.next_token
            self.keys += len(clipped.keys)
            if is_last:
                self._end(interval)
            self._changed.notify()
            upto = interval.upto if is_last else interval.position
            return Step(KeySpan(after=before, upto=upto), clipped, is_last)

    def fail(self, interval: Interval, error: S3NavError) -> bool:
        """The next page cannot be had; True when the interval goes on behind its next folder."""
        with self._changed:
            cut = interval.cuts.popleft() if interval.cuts else None
            upto = interval.upto if cut is None else cut
            self._problems.append(Problem(KeySpan(after=interval.position, upto=upto), error))
            if cut is None:
                self._end(interval)
                return False
            interval.skip_to(cut)
            return True

    def hand_over(self) -> list[KeySpan]:
        """All that is left, taken away from the board."""
        with self._changed:
            left = [interval.span for interval in (*self._running, *self._todo)]
            self._running.clear()
            self._todo.clear()
            return left

    def report(self, span: KeySpan, error: S3NavError) -> None:
        """A stretch cannot be had."""
        with self._changed:
            self._problems.append(Problem(span, error))

    def give_up(self, error: S3NavError) -> None:
        """Nothing more can be had: what is left is a problem, all of it."""
        with self._changed:
            self._problems += [Problem(span, error) for span in self.hand_over()]
            self.stop()

    def looked(self, look: Look, page: ListingPage | None) -> None:
        """What was found in the folder; None when it could not be had."""
        with self._changed:
            self._looking -= 1
            look.interval.learn(page or ListingPage(), look.folder)
            self._changed.notify_all()

    def _begin(self, interval: Interval) -> Interval:
        self._running.add(interval)
        interval.family.members += 1
        return interval

    def _end(self, interval: Interval) -> None:
        self._running.discard(interval)
        interval.family.members -= 1
        self._changed.notify_all()

    def _judge_guess(self, interval: Interval, *, found: bool) -> None:
        parent, interval.parent = interval.parent, None
        if parent is None:
            return
        if found:
            parent.misses = 0
        else:
            parent.misses += 1
            self._lost += 1 - _SPLIT_COST

    def _steal(self) -> Interval | Look | None:
        if self._lost > FREE_REQUESTS + LOST_SHARE * self._useful:
            return None
        ranked = [
            (weight, interval)
            for interval in self._running
            if not interval.is_explored_now and (weight := interval.weight()) >= WORTH_PAGES
        ]
        for _, interval in sorted(ranked, key=lambda pair: -pair[0]):
            if not interval.cuts and not interval.is_flat:
                return self._look(interval)
            rear = interval.split_at_cut() if interval.cuts else interval.split_at_guess()
            if rear is not None:
                self._lost += _SPLIT_COST
                return self._begin(rear)
        return None

    def _look(self, interval: Interval) -> Look:
        interval.is_explored_now = True
        self._looking += 1
        self._lost += 1
        return Look(interval, interval.scope, interval.position)


def _alike(one: Problem, other: Problem) -> bool:
    return (one.error.reference, one.error.message) == (other.error.reference, other.error.message)
