"""One keep-alive connection to an endpoint: few system calls, a deadline on every wait.

A read never blocks longer than `SLICE_S`. After each slice the caller's `waiting` function runs and
may raise to cancel the request, so a pause or a stop does not have to wait for the network.

On a plain socket ``MSG_WAITALL`` fills the buffer in one system call. That makes a tenth of the
calls, and each call releases and takes the GIL once. ``SO_RCVLOWAT``, a larger ``SO_RCVBUF`` and
receiving into a mapped file were measured too, without gain (docs/performance.md, "How far from the
floor").
"""

import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from s3nav.aws.errors import ended_early, from_transport, malformed, stalled
from s3nav.aws.http.speed import SLOW_READ_S, SpeedWatch, too_slow
from s3nav.model.errors import UnavailableError

END_OF_HEAD = b"\r\n\r\n"
HEAD_LIMIT_BYTES = 64 * 1024
BUFFER_BYTES = HEAD_LIMIT_BYTES
SLICE_S = 0.3
MAX_GATHER_S = 0.2
"""Longest time to collect small TLS records into one larger read."""
Waiting = Callable[[], None]
"""Called between slices of a wait; raises to cancel it."""
# Blocks until the buffer is full or the slice is over. Windows has it too; ssl accepts no flags.
_FILL = getattr(socket, "MSG_WAITALL", 0)


_CLOSED = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class DeadConnectionError(Exception):
    """The peer closed the connection before it sent any byte of a response."""


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """How long to wait for a connection and for a response, in seconds."""

    connect_s: float
    read_s: float
    """Longest silence while reading, and longest time for the whole head of a response."""
    first_answer_s: float = 8.0
    """Replaces a longer `read_s` until an endpoint has answered once: it may well be dead."""

    @property
    def slice_s(self) -> float:
        """The longest single wait."""
        return min(SLICE_S, self.read_s)


class Polled(NamedTuple):
    """How to receive without blocking: ``receive(view, 0, flags)``.

    The call returns 0 at the end, and raises BlockingIOError or ssl.SSLWantReadError when nothing
    has arrived.
    """

    receive: Callable[[memoryview, int, int], int]
    flags: int


