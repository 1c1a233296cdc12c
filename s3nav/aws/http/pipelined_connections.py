"""The connections on which one thread has requests under way, and a wait for any of them.

Small objects cost more in system calls and thread switches than in bytes. So one thread sends
requests on many connections and reads whichever response arrives first. Where the network is fast
it also sends up to `PIPELINE_DEPTH` requests in one write (HTTP pipelining, RFC 9112, section
9.3.2) and often receives as many responses in one read. Where the network is slow, pipelining would
only queue requests behind each other on the server, so the depth follows the share of time that
was spent waiting.

Requests to AWS, or through a proxy, are never pipelined. Responses must arrive in the order of the
requests, but some servers that work on several requests at once break this rule, and AWS documents
no support for pipelining: it recommends separate connections (S3 User Guide, "Performance
guidelines for Amazon S3"). At other endpoints, a response with another ETag or length than expected
turns pipelining off.
"""

import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Generic

from s3nav.aws.errors import stalled
from s3nav.aws.http.connection import END_OF_HEAD, SLICE_S, Connection, DeadConnectionError
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, Route
from s3nav.aws.http.speed import SpeedWatch, too_slow
from s3nav.model.errors import UnavailableError
from s3nav.model.ports.stores import Wanted

PIPELINE_DEPTH = 16
"""Halves the system calls for small objects on loopback, compared with one request a write."""
SAMPLE_S = 0.02
"""Time between two decisions about the depth."""
LOW_WAIT_SHARE = 0.1
HIGH_WAIT_SHARE = 0.4
"""Shares of the time spent waiting: pipeline below the first, stop above the second."""


class PipelinedConnection(Generic[Wanted]):
    """One connection and the objects requested on it."""

    __slots__ = (
        "connection",
        "flags",
        "has_answered",
        "is_fresh",
        "is_pipelined",
        "is_watched",
        "last_received_at",
        "partial",
        "raw",
        "receive",
        "route",
        "speed",
        "waited_s",
        "wanted",
    )

    def __init__(self, connection: Connection, route: Route, *, is_fresh: bool) -> None:
        self.connection = connection
        self.route = route
        self.is_fresh = is_fresh
        self.receive, self.flags = connection.poll()
        self.wanted: deque[Wanted] = deque()
        """Requested and not yet received, in the order of the responses."""
        self.raw = b""
        """The bytes of the last batch of requests."""
        self.is_pipelined = False
        """The last batch had more than one request."""
        self.has_answered = False
        """A response to the last batch has arrived."""
        self.partial = b""
        """The beginning of a response that is still arriving."""
        self.is_watched = False
        self.last_received_at = 0.0
        self.speed: SpeedWatch | None = None
        """Of the response in `partial`."""
        self.waited_s = 0.0
        """What `PipelinedConnections.waited_s` was when `partial` grew."""

    def due_request(self) -> bytes:
        """The bytes of the request whose response comes next."""
        if not self.is_pipelined:
            return self.raw
        requests = self.raw.split(END_OF_HEAD)
        return requests[-1 - len(self.wanted)] + END_OF_HEAD

    def end_response(self) -> None:
        """Forget the beginning of a response: it is complete, or the connection is not."""
        self.partial = b""
        if self.speed is not None:
            self.speed.end()
            self.speed = None


