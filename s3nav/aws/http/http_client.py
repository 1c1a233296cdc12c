"""A small strict HTTP/1.1 client on bare sockets, for the requests that are made by the million."""

import collections
import functools
import ssl
import threading
import time

import msgspec
from msgspec.structs import replace

from s3nav.aws.http.connection import (
    Connection,
    DeadConnectionError,
    Deadlines,
    Waiting,
    ended_early,
    open_connection,
)
from s3nav.aws.http.endpoints import Endpoint, Proxy, proxy_for
from s3nav.aws.http.response import Response
from s3nav.model.errors import UnavailableError

IDLE_LIMIT = 256
IDLE_LIMIT_S = 15.0
"""S3 closes an idle connection after about 20 s."""
_USUAL_LINES = "user-agent: s3nav\r\naccept-encoding: identity\r\n"


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request without a body, ready to go out."""

    endpoint: Endpoint
    method: str
    target: str
    """Path and query, percent-encoded."""
    header_lines: str
    r"""Host and all that is signed, each line ended by \r\n."""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """How certificates are checked."""

    verify: bool = True
    ca_bundle: str | None = None
    """None for the system's certificates."""


class HttpClient:
    """Keep-alive connections to endpoints, shared by threads."""

    def __init__(self, *, deadlines: Deadlines, trust: Trust) -> None:
        self._deadlines = deadlines
        self._first_deadlines = replace(
            deadlines, read_s=min(deadlines.read_s, deadlines.first_answer_s)
        )
        self._trust = trust
        self._routes: dict[Endpoint, Route] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def send(self, request: HttpRequest, waiting: Waiting | None = None) -> Response:
        """Send `request`, read the head of the answer. Raises UnavailableError, UsageError.

        A kept connection found dead is replaced once; nothing else is tried again.
        """
        return self.ask(request, waiting).answer()

    def ask(self, request: HttpRequest, waiting: Waiting | None = None) -> "Asked":
        """Send `request`; so one thread has requests on several connections under way.

        Raises as `send` does.
        """
        route = self.route(request.endpoint)
        raw = route.encode(request)
        connection = route.take_idle()
        if connection is not None and not _is_sent(connection, raw):
            connection = None
        return Asked(self, route, request, raw, waiting, connection)

    def close(self) -> None:
        """Close idle connections; those in use are closed when their answer is read."""
        with self._lock:
            self._is_closed = True
            routes = list(self._routes.values())
        for route in routes:
            route.close_idle()

    def resume(
        self, request: HttpRequest, sent: bytes, connection: Connection, waiting: Waiting | None
    ) -> "Asked":
        """A request that went out over `connection` as `sent`."""
        return Asked(self, self.route(request.endpoint), request, sent, waiting, connection)

    def connect(self, route: "Route", endpoint: Endpoint) -> Connection:
        """A fresh connection. Raises UnavailableError."""
        deadlines = self._deadlines if route.has_answered else self._first_deadlines
        return open_connection(endpoint, deadlines=deadlines, tls=route.tls, proxy=route.proxy)

    def heard(self, route: "Route", connection: Connection) -> None:
        """Something answered: from now on it is worth waiting for."""
        if not route.has_answered:
            route.has_answered = True
            connection.be_patient(self._deadlines)

    def give_back(self, route: "Route", connection: Connection) -> None:
        """Keep a connection whose answer has been read."""
        route.keep(connection)
        if self._is_closed:
            route.close_idle()

    def route(self, endpoint: Endpoint) -> "Route":
        """The way to an endpoint. Raises UnavailableError, UsageError."""
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


class Asked:
    """A request that was sent: read its answer, or close it. Used by one thread."""

    __slots__ = ("_connection", "_raw", "_request", "_route", "_waiting", "_wire")

    def __init__(
        self,
        wire: HttpClient,
        route: "Route",
        request: HttpRequest,
        raw: bytes,
        waiting: Waiting | None,
        connection: Connection | None,
    ) -> None:
        self._wire = wire
        self._route = route
        self._request = request
        self._raw = raw
        self._waiting = waiting
        self._connection = connection
        """None when no kept one would take the request: a fresh one is opened for the answer."""

    @property
    def sent(self) -> bytes:
        """The request as it went out."""
        return self._raw

    def answer(self) -> Response:
        """The head of the answer has come. Raises UnavailableError."""
        kept, self._connection = self._connection, None
        if kept is not None:
            try:
                return self._head(kept)
            except DeadConnectionError:
                pass
        fresh = self._wire.connect(self._route, self._request.endpoint)
        try:
            if _is_sent(fresh, self._raw):
                return self._head(fresh)
        except DeadConnectionError as error:
            raise ended_early() from error
        raise ended_early()

    def close(self) -> None:
        """Drop the connection if the answer was not read; calling it twice is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _head(self, connection: Connection) -> Response:
        connection.waiting = self._waiting
        try:
            head = connection.head(self._request.method)
            self._wire.heard(self._route, connection)
        except BaseException:
            connection.close()
            raise
        return Response(head, connection, functools.partial(self._wire.give_back, self._route))


class Route:
    """The way to one endpoint, and the idle connections along it."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None, proxy: Proxy | None) -> None:
        self.tls = tls
        self.proxy = proxy
        self.has_answered = False
        """Some answer has come this way, so a slow one is worth waiting for."""
        self.may_pipeline = proxy is None
        """Nothing speaks against several requests at once on a connection."""
        self._idle: collections.deque[Connection] = collections.deque()
        # A proxy without a tunnel wants the whole URL, and its own credentials, in each request.
        self.target_start = ""
        self.extra_lines = _USUAL_LINES
        if proxy is not None and tls is None:
            self.target_start = f"{endpoint.scheme}://{endpoint.host_header}"
            if proxy.authorization:
                self.extra_lines += f"proxy-authorization: {proxy.authorization}\r\n"

    def encode(self, request: HttpRequest) -> bytes:
        """The bytes of a request."""
        return (
            f"{request.method} {self.target_start}{request.target} HTTP/1.1\r\n"
            f"{request.header_lines}{self.extra_lines}\r\n"
        ).encode("utf-8", "surrogateescape")

    def take_idle(self) -> Connection | None:
        """The connection used last, unless it has idled too long."""
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        if time.monotonic() - connection.idle_since <= IDLE_LIMIT_S:
            return connection
        connection.close()
        self.close_idle()  # the others have idled longer
        return None

    def keep(self, connection: Connection) -> None:
        """Keep a drained connection for the next request."""
        connection.waiting = None
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if len(self._idle) > IDLE_LIMIT:
            self._close_oldest()

    def close_idle(self) -> None:
        """Close all that wait."""
        while self._close_oldest():
            pass

    def _close_oldest(self) -> bool:
        try:
            self._idle.popleft().close()
        except IndexError:
            return False
        return True


def _is_sent(connection: Connection, raw: bytes) -> bool:
    """Send a request; False, and the connection closed, when the other side has closed it."""
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
            f"the certificates in `{trust.ca_bundle}` cannot be read: {error.strerror}",
            remedy="name a PEM file with `--ca-bundle`",
            slug="bad-ca-bundle",
        ) from error
    if not trust.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
