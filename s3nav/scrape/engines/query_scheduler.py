"""Hand out queries to threads, with a limit on concurrent requests per service and region."""

import heapq
import threading
import time
from collections import deque
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
GroupName = tuple[str, str]
PAUSE_STEP_S = 0.5


class _Group(msgspec.Struct, Generic[T]):
    waiting: deque[T] = msgspec.field(default_factory=deque)
    running: int = 0
    not_before: float = 0.0
    listed: bool = False


class QueryScheduler(Generic[T]):
    """Tasks in groups, with a limit per group; thread-safe. `take` ends when no task is left."""

    def __init__(self, *, per_group: int) -> None:
        self._per_group = per_group
        self._groups: dict[GroupName, _Group[T]] = {}
        self._ready: deque[GroupName] = deque()
        self._later: list[tuple[float, GroupName]] = []
        self._last: deque[T] = deque()
        self._running = 0
        self._stopped = False
        self._changed = threading.Condition()

    def add(self, group: GroupName, task: T) -> None:
        """Add a task that runs when its group is below the limit."""
        with self._changed:
            here = self._groups.setdefault(group, _Group())
            here.waiting.append(task)
            self._list(group, here)
            self._changed.notify()

    def add_last(self, task: T) -> None:
        """Add a task that runs when no other task can."""
        with self._changed:
            self._last.append(task)
            self._changed.notify()

    def pause(self, group: GroupName, seconds: float) -> None:
        """Start no task of a group for `seconds`."""
        with self._changed:
            here = self._groups.setdefault(group, _Group())
            here.not_before = max(here.not_before, time.monotonic() + seconds)

    def take(self) -> tuple[GroupName | None, T] | None:
        """Wait for the next task and return it with its group; None when done or stopped."""
        with self._changed:
            while not self._stopped:
                found = self._next()
                if found is not None:
                    self._running += 1
                    return found
                if not (self._running or self._later or self._ready or self._last):
                    self._changed.notify_all()
                    return None
                self._changed.wait(PAUSE_STEP_S)
            return None

    def finish(self, group: GroupName | None) -> None:
        """Mark a taken task as done; it must have added its follow-up tasks before."""
        with self._changed:
            self._running -= 1
            if group is not None:
                here = self._groups[group]
                here.running -= 1
                self._list(group, here)
            self._changed.notify_all()

    def stop(self) -> None:
        """Hand out no more tasks."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _next(self) -> tuple[GroupName | None, T] | None:
        moment = time.monotonic()
        while self._later and self._later[0][0] <= moment:
            self._ready.append(heapq.heappop(self._later)[1])
        while self._ready:
            group = self._ready.popleft()
            here = self._groups[group]
            if here.not_before > moment:
                heapq.heappush(self._later, (here.not_before, group))
                continue
            here.listed = False
            task = here.waiting.popleft()
            here.running += 1
            self._list(group, here)
            return group, task
        return (None, self._last.popleft()) if self._last else None

    def _list(self, group: GroupName, here: _Group[T]) -> None:
        if here.waiting and not here.listed and here.running < self._per_group:
            here.listed = True
            self._ready.append(group)
