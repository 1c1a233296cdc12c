"""Send HTTP/1.1 requests over kept connections that threads share."""

import collections
import functools
import ssl
import threading
import time

import msgspec
from msgspec.structs import replace

from s3nav.aws.errors import ended_early
from s3nav.aws.http.connection import Connection, DeadConnectionError, Deadlines, Waiting
from s3nav.aws.http.endpoints import Endpoint, Proxy, open_connection, proxy_for
from s3nav.aws.http.response import Response, ResponseHead, read_head
from s3nav.aws.http.speed import SpeedWatch
from s3nav.model.errors import UnavailableError

IDLE_LIMIT = 256
"""Idle connections kept for each endpoint."""
_IDLE_TIMEOUT_STATUSES = (400, 408)
IDLE_LIMIT_S = 15.0
"""Measured: S3 closes an idle connection after about 20 s."""
# `identity`: no server or proxy may compress a body, whose bytes are compared with a checksum.
_USUAL_LINES = "user-agent: s3nav\r\naccept-encoding: identity\r\n"


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request without a body, signed and ready to send."""

    endpoint: Endpoint
    method: str
    target: str
    """Path and query, percent-encoded."""
    header_lines: str
    r"""Host and all signed headers, each line ended by \r\n."""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """How the certificates of endpoints are checked."""

    verify: bool = True
    ca_bundle: str | None = None
    """Path of a PEM file; None for the system's certificates."""


class HttpClient:
    """Keep-alive connections to endpoints, shared by threads."""

    def __init__(self, *, deadlines: Deadlines, trust: Trust) -> None:
        self._deadlines = deadlines
        self._first_deadlines = replace(
            deadlines, read_s=min(deadlines.read_s, deadlines.first_answer_s)
        )
        self._trust = trust
        self.slow_responses: set[SpeedWatch] = set()
        self._routes: dict[Endpoint, Route] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def send(self, request: HttpRequest, waiting: Waiting | None = None) -> Response:
        """Send `request` and read the head of the response. Raises UnavailableError, UsageError.

        A kept connection that turns out to be closed is replaced once; nothing else is retried.
        """
        return self.begin(request, waiting).response()

    def begin(self, request: HttpRequest, waiting: Waiting | None = None) -> "PendingResponse":
        """Send `request` without waiting, so one thread can have several under way.

        Raises as `send` does.
        """
        route = self.route(request.endpoint)
        raw = route.encode(request)
        connection = route.take_idle()
        if connection is not None and not _try_send(connection, raw):
            connection = None
        return PendingResponse(self, route, request, raw, waiting, connection)

    def close(self) -> None:
        """Close idle connections; those in use are closed when their response has been read."""
        with self._lock:
            self._is_closed = True
            routes = list(self._routes.values())
        for route in routes:
            route.close_idle()

    def adopt(
        self, request: HttpRequest, raw: bytes, connection: Connection, waiting: Waiting | None
    ) -> "PendingResponse":
        """Take over a request that was already sent over `connection` as `raw`."""
        return PendingResponse(
            self, self.route(request.endpoint), request, raw, waiting, connection
        )

    def connect(self, route: "Route", endpoint: Endpoint) -> Connection:
        """Open a connection. Raises UnavailableError."""
        deadlines = self._deadlines if route.has_answered else self._first_deadlines
        return open_connection(endpoint, deadlines=deadlines, tls=route.tls, proxy=route.proxy)

    def mark_responsive(self, route: "Route", connection: Connection) -> None:
        """Note that the endpoint has answered: from now on its slow responses are waited for."""
        if not route.has_answered:
            route.has_answered = True
            connection.set_deadlines(self._deadlines)

    def give_back(self, route: "Route", connection: Connection) -> None:
        """Keep a connection whose response has been read."""
        route.keep(connection)
        if self._is_closed:
            route.close_idle()

    def route(self, endpoint: Endpoint) -> "Route":
        """The route to an endpoint, made once. Raises UnavailableError, UsageError."""
        known = self._routes.get(endpoint)
        if known is not None:
            return known
        with self._lock:
            route = self._routes.get(endpoint)
            if route is None:
                tls = _tls_context(self._trust) if endpoint.is_tls else None
                route = Route(endpoint, tls, proxy_for(endpoint))
                self._routes[endpoint] = route
            return route


