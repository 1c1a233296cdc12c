"""Fetch whole small objects: one thread keeps many GETs under way and reads them as they arrive.

Nearly every response is a 200 with the ETag and the length that the listing gave. Those are read
here in few steps, out of one buffer for all connections. Every other response is handed to the
general code in `object_request`, or reported as an error.
"""

import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from s3nav.aws.errors import ended_early, from_transport
from s3nav.aws.http import (
    END_OF_HEAD,
    HEAD_LIMIT_BYTES,
    SLICE_S,
    PipelinedConnection,
    PipelinedConnections,
    Requester,
    Shapes,
    is_closed,
    parse_head,
)
from s3nav.aws.s3.object_headers import object_head
from s3nav.aws.s3.object_request import PendingObject, get_call
from s3nav.aws.s3.request_batch import LARGEST_BYTES, Finished, RequestBatch
from s3nav.model.errors import S3NavError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ObjectHead
from s3nav.model.ports.stores import AskedBody, Wanted

MIN_FREE_BYTES = 64 * 1024
BUFFER_BYTES = LARGEST_BYTES + HEAD_LIMIT_BYTES + MIN_FREE_BYTES
_CLASS = b"torage-"
"""Part of ``x-amz-storage-class``, whether servers write Storage or storage."""
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError)


class SmallArrival(Generic[Wanted]):
    """One response. The same object is filled again for each response."""

    __slots__ = ("asked", "content", "crc64nvme", "error", "is_plain", "raw_head", "wanted")

    wanted: Wanted
    error: S3NavError | None
    asked: AskedBody | None
    content: memoryview
    crc64nvme: str
    is_plain: bool
    raw_head: bytes

    @property
    def head(self) -> ObjectHead:
        """The object's facts, parsed from the head of the response."""
        return object_head(
            parse_head(self.raw_head, method="GET"), size_bytes=self.wanted.size_bytes
        )

    @property
    def storage_class(self) -> str:
        """The storage class. S3 omits the header for STANDARD (API reference, GetObject)."""
        return self.head.storage_class if _CLASS in self.raw_head else DEFAULT_STORAGE_CLASS


