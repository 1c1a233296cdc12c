"""Call every read operation of every service, in a few threads.

A service's model is loaded only when no query is waiting, so few models are in memory at once.
Answers can lead to a second wave of queries, such as the settings of each bucket.
"""

import heapq
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from s3nav.model.errors import S3NavError
from s3nav.model.ports.stores import OperationCaller
from s3nav.model.scrape_queries import Answer, Operation, QueryStatus
from s3nav.model.waits import SLICE_S
from s3nav.retries import Backoff
from s3nav.scrape.engines.protocol import EngineEnd, ResolvedRequest, Sink
from s3nav.scrape.resources import RESULTS, QueryResult, is_empty

PER_GROUP = 6
"""Concurrent requests per service and region: few, as all users share an account's API limits."""
PAUSE = Backoff(first_s=2.0)
"""Before a throttled query is made again, nothing is asked of the same service in its region."""

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


class _Task(msgspec.Struct, frozen=True):
    """One unit of work: load a service's model, or run a query."""

    service: str
    region: str | None = None
    operation: Operation | None = None
    """None: load the service's model and queue its queries."""
    parameters: Mapping[str, object] = msgspec.field(default_factory=dict)
    family: "_Family | None" = None
    round: int = 1


class _Family:
    """Collects the answers about every resource of one parent, to merge them into one."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._lock = threading.Lock()
        self._answers: list[tuple[Mapping[str, object], Answer]] = []
        self.seconds = 0.0

    def add(self, parameters: Mapping[str, object], answer: Answer, seconds: float) -> bool:
        """Add an answer; return True when it was the last."""
        with self._lock:
            self._answers.append((parameters, answer))
            self.seconds += seconds
            self._missing -= 1
            return self._missing == 0

    def merged(self) -> Answer:
        """Merge the answers into one: a list of parameters and responses."""
        answers = [answer for _, answer in self._answers]
        results: list[object] = [
            {"Parameters": dict(parameters), "Response": answer.response}
            for parameters, answer in sorted(self._answers, key=lambda pair: str(pair[0]))
            if answer.status.has_document
        ]
        worst = next((a for a in answers if not a.status.is_conclusive), None)
        status = QueryStatus.OK if results else QueryStatus.EMPTY
        if worst is not None:
            status = QueryStatus.TRUNCATED if results else worst.status
        return Answer(
            status=status,
            response={RESULTS: results} if results else {},
            code=worst.code if worst else "",
            message=worst.message if worst else "",
            pages=sum(answer.pages for answer in answers),
            requests=sum(answer.requests for answer in answers),
        )


class NativeEngine:
    """An `Engine` that calls AWS itself, through the caller."""

    command = ("s3nav", "scrape", "run", "--engine", "native")
    temp_directory: Path | None = None

    def __init__(
        self,
        caller: OperationCaller,
        *,
        retry_attempts: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`caller` has made each request again already: a throttled query gets one more round."""
        self._caller = caller
        self._rounds = 2 if retry_attempts else 1
        self._clock = clock

    def run(
        self, request: ResolvedRequest, sink: Sink, is_cancelled: Callable[[], bool]
    ) -> EngineEnd:
        """Run all queries; returns when all threads have ended."""
        run = _Run(self._caller, request, sink, is_cancelled, self._clock, rounds=self._rounds)
        problem = run.finish()
        return EngineEnd(return_code=1 if problem else 0, problem=problem)