class PipelinedConnections(Generic[Wanted]):
    """All connections of one thread: idle ones, and busy ones that await responses."""

    def __init__(self, http_client: HttpClient, *, may_pipeline: bool) -> None:
        self._http_client = http_client
        self._may_pipeline = may_pipeline
        self._depth = 1
        self._sampled_at = time.monotonic()
        self._waited_at_sample_s = 0.0
        self._idle: dict[Route, list[PipelinedConnection[Wanted]]] = {}
        self._busy: dict[PipelinedConnection[Wanted], None] = {}
        """Ordered by the time of their requests."""
        self._ready: deque[PipelinedConnection[Wanted]] = deque()
        self._selector: selectors.BaseSelector | None = None
        self.waited_s = 0.0

    def route(self, endpoint: Endpoint) -> Route:
        """The route to an endpoint. Raises UnavailableError, UsageError."""
        return self._http_client.route(endpoint)

    def depth(self) -> int:
        """How many requests to send at once on one connection: 1 or `PIPELINE_DEPTH`."""
        now = time.monotonic()
        span_s = now - self._sampled_at
        if self._may_pipeline and span_s > SAMPLE_S:
            share = (self.waited_s - self._waited_at_sample_s) / span_s
            self._sampled_at, self._waited_at_sample_s = now, self.waited_s
            if share < LOW_WAIT_SHARE:
                self._depth = PIPELINE_DEPTH
            elif share > HIGH_WAIT_SHARE:
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
        """Send requests over an idle connection, else a new one. Raises UnavailableError."""
        now = time.monotonic()
        pipelined = None if fresh else self._take(route)
        if pipelined is not None and not self._try_send(pipelined, raw):
            pipelined = None
        if pipelined is None:
            started = time.monotonic()
            pipelined = PipelinedConnection(
                self._http_client.connect(route, endpoint), route, is_fresh=True
            )
            now = time.monotonic()
            self.waited_s += now - started
            pipelined.connection.send(raw)
        pipelined.wanted.extend(wanted)
        pipelined.raw = raw
        pipelined.is_pipelined = len(wanted) > 1
        pipelined.last_received_at = now
        pipelined.has_answered = False
        self._busy[pipelined] = None

    def set_aside(self, pipelined: PipelinedConnection[Wanted], partial: bytes) -> None:
        """Store the beginning of a response while other connections are read."""
        grown_bytes = len(partial) - len(pipelined.partial)
        if grown_bytes <= 0:
            return
        pipelined.last_received_at = time.monotonic()
        if pipelined.speed is None:
            pipelined.speed = SpeedWatch(self._http_client.slow_responses)
        elif pipelined.partial:
            pipelined.speed.count(grown_bytes, self.waited_s - pipelined.waited_s)
        pipelined.waited_s = self.waited_s
        pipelined.partial = partial

    def ready(self) -> PipelinedConnection[Wanted] | None:
        """A connection on which bytes have arrived; None when `wait` has to find one."""
        ready = self._ready
        while ready:
            pipelined = ready.popleft()
            if pipelined in self._busy:
                return pipelined
        return None

    def oldest(self) -> PipelinedConnection[Wanted] | None:
        """The busy connection that has waited longest; None when none is busy."""
        return next(iter(self._busy), None)

    def mark_idle(self, pipelined: PipelinedConnection[Wanted]) -> None:
        """Make a connection available again: all its responses have been read."""
        del self._busy[pipelined]
        if pipelined.is_fresh:
            pipelined.is_fresh = False
            self._http_client.mark_responsive(pipelined.route, pipelined.connection)
        self._idle.setdefault(pipelined.route, []).append(pipelined)

    def release(self, pipelined: PipelinedConnection[Wanted]) -> Connection:
        """Stop tracking a connection and hand it to the caller, who uses or closes it."""
        self._busy.pop(pipelined, None)
        pipelined.end_response()
        if pipelined.is_watched and self._selector is not None:
            self._selector.unregister(pipelined.connection)
            pipelined.is_watched = False
        return pipelined.connection

    def wait(self, timeout_s: float = SLICE_S) -> None:
        """Wait until bytes arrive on any connection or the time is up."""
        started = time.monotonic()
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
        for pipelined in self._busy:
            if not pipelined.is_watched:
                pipelined.is_watched = True
                self._selector.register(pipelined.connection, selectors.EVENT_READ, pipelined)
        found = self._selector.select(timeout_s)
        for key, _ in found:
            pipelined = key.data
            if pipelined in self._busy:
                self._ready.append(pipelined)
            else:
                self._drop_idle(pipelined)
        self.waited_s += time.monotonic() - started

    def overdue(self) -> Iterator[tuple[PipelinedConnection[Wanted], UnavailableError]]:
        """Yield busy connections that are silent or too slow, each with its error."""
        now = time.monotonic()
        ready = set(self._ready)
        for pipelined in list(self._busy):
            silence_s = now - pipelined.last_received_at
            if pipelined.speed is not None and pipelined.speed.is_too_slow:
                yield pipelined, too_slow()
            elif silence_s > pipelined.connection.read_timeout_s and pipelined not in ready:
                yield pipelined, stalled(pipelined.connection.read_timeout_s)

    def close(self) -> None:
        """Drop busy connections and give idle ones back to the HTTP client."""
        for pipelined in list(self._busy):
            self.release(pipelined).close()
        for route, idle in self._idle.items():
            for pipelined in idle:
                connection = self.release(pipelined)
                connection.stop_polling()
                self._http_client.give_back(route, connection)
        self._idle.clear()
        if self._selector is not None:
            self._selector.close()
            self._selector = None

    def _take(self, route: Route) -> PipelinedConnection[Wanted] | None:
        idle = self._idle.get(route)
        while idle:
            pipelined = idle.pop()
            if pipelined.connection.is_quiet:
                return pipelined
            self.release(pipelined).close()
        connection = route.take_idle()
        return (
            None if connection is None else PipelinedConnection(connection, route, is_fresh=False)
        )

    def _try_send(self, pipelined: PipelinedConnection[Wanted], raw: bytes) -> bool:
        try:
            pipelined.connection.send(raw)
        except DeadConnectionError:
            self.release(pipelined).close()
            return False
        except BaseException:
            self.release(pipelined).close()
            raise
        return True

    def _drop_idle(self, pipelined: PipelinedConnection[Wanted]) -> None:
        """Drop an idle connection on which bytes arrived: closed, or an unrequested response."""
        self._idle[pipelined.route].remove(pipelined)
        self.release(pipelined).close()
