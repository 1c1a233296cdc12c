"""A way to an S3 that counts the parts which are sent through it, and may be slow."""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 64 * 1024
_PART = re.compile(rb"PUT [^ ]*[?&]partNumber=(\d+)")
_REQUEST_LINE_BYTES = 2048


@dataclass(eq=False)
class PartProxy:
    """Passes bytes on, as they are; use it as a context."""

    url_behind: str
    pace_s: float = 0.0
    """Wait so long before each piece that is sent."""
    parts: list[int] = field(default_factory=list)
    """Numbers of parts whose sending began, in order."""
    _sockets: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets.append(self._listener)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

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
                before = seen[max(end, len(seen) - _REQUEST_LINE_BYTES) :]
                time.sleep(self.pace_s)
                server.sendall(piece)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            while piece := server.recv(PIECE_BYTES):
                client.sendall(piece)
