"""The response to one request: its head, and a body read once into the caller's buffer."""

import sys
import time
from collections.abc import Callable

from s3nav.aws.http.connection import Connection, ended_early
from s3nav.aws.http.http_head import ResponseHead, malformed

CHUNK_LINE_LIMIT_BYTES = 4096
TRAILER_LIMIT = 64
TEXT_LIMIT_BYTES = 64 * 1024 * 1024
TEXT_BUFFER_BYTES = 256 * 1024
MAX_GATHER_S = 0.2
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class Response:
    """A head and a body. One thread reads the body, then closes it."""

    __slots__ = (
        "_connection",
        "_ends_with_connection",
        "_give_back",
        "_is_inside_chunks",
        "_is_last_span",
        "_remaining",
        "head",
    )

    def __init__(
        self, head: ResponseHead, connection: Connection, give_back: Callable[[Connection], None]
    ) -> None:
        self.head = head
        self._connection: Connection | None = connection
        self._give_back = give_back
        self._is_last_span = not head.is_chunked
        self._is_inside_chunks = False
        self._ends_with_connection = head.length_bytes is None and not head.is_chunked
        self._remaining = sys.maxsize if self._ends_with_connection else head.length_bytes or 0
        if self._remaining == 0 and self._is_last_span:
            self._finish()

    def readinto(self, buffer: memoryview) -> int:
        """Read into `buffer`; returns the number of bytes, 0 only at the end.

        Returns early when bytes arrive slowly. Raises UnavailableError.
        """
        try:
            return self._read(buffer)
        except BaseException:
            self.close()
            raise

    def read_text(self) -> bytes:
        """Read a whole body of at most 64 MiB, a page or an error. Raises UnavailableError."""
        expected = self.head.length_bytes
        if expected is not None and expected > TEXT_LIMIT_BYTES:
            self.close()
            raise malformed("a page is too large")
        buffer = memoryview(bytearray(expected or TEXT_BUFFER_BYTES))
        pieces: list[bytes] = []
        size_bytes = 0
        while count := self.readinto(buffer):
            pieces.append(bytes(buffer[:count]))
            size_bytes += count
            if size_bytes > TEXT_LIMIT_BYTES:
                self.close()
                raise malformed("a page is too large")
        return b"".join(pieces)

    def read_all(self, buffer: bytearray) -> int:
        """Read a whole body into `buffer`, which grows as needed; returns its length in bytes.

        Reusing a buffer saves the page faults of fresh memory. Raises UnavailableError.
        """
        wanted = (self.head.length_bytes or TEXT_BUFFER_BYTES) + 1
        filled = 0
        while True:
            if wanted > TEXT_LIMIT_BYTES:
                self.close()
                raise malformed("a page is too large")
            if wanted > len(buffer):
                buffer.extend(bytes(wanted - len(buffer)))
            with memoryview(buffer) as view:
                while filled < len(view) and (count := self.readinto(view[filled:])):
                    filled += count
            if filled < len(buffer):
                return filled
            wanted = 2 * filled

    def close(self) -> None:
        """Drop the connection if bytes are unread. Calling it twice is fine."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, buffer: memoryview) -> int:
        filled = 0
        wanted = len(buffer)
        gather_until = 0.0
        while filled < wanted and (connection := self._connection) is not None:
            if self._remaining == 0:
                self._begin_chunk(connection)
                continue
            count = connection.receive_into(buffer[filled : filled + self._remaining])
            if count == 0:
                if not self._ends_with_connection:
                    raise ended_early()
                self.close()
                break
            filled += count
            self._remaining -= count
            if self._remaining == 0 and self._is_last_span:
                self._finish()
                break
            # Large reads save the caller system calls, but a slow network must not delay a pause.
            now = time.monotonic()
            gather_until = gather_until or now + MAX_GATHER_S
            if now >= gather_until:
                break
        return filled

    def _begin_chunk(self, connection: Connection) -> None:
        line = connection.read_line(CHUNK_LINE_LIMIT_BYTES)
        if self._is_inside_chunks:
            if line:
                raise malformed("a chunk is longer than announced")
            line = connection.read_line(CHUNK_LINE_LIMIT_BYTES)
        self._is_inside_chunks = True
        digits = line.partition(b";")[0].strip()
        if not 0 < len(digits) <= 15 or not _HEX_DIGITS.issuperset(digits):
            raise malformed("a chunk has no length")
        self._remaining = int(digits, 16)
        if self._remaining == 0:
            self._skip_trailers(connection)

    def _skip_trailers(self, connection: Connection) -> None:
        for _ in range(TRAILER_LIMIT):
            if not connection.read_line(CHUNK_LINE_LIMIT_BYTES):
                self._is_last_span = True
                self._finish()
                return
        raise malformed("too many trailers")

    def _finish(self) -> None:
        """Give the connection back for the next request: the body has been read."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self.head.keeps_alive and connection.is_drained:
            self._give_back(connection)
        else:
            connection.close()