class PendingResponse:
    """A request that was sent: read its response or close it. Used by one thread."""

    __slots__ = ("_connection", "_http_client", "_raw", "_request", "_route", "_waiting")

    def __init__(
        self,
        http_client: HttpClient,
        route: "Route",
        request: HttpRequest,
        raw: bytes,
        waiting: Waiting | None,
        connection: Connection | None,
    ) -> None:
        self._http_client = http_client
        self._route = route
        self._request = request
        self._raw = raw
        self._waiting = waiting
        self._connection = connection
        """None when no kept one accepted the request; `response` then opens another."""

    @property
    def raw(self) -> bytes:
        """The request as it was sent."""
        return self._raw

    def response(self) -> Response:
        """Wait for the head of the response. Raises UnavailableError."""
        kept, self._connection = self._connection, None
        if kept is not None:
            try:
                response = self._head(kept)
            except DeadConnectionError:
                pass
            else:
                if not _may_be_idle_timeout(response.head):
                    return response
                response.close()
        fresh = self._http_client.connect(self._route, self._request.endpoint)
        try:
            if _try_send(fresh, self._raw):
                return self._head(fresh)
        except DeadConnectionError as error:
            raise ended_early() from error
        raise ended_early()

    def close(self) -> None:
        """Drop the connection if the response was not read. Calling it twice is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _head(self, connection: Connection) -> Response:
        connection.waiting = self._waiting
        connection.slow_responses = self._http_client.slow_responses
        try:
            head = read_head(connection, self._request.method)
            self._http_client.mark_responsive(self._route, connection)
        except BaseException:
            connection.close()
            raise
        return Response(
            head, connection, functools.partial(self._http_client.give_back, self._route)
        )


class Route:
    """How to reach one endpoint, directly or through a proxy, and its idle connections."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None, proxy: Proxy | None) -> None:
        self.tls = tls
        self.proxy = proxy
        self.has_answered = False
        """The endpoint has answered once, so a slow response is worth waiting for."""
        self.may_pipeline = proxy is None
        """Whether several requests may be sent at once on a connection: not through a proxy."""
        self._idle: collections.deque[Connection] = collections.deque()
        # Without a tunnel, a proxy needs the whole URL and its own credentials in each request.
        self.target_start = ""
        self.extra_lines = _USUAL_LINES
        if proxy is not None and tls is None:
            self.target_start = f"{endpoint.scheme}://{endpoint.host_header}"
            if proxy.authorization:
                self.extra_lines += f"proxy-authorization: {proxy.authorization}\r\n"

    def encode(self, request: HttpRequest) -> bytes:
        """The bytes to send for a request."""
        return (
            f"{request.method} {self.target_start}{request.target} HTTP/1.1\r\n"
            f"{request.header_lines}{self.extra_lines}\r\n"
        ).encode("utf-8", "surrogateescape")

    def take_idle(self) -> Connection | None:
        """Take the quiet connection used last; None when none is left or all idled for too long."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if time.monotonic() - connection.idle_since > IDLE_LIMIT_S:
                connection.close()
                self.close_idle()  # the others have idled longer
                return None
            if connection.is_quiet:
                return connection
            connection.close()

    def keep(self, connection: Connection) -> None:
        """Keep a drained connection for the next request."""
        connection.end_response()
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if len(self._idle) > IDLE_LIMIT:
            self._close_oldest()

    def close_idle(self) -> None:
        """Close all idle connections."""
        while self._close_oldest():
            pass

    def _close_oldest(self) -> bool:
        try:
            self._idle.popleft().close()
        except IndexError:
            return False
        return True


def _may_be_idle_timeout(head: ResponseHead) -> bool:
    """Whether a server may have sent this before the request came, to close an idle connection.

    It is 408 (RFC 9110, section 15.5.9), 400 RequestTimeout from S3, and a bare 400 from others.
    """
    return head.status in _IDLE_TIMEOUT_STATUSES and not head.keeps_alive


def _try_send(connection: Connection, raw: bytes) -> bool:
    """Send a request; False when the peer had closed the connection, which is then dropped."""
    try:
        connection.send(raw)
    except DeadConnectionError:
        connection.close()
        return False
    except BaseException:
        connection.close()
        raise
    return True


def _tls_context(trust: Trust) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=trust.ca_bundle)
    except OSError as error:
        raise UnavailableError(
            f"cannot read the certificates in `{trust.ca_bundle}`: {error.strerror}",
            remedy="name a PEM file with `--ca-bundle`",
            slug="bad-ca-bundle",
        ) from error
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
