"""A server on loopback that begins an answer and goes on with a few bytes now and then."""

import contextlib
import socket
import threading
from typing import Self

PAUSE_S = 0.02
_END_OF_HEAD = b"\r\n\r\n"


class DrippingServer:
    """Answers every request with `start`, and then with `drop` again and again."""

    def __init__(self, start: bytes, drop: bytes) -> None:
        self._start = start
        self._drop = drop
        self._is_stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="dripping-server", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            heard = b""
            while _END_OF_HEAD not in heard:
                heard += connection.recv(65536)
            connection.sendall(self._start)
            while not self._is_stopping.wait(PAUSE_S):
                connection.sendall(self._drop)
