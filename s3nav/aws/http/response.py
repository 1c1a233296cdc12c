"""Read the response to one request: its head, then its body into the caller's buffer.

Anything outside the grammar of RFC 9112 is refused: a head that two parsers read differently lets a
proxy and this client disagree about where a response ends.
"""

import re
import sys
import time
from collections.abc import Callable

import msgspec

from s3nav.aws.errors import ended_early, malformed
from s3nav.aws.http.connection import Connection

HEADER_LIMIT = 256
INTERIM_LIMIT = 8
NO_BODY_STATUSES = frozenset({204, 304})
_HEAD = re.compile(
    rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*\r\n)*)\r\n"
)
_LENGTH = re.compile(r"[0-9]{1,19}")
CHUNK_LINE_LIMIT_BYTES = 4096
TRAILER_LIMIT = 64
TEXT_LIMIT_BYTES = 64 * 1024 * 1024
TEXT_BUFFER_BYTES = 256 * 1024
MAX_GATHER_S = 0.2
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")


class ResponseHead(msgspec.Struct, frozen=True, kw_only=True):
    """The status line and headers of a response."""

    status: int
    headers: dict[str, str]
    """Names in lower case; values of a repeated name joined by a comma."""
    length_bytes: int | None
    """None when the body is chunked, or ends with the connection."""
    is_chunked: bool
    keeps_alive: bool


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


def read_head(connection: Connection, method: str) -> ResponseHead:
    """Read the head of the next response; interim ones (status 1xx) are skipped.

    Raises DeadConnectionError, UnavailableError.
    """
    deadline = time.monotonic() + connection.read_timeout_s
    for _ in range(INTERIM_LIMIT):
        head = parse_head(connection.receive_head(deadline), method=method)
        if head.status >= 200:
            return head
    raise malformed("too many interim responses")


def parse_head(raw: bytes, *, method: str) -> ResponseHead:
    """Parse `raw`, which ends with the empty line. Raises UnavailableError when it is not valid."""
    match = _HEAD.fullmatch(raw)
    if match is None:
        raise malformed("its head is not HTTP/1.1")
    headers = _headers(match[2].decode("latin-1"))
    status = int(match[1])
    length, is_chunked = _framing(headers)
    if method == "HEAD" or status in NO_BODY_STATUSES or status < 200:
        length, is_chunked = 0, False
    connection = headers.get("connection", "").lower()
    keeps_alive = "close" not in connection and (
        raw.startswith(b"HTTP/1.1") or "keep-alive" in connection
    )
    return ResponseHead(
        status=status,
        headers=headers,
        length_bytes=length,
        is_chunked=is_chunked,
        keeps_alive=keeps_alive and (is_chunked or length is not None),
    )


def _headers(block: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    lines = block.split("\r\n")
    if len(lines) > HEADER_LIMIT:
        raise malformed("too many headers")
    lines.pop()
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip(" \t")
        if name in headers:
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _framing(headers: dict[str, str]) -> tuple[int | None, bool]:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        # Both headers at once is the classic response smuggling attack (RFC 9112, section 6.3).
        if length is not None or coding.lower() != "chunked":
            raise malformed("it has both a length and a transfer encoding")
        return None, True
    if length is None:
        return None, False
    if _LENGTH.fullmatch(length) is None:
        raise malformed("its Content-Length is not a number")
    return int(length), False
