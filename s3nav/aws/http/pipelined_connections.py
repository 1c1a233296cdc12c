"""Connections that one thread has requests under way on, and a wait for any of them."""

import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic

from s3nav.aws.errors import stalled
from s3nav.aws.http.connection import SLICE_S, Connection, DeadConnectionError
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, Route
from s3nav.aws.http.http_head import END_OF_HEAD
from s3nav.model.errors import UnavailableError
from s3nav.model.ports.stores import Wanted

PIPELINE = 16
LOOK_S = 0.02
SELDOM = 0.1
OFTEN = 0.4
"""Shares of the time that the network is waited for."""
SLOW_AFTER_S = 20.0
SLOW_BYTES = 20 * 1024
"""A lane that brings less in that time is too slow."""


class PipelinedConnection(Generic[Wanted]):
    """One connection and what has been asked on it."""

    __slots__ = (
        "connection",
        "flags",
        "has_answered",
        "heard_at",
        "is_fresh",
        "is_pipelined",
        "is_watched",
        "partial",
        "raw",
        "receive",
        "route",
        "slow_bytes",
        "slow_since",
        "wanted",
    )

    def __init__(self, connection: Connection, route: Route, *, is_fresh: bool) -> None:
        self.connection = connection
        self.route = route
        self.is_fresh = is_fresh
        self.receive, self.flags = connection.poll()
        self.wanted: deque[Wanted] = deque()
        """Asked for and not answered, in the order of the answers."""
        self.raw = b""
        """All requests as they were sent last."""
        self.is_pipelined = False
        """More than one was asked at once."""
        self.has_answered = False
        """Since it was asked last."""
        self.partial = b""
        """What has come of an answer while others were read."""
        self.is_watched = False
        self.heard_at = 0.0

    def sent(self) -> bytes:
        """The request whose answer is due."""
        if not self.is_pipelined:
            return self.raw
        requests = self.raw.split(END_OF_HEAD)
        return requests[-1 - len(self.wanted)] + END_OF_HEAD

    def keep(self, partial: bytes) -> None:
        """Put the beginning of an answer aside."""
        now = time.monotonic()
        if not self.partial:
            self.slow_since, self.slow_bytes = now, 0
        if len(partial) > len(self.partial):
            self.heard_at = now
        self.partial = partial

    def is_too_slow(self, now: float) -> bool:
        """Whether too little has come for too long; it is asked now and then."""
        if not self.partial or now - self.slow_since < SLOW_AFTER_S:
            return False
        before, self.slow_bytes, self.slow_since = self.slow_bytes, len(self.partial), now
        return len(self.partial) - before < SLOW_BYTES