class _Run:
    """The threads of one scrape."""

    def __init__(
        self,
        caller: OperationCaller,
        request: ResolvedRequest,
        sink: Sink,
        is_cancelled: Callable[[], bool],
        clock: Callable[[], float],
        *,
        rounds: int,
    ) -> None:
        self._rounds, self._draw = rounds, random.Random()
        self._caller, self._request, self._sink = caller, request, sink
        self._is_cancelled, self._clock = is_cancelled, clock
        self._schedule: QueryScheduler[_Task] = QueryScheduler(per_group=PER_GROUP)
        self._problem: S3NavError | None = None
        self._bug: BaseException | None = None
        self._open: Counter[str] = Counter()
        self._growing = len(request.services)
        """Number of services to look up and of unanswered parents: each can add queries."""
        self._lock = threading.Lock()
        for service in request.services:
            self._schedule.add_last(_Task(service))

    def finish(self) -> S3NavError | None:
        """Run to the end; return the error that stopped it, if any."""
        threads = [
            threading.Thread(target=self._work, name=f"s3nav-scrape-{number}", daemon=True)
            for number in range(self._request.workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():  # ends eventually: each request has a deadline
                thread.join(SLICE_S)
        if self._bug is not None:
            raise self._bug
        return self._problem

    def _work(self) -> None:
        while (taken := self._schedule.take()) is not None:
            group, task = taken
            try:
                if self._is_cancelled():
                    self._schedule.stop()
                else:
                    self._do(group, task)
            except S3NavError as error:
                self._problem = self._problem or error
                self._schedule.stop()
            except Exception as error:  # noqa: BLE001  # raised again by `finish`
                self._bug = self._bug or error
                self._schedule.stop()
            finally:
                self._schedule.finish(group)

    def _do(self, group: GroupName | None, task: _Task) -> None:
        if task.operation is None or group is None:
            self._look_up(task.service)
            return
        started = self._clock()
        answer = self._caller.call(
            task.operation,
            task.region or self._caller.home_region(),
            parameters=task.parameters,
            is_cancelled=self._is_cancelled,
        )
        seconds = self._clock() - started
        if answer.status is QueryStatus.THROTTLED and task.round < self._rounds:
            self._schedule.pause(group, PAUSE.delay_s(task.round, self._draw))
            self._schedule.add(group, replace(task, round=task.round + 1))
            return
        answer = _with_empty_status(task.operation, answer)
        if task.family is None:
            self._conclude(task, answer, seconds)
        elif task.family.add(task.parameters, answer, seconds):
            self._conclude(task, task.family.merged(), task.family.seconds)
        self._closed(task.service)

    def _look_up(self, service: str) -> None:
        places = self._caller.places(service)
        regions: list[str | None] = [None]
        if not places.is_global:
            regions = [
                r for r in self._request.regions if not places.regions or r in places.regions
            ]
        operations = self._first_wave(service)
        self._sink.expect(len(regions) * len(operations))
        self._grow(len(regions) * sum(map(self._is_parent, operations)))
        for region in regions:
            for operation in operations:
                self._ask(_Task(service, region, operation))
        self._grow(-1)

    def _is_parent(self, operation: Operation) -> bool:
        return self._request.second_wave and bool(self._caller.children(operation))

    def _grow(self, number: int) -> None:
        with self._lock:
            self._growing += number
            is_all = not self._growing
        if number < 0 and is_all:
            self._sink.expect_no_more()

    def _first_wave(self, service: str) -> list[Operation]:
        """Return the operations to call first, without those called for each resource later."""
        wanted = self._request.operations
        operations = self._caller.operations(service)
        later: set[str] = set()
        if self._request.second_wave:
            parents = list(operations)
            while parents:
                found = [child for parent in parents for child in self._caller.children(parent)]
                later.update(child.name for child in found)
                parents = found
        return [o for o in operations if (o.name in wanted if wanted else o.name not in later)]

    def _ask(self, task: _Task) -> None:
        with self._lock:
            self._open[task.service] += 1
        self._schedule.add((task.service, task.region or ""), task)

    def _closed(self, service: str) -> None:
        with self._lock:
            self._open[service] -= 1
            is_last = not self._open[service]
        if is_last:
            self._caller.forget(service, (*self._request.regions, self._caller.home_region()))

    def _conclude(self, task: _Task, answer: Answer, seconds: float) -> None:
        assert task.operation is not None
        self._sink.found(
            QueryResult(
                service=task.service,
                region=task.region,
                operation=task.operation.name,
                status=answer.status,
                response=answer.response or None,
                code=answer.code,
                message=answer.message,
                pages=answer.pages,
                seconds=seconds,
            )
        )
        if self._is_parent(task.operation):
            self._follow(task, answer)
            self._grow(-1)

    def _follow(self, task: _Task, answer: Answer) -> None:
        """Queue the child queries of every resource found."""
        assert task.operation is not None
        for child in self._caller.children(task.operation):
            self._sink.expect(1)
            self._grow(self._is_parent(child))
            sets = self._caller.parameters(child, answer.response) if answer.response else ()
            child_task = _Task(task.service, task.region, child)
            if not sets:
                unasked = replace(answer, response={}, status=_without_parent(answer.status))
                self._conclude(child_task, unasked, 0.0)
                continue
            family = _Family(len(sets))
            for parameters in sets:
                self._ask(replace(child_task, parameters=parameters, family=family))


def _with_empty_status(operation: Operation, answer: Answer) -> Answer:
    """Turn an OK answer without content into an empty one."""
    if answer.status is QueryStatus.OK and is_empty(operation.name, answer.response):
        return replace(answer, status=QueryStatus.EMPTY, response={})
    return answer


def _without_parent(status: QueryStatus) -> QueryStatus:
    """Return the status of a child that was not queried: empty, or its parent's failure."""
    return QueryStatus.EMPTY if status is QueryStatus.OK else status
