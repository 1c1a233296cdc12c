"""Parse endpoint URLs, find the proxy to use for an endpoint, and connect to it."""

import base64
import os
import socket
import ssl
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

import msgspec

from s3nav.aws.errors import ended_early, from_transport
from s3nav.aws.http.connection import Connection, DeadConnectionError, Deadlines, set_deadline
from s3nav.aws.http.response import read_head
from s3nav.model.errors import UnavailableError, UsageError
from s3nav.model.lazy_names import Deferred
from s3nav.model.text.plain_messages import is_one_word

if TYPE_CHECKING:
    from urllib import request
else:
    request = Deferred("urllib.request")

DEFAULT_PORTS = {"http": 80, "https": 443}
_REMEDY = "write it as https://host[:port], e.g. `--endpoint-url http://127.0.0.1:9000`"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One server that speaks S3."""

    scheme: str
    host: str
    """Without brackets when it is an IPv6 address."""
    port: int
    base_path: str = ""
    """The path before the bucket, percent-encoded, without a trailing slash."""

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Read ``http[s]://host[:port][/path]``. Raises UsageError."""
        parts, port = _split(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            raise UsageError(
                "the endpoint URL is not valid",
                remedy=_REMEDY,
                slug="bad-endpoint",
            )
        return cls(
            scheme=parts.scheme,
            host=_ascii_host(parts.hostname),
            port=port or DEFAULT_PORTS[parts.scheme],
            base_path=quote(parts.path.rstrip("/"), safe="/~%"),
        )

    @property
    def is_tls(self) -> bool:
        """True when the connection is encrypted."""
        return self.scheme == "https"

    @property
    def host_header(self) -> str:
        """The value of the Host header: the port is left out when it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as a user would write it."""
        return f"{self.scheme}://{self.host_header}{self.base_path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy from the environment."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)
    """The value of Proxy-Authorization; empty when the proxy URL has no user name."""


def proxy_for(endpoint: Endpoint, proxies: Mapping[str, str] | None = None) -> Proxy | None:
    """The proxy that the environment names for `endpoint`, or None.

    Raises UsageError when its URL is not valid or not ``http://``.
    """
    if proxies is None and not _may_have_proxies():
        return None
    known = request.getproxies() if proxies is None else proxies
    url = known.get(endpoint.scheme) or known.get("all")
    if not url or request.proxy_bypass(f"{endpoint.host}:{endpoint.port}"):
        return None
    parts, port = _split(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError(
            f"s3nav cannot use the proxy that `{endpoint.scheme}_proxy` names",
            remedy="use an http:// proxy, or set no_proxy for the endpoint",
            slug="bad-proxy",
        )
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return Proxy(host=parts.hostname, port=port or 80, authorization=authorization)


def open_connection(
    endpoint: Endpoint,
    *,
    deadlines: Deadlines,
    tls: ssl.SSLContext | None,
    proxy: Proxy | None,
) -> Connection:
    """Connect, through `proxy` and with TLS if given. Raises UnavailableError."""
    address = (proxy.host, proxy.port) if proxy else (endpoint.host, endpoint.port)
    try:
        connected = _connect(address, deadlines.connect_s)
    except OSError as error:
        raise from_transport(error, endpoint=endpoint.url) from error
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if endpoint.is_tls and proxy:
            _open_tunnel(connected, endpoint, proxy, deadlines)
        if tls is not None:
            connected = tls.wrap_socket(connected, server_hostname=endpoint.host)
        set_deadline(connected, deadlines)
    except (OSError, UnavailableError) as error:
        connected.close()
        if isinstance(error, OSError):
            raise from_transport(error, endpoint=endpoint.url) from error
        raise
    return Connection(connected, deadlines)


def _connect(address: tuple[str, int], connect_s: float) -> socket.socket:
    """Try the addresses of a host in turn. Raises OSError.

    All attempts together take at most two timeouts: a name with eight dead addresses must not take
    eight.
    """
    until = time.monotonic() + 2 * connect_s
    problem: OSError = TimeoutError()
    for family, kind, protocol, _, socket_address in socket.getaddrinfo(
        *address, type=socket.SOCK_STREAM
    ):
        left_s = until - time.monotonic()
        if left_s <= 0:
            break
        connected = socket.socket(family, kind, protocol)
        connected.settimeout(min(connect_s, left_s))
        try:
            connected.connect(socket_address)
        except OSError as error:
            connected.close()
            problem = error
        else:
            return connected
    raise problem


def _open_tunnel(
    connected: socket.socket, endpoint: Endpoint, proxy: Proxy, deadlines: Deadlines
) -> None:
    """Open a tunnel through the proxy (CONNECT). Raises UnavailableError, OSError."""
    target = f"{endpoint.host}:{endpoint.port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    tunnel = Connection(connected, deadlines)
    try:
        # Parsed like a response to HEAD: a successful CONNECT has no body (RFC 9110, 9.3.6).
        tunnel.send("\r\n".join([*lines, "", ""]).encode())
        head = read_head(tunnel, "HEAD")
    except DeadConnectionError as error:
        raise ended_early() from error
    if not 200 <= head.status < 300 or not tunnel.is_drained:
        raise UnavailableError(
            f"the proxy `{proxy.host}` refused a tunnel to `{endpoint.host}` ({head.status})",
            remedy="check https_proxy, or set no_proxy for the endpoint",
            slug="proxy-refused",
        )


def _may_have_proxies() -> bool:
    """Whether a proxy can be set: by a variable, or by the settings of Windows or macOS."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(name.lower().endswith("_proxy") for name in os.environ)


def _ascii_host(host: str) -> str:
    """The host name in its ASCII (IDNA) form. Raises UsageError when it has none."""
    if not is_one_word(host):
        raise UsageError(
            "the host name of the endpoint contains white space or a control character",
            remedy=_REMEDY,
            slug="bad-endpoint",
        )
    try:
        return host if ":" in host else host.encode("idna").decode()
    except UnicodeError as error:
        raise UsageError(
            f"`{host}` is not a valid host name", remedy=_REMEDY, slug="bad-endpoint"
        ) from error


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(
            "a URL is not valid", remedy="write it as http://host:port", slug="bad-endpoint"
        ) from error
    return parts, port