class Connection:
    """A connected socket and a buffer of bytes received but not yet read."""

    __slots__ = (
        "_buffer",
        "_deadlines",
        "_filled",
        "_poll",
        "_socket",
        "_speed",
        "_start",
        "_tls",
        "_view",
        "idle_since",
        "slow_responses",
        "waiting",
    )

    def __init__(self, connected: socket.socket, deadlines: Deadlines) -> None:
        self._socket = connected
        self._deadlines = deadlines
        self._poll: select.poll | None = None
        self._tls = connected if isinstance(connected, ssl.SSLSocket) else None
        self.waiting: Waiting | None = None
        self.slow_responses: set[SpeedWatch] = set()
        """Those of the HTTP client."""
        self._speed: SpeedWatch | None = None
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._filled = 0
        self.idle_since = 0.0

    @property
    def is_drained(self) -> bool:
        """Whether the buffer is empty."""
        return self._start == self._filled

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has arrived since the last response: no byte, no end and no error.

        What arrived would be read as the response to the next request. Servers say 408, or S3's
        400 RequestTimeout, on a connection that was idle for long, and close it. Costs one system
        call.
        """
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)
        if self._tls is not None and self._tls.pending():
            return False
        return not self._poll.poll(0) or (self._tls is not None and _has_no_content(self._tls))

    def send(self, request: bytes) -> None:
        """Send a request. Raises DeadConnectionError, UnavailableError."""
        self._start = self._filled = 0
        try:
            self._socket.sendall(request)
        except _CLOSED as error:
            raise DeadConnectionError from error
        except OSError as error:
            raise self._transport_error(error) from error

    def receive_head(self, deadline: float) -> bytes:
        """Receive one head, with its empty line; `deadline` is a time of `time.monotonic`.

        Raises DeadConnectionError, UnavailableError.
        """
        searched = self._start
        while (end := self._buffer.find(END_OF_HEAD, searched, self._filled)) < 0:
            searched = max(self._start, self._filled - len(END_OF_HEAD) + 1)
            if self._filled and time.monotonic() > deadline:
                raise stalled(self._deadlines.read_s)
            if self._filled == 0:
                self._first_bytes()
            else:
                self._fill()
        end += len(END_OF_HEAD)
        raw = bytes(self._view[self._start : end])
        self._start = end
        return raw

    def set_deadlines(self, deadlines: Deadlines) -> None:
        """Use other deadlines from now on."""
        if deadlines.read_s != self._deadlines.read_s:
            self._deadlines = deadlines
            set_deadline(self._socket, deadlines)

    def receive_into(self, buffer: memoryview) -> int:
        """Read available bytes into `buffer`; returns their number, 0 when the peer has closed."""
        waiting = self._filled - self._start
        if waiting:
            count = min(waiting, len(buffer))
            buffer[:count] = self._view[self._start : self._start + count]
            self._start += count
            return count
        started_s = time.monotonic()
        if self._tls is None:
            count = self._receive(buffer, _FILL)
        else:
            count = self._receive_records(self._tls, buffer)
        self._count(count, time.monotonic() - started_s)
        return count

    def poll(self) -> Polled:
        """Switch to non-blocking reads; call `stop_polling` to switch back."""
        if self._tls is not None:
            self._tls.settimeout(0)
            return Polled(self._tls.recv_into, 0)
        return Polled(self._socket.recv_into, socket.MSG_DONTWAIT)

    def stop_polling(self, received: bytes = b"") -> None:
        """Switch back to blocking reads; `received` is put in front of what arrives next."""
        if self._tls is not None:
            set_deadline(self._tls, self._deadlines)
        if len(received) > len(self._buffer):
            self._buffer = bytearray(received)
            self._view = memoryview(self._buffer)
        else:
            self._buffer[: len(received)] = received
        self._start, self._filled = 0, len(received)

    def fileno(self) -> int:
        """The file descriptor, for selectors."""
        return self._socket.fileno()

    @property
    def read_timeout_s(self) -> float:
        """Longest silence while reading."""
        return self._deadlines.read_s

    def read_line(self, limit_bytes: int) -> bytes:
        """Read the next line, without its CRLF. Raises UnavailableError."""
        while (end := self._buffer.find(b"\r\n", self._start, self._filled)) < 0:
            if self._filled - self._start > limit_bytes:
                raise malformed("a line is too long")
            started_s = time.monotonic()
            count = self._fill()
            self._count(count, time.monotonic() - started_s)
        line = bytes(self._view[self._start : end])
        self._start = end + 2
        return line

    def end_response(self) -> None:
        """Forget the response that was read, and who waited for it."""
        self.waiting = None
        if self._speed is not None:
            self._speed.end()
            self._speed = None

    def close(self) -> None:
        """Close the socket. Calling it twice is fine."""
        self.end_response()
        self._socket.close()

    def _count(self, arrived_bytes: int, waited_s: float) -> None:
        """Raise UnavailableError when the response arrives too slowly."""
        if self._speed is None:
            if waited_s < SLOW_READ_S:
                return
            self._speed = SpeedWatch(self.slow_responses)
        self._speed.count(arrived_bytes, waited_s)
        if self._speed.is_too_slow:
            raise too_slow()

    def _first_bytes(self) -> None:
        try:
            self._filled = self._receive(self._view)
        except UnavailableError as error:
            if isinstance(error.__cause__, _CLOSED):
                raise DeadConnectionError from error
            raise
        if self._filled == 0:
            raise DeadConnectionError

    def _fill(self) -> int:
        """Append received bytes to the buffer and return their number.

        Raises UnavailableError at the end or when full.
        """
        if self._filled == len(self._buffer):
            waiting = self._filled - self._start
            if waiting >= BUFFER_BYTES:
                raise malformed("its head is too long")
            self._buffer[:waiting] = self._buffer[self._start : self._filled]
            self._start, self._filled = 0, waiting
        count = self._receive(self._view[self._filled :])
        if count == 0:
            raise ended_early()
        self._filled += count
        return count

    def _receive(self, buffer: memoryview, flags: int = 0) -> int:
        """Receive at least a byte, in slices until the deadline; returns 0 at the end."""
        until = 0.0
        while True:
            try:
                return self._socket.recv_into(buffer, 0, flags)
            except (BlockingIOError, TimeoutError) as error:
                now = time.monotonic()
                until = until or now + self._deadlines.read_s - self._deadlines.slice_s
                if now >= until:
                    raise self._transport_error(error) from error
            except OSError as error:
                raise self._transport_error(error) from error
            if self.waiting is not None:
                self.waiting()

    def _receive_records(self, tls: ssl.SSLSocket, buffer: memoryview) -> int:
        """Receive for up to `MAX_GATHER_S`: ssl returns at most one record, 16 KiB, per call."""
        wanted = len(buffer)
        filled = self._receive(buffer)
        until = time.monotonic() + MAX_GATHER_S
        try:
            while 0 < filled < wanted and time.monotonic() < until:
                count = tls.recv_into(buffer[filled:])
                if count == 0:
                    break
                filled += count
        except (BlockingIOError, TimeoutError):
            pass  # return what has arrived; the next call waits again
        except OSError as error:
            raise self._transport_error(error) from error
        return filled

    def _transport_error(self, error: OSError) -> UnavailableError:
        if isinstance(error, BlockingIOError | TimeoutError):
            return stalled(self._deadlines.read_s)
        return from_transport(error)


def is_closed(error: OSError) -> bool:
    """Whether an error only means that the peer closed the connection."""
    return isinstance(error, _CLOSED)


def _has_no_content(tls: ssl.SSLSocket) -> bool:
    """Whether what has arrived is only TLS's own, such as a session ticket."""
    timeout_s = tls.gettimeout()
    tls.settimeout(0)
    try:
        tls.recv(1)
    except ssl.SSLWantReadError:
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        tls.settimeout(timeout_s)


def set_deadline(connected: socket.socket, deadlines: Deadlines) -> None:
    """Set a timeout for every wait on the socket.

    A plain socket gets the kernel's timeout (SO_RCVTIMEO), because Python's own adds a poll() to
    each call. ssl ignores the kernel's and would block for ever, but polls only when it has to, so
    it gets Python's.
    """
    if isinstance(connected, ssl.SSLSocket):
        connected.settimeout(deadlines.slice_s)
        return
    connected.settimeout(None)
    for option, wait_s in (
        (socket.SO_RCVTIMEO, deadlines.slice_s),
        (socket.SO_SNDTIMEO, deadlines.read_s),
    ):
        timeval = struct.pack("ll", int(wait_s), int(wait_s % 1 * 1_000_000))
        connected.setsockopt(socket.SOL_SOCKET, option, timeval)