class SmallRequests(Generic[Wanted]):
    """Implements the port ``SmallGets`` on pipelined connections."""

    def __init__(
        self,
        requester: Requester,
        connections: PipelinedConnections[Wanted],
        shapes: Shapes,
        *,
        requester_pays: bool,
        waiting: Callable[[], None],
    ) -> None:
        self._requester = requester
        self._connections = connections
        self._shapes = shapes
        self._waiting = waiting
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = self._filled = 0
        self._current: PipelinedConnection[Wanted] | None = None
        """The connection whose bytes are in the buffer."""
        self._finished: Finished[Wanted] = deque()
        self._batch = RequestBatch(
            requester, connections, self._finished, requester_pays=requester_pays, waiting=waiting
        )
        self._arrival = SmallArrival[Wanted]()
        self.under_way = 0

    @property
    def waited_s(self) -> float:
        """Total time spent waiting for the network, in seconds."""
        return self._connections.waited_s

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each object; `next` reports failures."""
        self.under_way += len(wanted)
        self._batch.send(wanted, depth=self._connections.depth())

    def next(self) -> SmallArrival[Wanted]:
        """Wait for the next response, in any order. Raises what `waiting` raises."""
        while not self._finished:
            pipelined = self._current or self._switch_to(self._connections.ready())
            is_speculative = pipelined is None
            if pipelined is None:
                pipelined = self._switch_to(self._connections.oldest())
            if pipelined is None:
                message = "no request is under way"
                raise LookupError(message)
            if self._read(pipelined):
                self.under_way -= 1
                return self._arrival
            if is_speculative and not self._finished:
                self._wait()
        arrival = self._arrival
        arrival.wanted, arrival.asked, arrival.error = self._finished.popleft()
        self.under_way -= 1
        return arrival

    def close(self) -> None:
        """Drop unread responses and keep idle connections."""
        for _, asked, _ in self._finished:
            if asked is not None:
                asked.close()
        self._finished.clear()
        self._connections.close()
        self.under_way = 0

    def _switch_to(
        self, pipelined: PipelinedConnection[Wanted] | None
    ) -> PipelinedConnection[Wanted] | None:
        """Read `pipelined` next: put the beginning of its response into the buffer."""
        if pipelined is not None:
            self._start, self._filled = 0, len(pipelined.partial)
            if pipelined.partial:
                self._buffer[: self._filled] = pipelined.partial
            self._current = pipelined
        return pipelined

    def _read(self, pipelined: PipelinedConnection[Wanted]) -> bool:
        """Fill `_arrival` with the next response of a connection; False when none is complete."""
        wanted = pipelined.wanted[0]
        while True:
            start = self._start
            body = self._buffer.find(END_OF_HEAD, start, self._filled) + len(END_OF_HEAD)
            if body >= len(END_OF_HEAD):
                raw = bytes(self._view[start:body])
                values = self._shapes.read(raw)
                if (
                    values is None
                    or values[0][1:-1] != wanted.etag
                    or values[1] != wanted.size_bytes
                ):
                    self._hand_over(pipelined, is_mismatch=values is not None)
                    return False
                stop = body + wanted.size_bytes
                if stop <= self._filled:
                    arrival = self._arrival
                    arrival.wanted = wanted
                    arrival.error = arrival.asked = None
                    arrival.content = self._view[body:stop]
                    arrival.raw_head = raw
                    _, _, arrival.crc64nvme, arrival.is_plain = values
                    self._finish_response(pipelined, stop)
                    return True
            elif self._filled - start > HEAD_LIMIT_BYTES:
                self._hand_over(pipelined)
                return False
            if not self._receive(pipelined):
                return False

    def _finish_response(self, pipelined: PipelinedConnection[Wanted], stop: int) -> None:
        """Advance to the next response, or make the connection available again."""
        pipelined.wanted.popleft()
        if pipelined.partial:
            pipelined.end_response()
        self._start = stop
        if pipelined.wanted:
            pipelined.has_answered = True
            return
        self._current = None
        if stop == self._filled:
            self._connections.mark_idle(pipelined)
        else:
            self._connections.release(pipelined).close()  # it sent more than was requested

    def _receive(self, pipelined: PipelinedConnection[Wanted]) -> bool:
        """Receive more into the buffer; False when the connection has nothing more for now."""
        if BUFFER_BYTES - self._filled < MIN_FREE_BYTES and self._start:
            left = self._filled - self._start
            self._buffer[:left] = self._buffer[self._start : self._filled]
            self._start, self._filled = 0, left
        try:
            count = pipelined.receive(self._view[self._filled :], 0, pipelined.flags)
        except WOULD_BLOCK:
            self._connections.set_aside(pipelined, bytes(self._view[self._start : self._filled]))
            self._current = None
            return False
        except OSError as error:
            self._handle_closed(pipelined, error)
            return False
        if count == 0:
            self._handle_closed(pipelined, None)
            return False
        self._filled += count
        return True

    def _wait(self) -> None:
        """Wait until bytes arrive; fail the connections that are overdue."""
        self._connections.wait(SLICE_S)
        self._waiting()
        for pipelined, error in self._connections.overdue():
            self._fail_first(pipelined, error)

    def _handle_closed(self, pipelined: PipelinedConnection[Wanted], error: OSError | None) -> None:
        """Send again what a closed connection had not begun to answer; else report the error."""
        is_untouched = self._filled == self._start and (error is None or is_closed(error))
        self._current = None
        if is_untouched and (pipelined.has_answered or not pipelined.is_fresh):
            wanted = list(pipelined.wanted)
            self._connections.release(pipelined).close()
            self._batch.send(wanted, fresh=True)
        else:
            self._fail_first(pipelined, ended_early() if error is None else from_transport(error))

    def _fail_first(self, pipelined: PipelinedConnection[Wanted], error: S3NavError) -> None:
        """Report an error for the first request on a connection; send the others again."""
        first, *rest = pipelined.wanted
        self._connections.release(pipelined).close()
        self._batch.report(first, error)
        self._batch.send(rest, fresh=True)

    def _hand_over(
        self, pipelined: PipelinedConnection[Wanted], *, is_mismatch: bool = False
    ) -> None:
        """Let `object_request` read the response that begins in the buffer."""
        first, *rest = pipelined.wanted
        received = bytes(self._view[self._start : self._filled])
        connection = self._connections.release(pipelined)
        self._current = None
        if is_mismatch and pipelined.is_pipelined:
            # The responses may be in the wrong order: stop pipelining, and send these one by one.
            connection.close()
            pipelined.route.may_pipeline = False
            self._batch.send([first, *rest], fresh=True)
            return
        request = self._batch.request(first)
        try:
            call = get_call(request)
            connection.stop_polling(received)
            pending = self._requester.adopt(
                call, pipelined.due_request(), connection, self._waiting
            )
        except S3NavError as error:
            self._batch.report(first, error)
            connection.close()
        else:
            found = PendingObject(self._requester, request, call, pending)
            self._finished.append((first, found, None))
        self._batch.send(rest, fresh=True)
