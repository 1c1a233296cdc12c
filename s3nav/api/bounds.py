"""Limits for clients: how large a body may be, and how long anything of a request may take."""

import asyncio
from asyncio import TimerHandle, Transport

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from s3nav.api.problems import problem

MAX_BODY_BYTES = 1_000_000
HEAD_S = 20.0
"""Longest wait for the head of a request, also of the first on a connection."""
BODY_S = 20.0
"""Longest time for a whole body to arrive."""
SEND_S = 60.0
"""Longest time for which a client may take nothing of what waits for it."""
CONNECTIONS = 200
"""More get 503."""


class BoundedRequests:
    """ASGI middleware that has the whole body before the application hears of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; one whose body is too large or does not come is a problem."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        pieces: list[Message] = []
        try:
            async with asyncio.timeout(BODY_S):
                is_small = await _read(receive, pieces)
        except TimeoutError:
            refusal = problem(
                status=408, slug="too-slow", detail="the body does not come", path=scope["path"]
            )
        else:
            if is_small:
                await self._app(scope, _again(pieces, receive), send)
                return
            refusal = problem(
                status=413, slug="too-large", detail="the body is too large", path=scope["path"]
            )
        # The rest is not read: the connection cannot be used again.
        refusal.headers["Connection"] = "close"
        await refusal(scope, receive, send)


async def _read(receive: Receive, pieces: list[Message]) -> bool:
    """Collect a body, or what came before the client left; False when it is too large."""
    size_bytes = 0
    while not pieces or pieces[-1].get("more_body", False):
        pieces.append(await receive())
        size_bytes += len(pieces[-1].get("body", b""))
        if size_bytes > MAX_BODY_BYTES:
            return False
    return True


def _again(pieces: list[Message], receive: Receive) -> Receive:
    """Receive what was collected, then what comes: that the client has left."""
    collected = iter(pieces)

    async def receive_again() -> Message:
        return next(collected, None) or await receive()

    return receive_again


class BoundedProtocol(H11Protocol):
    """HTTP on one connection, closed when the head of a request does not come."""

    _waiting: TimerHandle | None = None
    _sending: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn's
        """Wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest, if this is not all of a head."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop()
        if self._sending is not None:
            self._sending.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes less than is sent: wait for it."""
        super().pause_writing()
        self._sending = self.loop.call_later(SEND_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken what waited."""
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        # Before the first request there is no cycle, though uvicorn's types say so.
        cycle: RequestResponseCycle | None = vars(self)["cycle"]
        if cycle is not None and not cycle.response_complete:
            self._stop()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(HEAD_S, self.transport.abort)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
