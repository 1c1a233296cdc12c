"""A server on loopback that says, connection by connection, exactly what a test wrote."""

import contextlib
import fcntl
import socket
import struct
import termios
import threading
from collections.abc import Sequence
from typing import Self

from tests.support.waiting import eventually

HANG = b"\x00hang"
"""As the last answer of a connection: keep it open and say nothing."""
END_OF_HEAD = b"\r\n\r\n"


def answer(
    body: bytes = b"", *, status: str = "200 OK", headers: Sequence[str] = (), length: bool = True
) -> bytes:
    """The bytes of one HTTP answer."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class ScriptedServer:
    """Answers the n-th request of the n-th connection with what the script holds.

    A connection is closed after its last answer. Connections beyond the script are closed at once.
    """

    def __init__(self, *connections: Sequence[bytes]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = list(connections)
        self._open: list[socket.socket] = []
        self._is_stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="scripted-server")

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_stopping.set()
        # accept() does not notice a closed listener on every system: knock once.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            pass
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in self._open:
            connection.close()

    def say(self, said: bytes, *, on: int = 0) -> None:
        """Send what was not asked for on a connection; returns when the client has received it."""
        connection = self._open[on]
        connection.sendall(said)
        eventually(lambda: _unreceived_bytes(connection) == 0, what="the client receives nothing")

    def _serve(self) -> None:
        workers = []
        while not self._is_stopping.is_set():
            connection, _ = self._listener.accept()
            if self._is_stopping.is_set():
                connection.close()
                break
            script = self._script[self.connections] if self.connections < len(self._script) else ()
            self.connections += 1
            self._open.append(connection)
            worker = threading.Thread(target=self._talk, args=(connection, script))
            worker.start()
            workers.append(worker)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in workers:
            worker.join()

    def _talk(self, connection: socket.socket, script: Sequence[bytes]) -> None:
        with contextlib.suppress(OSError):
            for said in script:
                if not self._hear(connection):
                    return
                if said == HANG:
                    self._is_stopping.wait()
                    return
                connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)

    def _hear(self, connection: socket.socket) -> bool:
        heard = b""
        while END_OF_HEAD not in heard:
            piece = connection.recv(65536)
            if not piece:
                return False
            heard += piece
        self.requests.append(heard)
        return True


def _unreceived_bytes(connection: socket.socket) -> int:
    """How many bytes the other end's kernel has not acknowledged."""
    found = fcntl.ioctl(connection, termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", found)[0])
