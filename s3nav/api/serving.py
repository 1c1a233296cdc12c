"""Serve the API on a socket."""

import ipaddress
import socket
from collections.abc import Callable

import msgspec
import uvicorn

from s3nav.api.app import create_app
from s3nav.model.errors import UnavailableError, UsageError
from s3nav.scrape import Scrapes

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")
STOP_DEADLINE_S = 10


class ServePlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where to serve, and for whom."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0: any that is free."""
    token: str | None = None


def serve(scrapes: Scrapes, place: ServePlace, *, ready: Callable[[str], None]) -> None:
    """Serve until a signal comes; `ready` is told the URL.

    Raises UsageError when others could reach it and there is no token, UnavailableError when the
    port is taken.
    """
    is_private = _is_loopback(place.host)
    if not is_private and not place.token:
        raise UsageError(
            f"`{place.host}` can be reached from elsewhere, and there is no token",
            remedy="set S3NAV_API_TOKEN, or serve on 127.0.0.1",
            slug="token-needed",
        )
    scrapes.store  # noqa: B018  # what cannot be opened is told before anybody connects
    app = create_app(scrapes, token=place.token, hosts=LOOPBACK_NAMES if is_private else ())
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=STOP_DEADLINE_S,
    )
    with _listen(place) as listener:
        host, port = listener.getsockname()[:2]
        ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        uvicorn.Server(config).run(sockets=[listener])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(place: ServePlace) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        return socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        raise UnavailableError(
            f"cannot serve on {place.host}, port {place.port}: {error.strerror or error}",
            remedy="name another with `--port`; 0 takes any that is free",
            slug="port-taken",
        ) from error
