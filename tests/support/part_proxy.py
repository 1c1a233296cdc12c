"""A way to an S3 that counts the parts sent through it, and holds those a test wants held."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 64 * 1024
_PART = re.compile(rb"PUT [^ ]*[?&]partNumber=(\d+)")
_REQUEST_LINE_BYTES = 2048
HOLD_S = 600.0


@dataclass(eq=False)
class PartProxy:
    """Passes bytes on, as they are; use it as a context."""

    url_behind: str
    parts: list[int] = field(default_factory=list)
    """Numbers of parts whose sending began, in order."""
    _sockets: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _left: int | None = None
    """Parts that may pass; None for all."""
    _dropped: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets.append(self._listener)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.drop_held()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def let_through(self, count: int | None) -> None:
        """Let this number of parts pass from now on, or all, and hold the others."""
        with self._lock:
            self._left, self._dropped = count, threading.Event()

    def drop_held(self) -> None:
        """End the connections of parts that are held: nothing of them reaches S3."""
        with self._lock:
            self._dropped.set()

    def _may_pass(self) -> bool:
        with self._lock:
            if self._left is None:
                return True
            self._left -= 1
            may_pass, dropped = self._left >= 0, self._dropped
        if not may_pass:
            dropped.wait(HOLD_S)
        return may_pass

    def _start(self, work: Callable[..., None], *sockets: socket.socket) -> None:
        threading.Thread(target=work, args=sockets, name="part-proxy", daemon=True).start()

    def _accept(self) -> None:
        behind = urlsplit(self.url_behind)
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection((behind.hostname, behind.port), 10)
            except OSError:
                return
            server.settimeout(None)
            self._sockets += [client, server]
            self._start(self._forth, client, server)
            self._start(self._back, server, client)

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        before = b""
        with contextlib.suppress(OSError), client, server:
            while piece := client.recv(PIECE_BYTES):
                seen, end = before + piece, 0
                for match in _PART.finditer(seen):
                    self.parts.append(int(match[1]))
                    end = match.end()
                    if not self._may_pass():
                        _hang_up(client, server)
                        return
                before = seen[max(end, len(seen) - _REQUEST_LINE_BYTES) :]
                server.sendall(piece)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            while piece := server.recv(PIECE_BYTES):
                client.sendall(piece)


def _hang_up(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
