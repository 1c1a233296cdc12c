"""Serve the API on a socket."""

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable
from types import FrameType

import msgspec
import uvicorn
from fastapi import FastAPI

from s3nav.api.app import create_app
from s3nav.api.bounds import CONNECTIONS, BoundedProtocol
from s3nav.model.errors import EXIT_INTERRUPTED, UnavailableError, UsageError
from s3nav.scrape import Scrapes

logger = logging.getLogger(__name__)

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "::1")
STOP_S = 4
"""How long answers that are under way may take after a signal."""
END_S = 8.0
"""When the process ends after a signal, whatever runs: what scrapes found is kept already."""


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
    config = config_of(app)
    with _listen(place) as listener:
        host, port = listener.getsockname()[:2]
        ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        _Server(config).run(sockets=[listener])


def config_of(app: FastAPI) -> uvicorn.Config:
    """How the server runs."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_config=None,
        access_log=False,
        lifespan="off",
        limit_concurrency=CONNECTIONS,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
    )


class _Server(uvicorn.Server):
    """Ends the process soon after a signal, also when a thread waits for AWS."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop serving; uvicorn calls it for each signal."""
        if not self.should_exit:
            end = threading.Timer(END_S, _end)
            end.name, end.daemon = "s3nav-end", True
            end.start()
        super().handle_exit(sig, frame)


def _end() -> None:
    logger.warning("what still runs is left: the deadline after a signal has passed")
    os._exit(EXIT_INTERRUPTED)


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