class PipelinedConnections(Generic[Wanted]):
    """All lanes of one thread: free ones, and those that something is expected on."""

    def __init__(self, wire: HttpClient, *, may_pipeline: bool) -> None:
        self._wire = wire
        self._may_pipeline = may_pipeline
        self._depth = 1
        self._looked_at = time.monotonic()
        self._waited_then = 0.0
        self._free: dict[Route, list[PipelinedConnection[Wanted]]] = {}
        self._busy: dict[PipelinedConnection[Wanted], None] = {}
        """In the order they were asked."""
        self._ready: deque[PipelinedConnection[Wanted]] = deque()
        self._selector: selectors.BaseSelector | None = None
        self.waited_s = 0.0

    def route(self, endpoint: Endpoint) -> Route:
        """The way to an endpoint. Raises UnavailableError, UsageError."""
        return self._wire.route(endpoint)

    def depth(self) -> int:
        """How many requests to send at once on one connection.

        Several only where the network is hardly waited for: then they cost fewer system calls;
        else the server would answer them one after the other for nothing.
        """
        now = time.monotonic()
        span_s = now - self._looked_at
        if self._may_pipeline and span_s > LOOK_S:
            share = (self.waited_s - self._waited_then) / span_s
            self._looked_at, self._waited_then = now, self.waited_s
            if share < SELDOM:
                self._depth = PIPELINE
            elif share > OFTEN:
                self._depth = 1
        return self._depth

    def send(
        self,
        route: Route,
        endpoint: Endpoint,
        raw: bytes,
        wanted: Sequence[Wanted],
        *,
        fresh: bool = False,
    ) -> None:
        """Send requests over a free lane, else a new one. Raises UnavailableError."""
        now = time.monotonic()
        lane = None if fresh else self._take(route)
        if lane is not None and not self._is_sent(lane, raw):
            lane = None
        if lane is None:
            started = time.monotonic()
            lane = PipelinedConnection(self._wire.connect(route, endpoint), route, is_fresh=True)
            now = time.monotonic()
            self.waited_s += now - started
            lane.connection.send(raw)
        lane.wanted.extend(wanted)
        lane.raw = raw
        lane.is_pipelined = len(wanted) > 1
        lane.heard_at = now
        lane.has_answered = False
        self._busy[lane] = None

    def ready(self) -> PipelinedConnection[Wanted] | None:
        """One that something has come on."""
        ready = self._ready
        while ready:
            lane = ready.popleft()
            if lane in self._busy:
                return lane
        return None

    def oldest(self) -> PipelinedConnection[Wanted] | None:
        """The one asked first."""
        return next(iter(self._busy), None)

    def free(self, lane: PipelinedConnection[Wanted]) -> None:
        """All its answers are read."""
        del self._busy[lane]
        if lane.is_fresh:
            lane.is_fresh = False
            self._wire.heard(lane.route, lane.connection)
        self._free.setdefault(lane.route, []).append(lane)

    def release(self, lane: PipelinedConnection[Wanted]) -> Connection:
        """Let somebody else have its connection, or close it."""
        self._busy.pop(lane, None)
        if lane.is_watched and self._selector is not None:
            self._selector.unregister(lane.connection)
            lane.is_watched = False
        return lane.connection

    def wait(self, timeout_s: float = SLICE_S) -> None:
        """Until something comes on some lane, or the time is up."""
        started = time.monotonic()
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
        for lane in self._busy:
            if not lane.is_watched:
                lane.is_watched = True
                self._selector.register(lane.connection, selectors.EVENT_READ, lane)
        found = self._selector.select(timeout_s)
        for key, _ in found:
            lane = key.data
            if lane in self._busy:
                self._ready.append(lane)
            else:
                self._drop_free(lane)
        self.waited_s += time.monotonic() - started

    def late(self) -> Iterator[tuple[PipelinedConnection[Wanted], UnavailableError]]:
        """Lanes nothing, or too little, came on for too long."""
        now = time.monotonic()
        ready = set(self._ready)
        for lane in list(self._busy):
            if lane in ready:
                continue
            if now - lane.heard_at > lane.connection.patience_s:
                yield lane, stalled(lane.connection.patience_s)
            elif lane.is_too_slow(now):
                yield lane, _too_slow()

    def close(self) -> None:
        """Drop what is under way, give the others back."""
        for lane in list(self._busy):
            self.release(lane).close()
        for route, lanes in self._free.items():
            for lane in lanes:
                connection = self.release(lane)
                connection.stop_polling()
                self._wire.give_back(route, connection)
        self._free.clear()
        if self._selector is not None:
            self._selector.close()
            self._selector = None

    def _take(self, route: Route) -> PipelinedConnection[Wanted] | None:
        free = self._free.get(route)
        if free:
            return free.pop()
        connection = route.take_idle()
        return (
            None if connection is None else PipelinedConnection(connection, route, is_fresh=False)
        )

    def _is_sent(self, lane: PipelinedConnection[Wanted], raw: bytes) -> bool:
        try:
            lane.connection.send(raw)
        except DeadConnectionError:
            self.release(lane).close()
            return False
        except BaseException:
            self.release(lane).close()
            raise
        return True

    def _drop_free(self, lane: PipelinedConnection[Wanted]) -> None:
        """The other side has closed it, or talks out of turn."""
        self._free[lane.route].remove(lane)
        self.release(lane).close()


def _too_slow() -> UnavailableError:
    return UnavailableError(
        f"less than {SLOW_BYTES // 1024} KiB came in {SLOW_AFTER_S:.0f} s",
        remedy="try again; if it stays so, the way to the endpoint is too slow",
        slug="too-slow",
    )
