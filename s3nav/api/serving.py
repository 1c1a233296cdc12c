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
    """The address to serve on, and the token to require."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 for any free port."""
    token: str | None = None


def serve(scrapes: Scrapes, place: ServePlace, *, ready: Callable[[str], None]) -> None:
    """Serve until a signal arrives; `ready` is called with the URL.

    Raises UsageError without a token on an address other machines can reach, UnavailableError when
    the port is taken.
    """
    is_private = _is_loopback(place.host)
    if not is_private and not place.token:
        raise UsageError(
            f"`{place.host}` can be reached by other machines, and no token is set",
            remedy="set S3NAV_API_TOKEN, or serve on 127.0.0.1",
            slug="token-needed",
        )
    scrapes.store  # noqa: B018  # open it now: an error should appear before anyone connects
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
