"""Give each thread of a listing an interval of keys, and split intervals for idle threads."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from s3nav.browse.listing.intervals import WORTH_PAGES, Interval, Seam, Seams, clip, interval_of
from s3nav.model.errors import S3NavError
from s3nav.model.objects import KeyPage, KeySpan, ListingPage, ListRequest

FREE_WASTE = 32.0
"""Requests that may be wasted on splitting, in addition to a share of the useful pages.

With both limits, listings sent 1.01 to 1.2 times the fewest possible requests
(docs/performance.md)."""
WASTED_SHARE = 0.1
_SPLIT_COST = 0.5
"""Expected waste of a split: the page that crosses the new end is half useless."""
WAIT_S = 0.25


class FolderLookup(msgspec.Struct, frozen=True):
    """List the folders directly in a folder, to find split points."""

    interval: Interval
    folder: str
    after: str


class Problem(msgspec.Struct, frozen=True):
    """A span that was not listed, and its error."""

    span: KeySpan
    error: S3NavError


class Step(msgspec.Struct, frozen=True):
    """The result of one page of an interval."""

    span: KeySpan
    """Completely listed by this page; empty if the page was."""
    rows: KeyPage
    """The rows of the page inside the span."""
    is_last: bool
    """The interval is completely listed."""
    seams: Sequence[Seam] = ()
    """Ends that do not join as far as seen: to be looked at again."""
    closed: Sequence[KeySpan] = ()
    """Spans without keys, at ends that this page has joined."""


class IntervalScheduler:
    """All intervals of a listing. Thread safe."""

    def __init__(
        self, todo: Sequence[KeySpan], request: ListRequest, allowed: Callable[[], int]
    ) -> None:
        self._changed = threading.Condition()
        self._todo = deque(interval_of(span, request.prefix, request.page_size) for span in todo)
        self._running: dict[Interval, None] = {}
        """In the order they were begun, so that the same answers are always split alike."""
        self._lookups = 0
        self._allowed = allowed
        self._may_split = False
        self._seams = Seams()
        self._is_stopped = False
        self._useful = 0
        self._wasted = 0.0
        self.keys = 0
        self._problems: list[Problem] = []

    def allow_split(self) -> None:
        """Allow splits: the endpoint has honoured StartAfter."""
        with self._changed:
            self._may_split = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Give out no more work."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    @property
    def is_stopped(self) -> bool:
        """Whether threads should end."""
        return self._is_stopped

    def problems(self) -> tuple[Problem, ...]:
        """The problems so far in key order; adjacent ones with the same error are joined."""
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

    def take(self) -> Interval | FolderLookup | None:
        """Wait for work; None when nothing is left."""
        with self._changed:
            while not self._is_stopped:
                busy = len(self._running) + self._lookups
                if self._todo and (self._may_split or not busy):
                    return self._begin(self._todo.popleft())
                if not busy:
                    self._changed.notify_all()
                    return None
                work = self._split_work() if self._may_split and busy < self._allowed() else None
                if work is not None:
                    self._changed.notify()  # wake another: there may be more to split
                    return work
                self._changed.wait(WAIT_S)
            return None

    def advance(self, interval: Interval, page: KeyPage) -> Step | None:
        """Record the next page of an interval; None when the listing was stopped."""
        with self._changed:
            if self._is_stopped:
                return None
            clipped, is_last = clip(page, interval.upto)
            before = interval.position
            seams = self._seams.compare(interval, page, len(clipped.keys))
            if clipped.keys:
                self._useful += 1
                interval.advance(clipped.keys)
            self._score_guess(interval, found=bool(clipped.keys))
            # An empty page need not be the last; then only its token leads on.
            interval.token = None if page.keys else page.next_token
            self.keys += len(clipped.keys)
            if is_last:
                self._end(interval)
            self._changed.notify()
            upto = self._seams.end_of(interval) if is_last else interval.position
            closed, self._seams.closed = self._seams.closed, []
            return Step(KeySpan(after=before, upto=upto), clipped, is_last, seams, closed)

    def fail(self, interval: Interval, error: S3NavError) -> bool:
        """Record a failed page; True when the interval continues behind its next known folder."""
        with self._changed:
            cut = interval.cuts.popleft() if interval.cuts else None
            upto = interval.upto if cut is None else cut
            after = self._seams.give_up(interval)
            self._problems.append(Problem(KeySpan(after=after, upto=upto), error))
            if cut is None:
                self._end(interval)
                return False
            interval.skip_to(cut)
            return True

    def take_remaining(self) -> list[KeySpan]:
        """Remove and return everything that is not listed yet."""
        with self._changed:
            left = [interval.span for interval in (*self._running, *self._todo)]
            left += self._seams.take_open()
            self._running.clear()
            self._todo.clear()
            return left

    def report(self, span: KeySpan, error: S3NavError) -> None:
        """Record a span that cannot be listed."""
        with self._changed:
            self._problems.append(Problem(span, error))

    def fail_all(self, error: S3NavError) -> None:
        """Stop, and record the error for everything that is not listed yet."""
        with self._changed:
            self._problems += [Problem(span, error) for span in self.take_remaining()]
            self.stop()

    def finish_lookup(self, lookup: FolderLookup, page: ListingPage | None) -> None:
        """Record the result of a lookup; None when it failed."""
        with self._changed:
            self._lookups -= 1
            lookup.interval.learn(page or ListingPage(), lookup.folder)
            self._changed.notify_all()

    def _begin(self, interval: Interval) -> Interval:
        self._running[interval] = None
        interval.family.members += 1
        return interval

    def _end(self, interval: Interval) -> None:
        self._running.pop(interval, None)
        interval.family.members -= 1
        self._changed.notify_all()

    def _score_guess(self, interval: Interval, *, found: bool) -> None:
        parent, interval.parent = interval.parent, None
        if parent is None:
            return
        if found:
            parent.misses = 0
        else:
            parent.misses += 1
            self._wasted += 1 - _SPLIT_COST

    def _split_work(self) -> Interval | FolderLookup | None:
        if self._wasted > FREE_WASTE + WASTED_SHARE * self._useful:
            return None
        ranked = [
            (weight, interval)
            for interval in self._running
            if not interval.is_explored_now and (weight := interval.weight()) >= WORTH_PAGES
        ]
        for _, interval in sorted(ranked, key=lambda pair: -pair[0]):
            if not interval.cuts and not interval.is_flat:
                return self._look_up(interval)
            rear = interval.split_at_cut() if interval.cuts else interval.split_at_guess()
            if rear is not None:
                self._wasted += _SPLIT_COST
                self._seams.add(rear.position)
                return self._begin(rear)
        return None

    def _look_up(self, interval: Interval) -> FolderLookup:
        interval.is_explored_now = True
        self._lookups += 1
        self._wasted += 1
        return FolderLookup(interval, interval.scope, interval.position)


def _alike(one: Problem, other: Problem) -> bool:
    return (one.error.reference, one.error.message) == (other.error.reference, other.error.message)
