"""GETs of whole small objects: many under way, sent together, read as they come, by one thread.

What is as it nearly always is, 200 with the ETag and the length that the listing told, is read here
in few steps. Everything else is handed on to be read the usual way, or told as an error.
"""

import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from s3nav.aws.errors import from_transport
from s3nav.aws.http import (
    END_OF_HEAD,
    HEAD_LIMIT_BYTES,
    SLICE_S,
    PipelinedConnection,
    PipelinedConnections,
    Requester,
    Shapes,
    ended_early,
    is_closed,
    parse_head,
)
from s3nav.aws.s3.object_headers import object_head
from s3nav.aws.s3.object_request import AskedObject, get_call
from s3nav.aws.s3.request_batch import LARGEST_BYTES, Over, RequestBatch
from s3nav.model.errors import S3NavError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ObjectHead
from s3nav.model.ports.stores import Wanted

ROOM_BYTES = 64 * 1024
BUFFER_BYTES = LARGEST_BYTES + HEAD_LIMIT_BYTES + ROOM_BYTES
_CLASS = b"torage-"
"""Of ``x-amz-storage-class``, however its words begin."""
NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError)


class SmallArrival(Generic[Wanted]):
    """What came back; the same one each time."""

    __slots__ = ("asked", "content", "crc64nvme", "error", "is_plain", "raw_head", "wanted")

    wanted: Wanted
    error: S3NavError | None
    asked: AskedObject | None
    content: memoryview
    crc64nvme: str
    is_plain: bool
    raw_head: bytes

    @property
    def head(self) -> ObjectHead:
        """What the answer's headers say."""
        return object_head(
            parse_head(self.raw_head, method="GET"), size_bytes=self.wanted.size_bytes
        )

    @property
    def storage_class(self) -> str:
        """What the head says, which is read only when it says it: of Standard nothing is said."""
        return self.head.storage_class if _CLASS in self.raw_head else DEFAULT_STORAGE_CLASS


class SmallRequests(Generic[Wanted]):
    """The port ``SmallGets`` on bare connections."""

    def __init__(
        self,
        requester: Requester,
        lanes: PipelinedConnections[Wanted],
        shapes: Shapes,
        *,
        requester_pays: bool,
        waiting: Callable[[], None],
    ) -> None:
        self._requester = requester
        self._lanes = lanes
        self._shapes = shapes
        self._waiting = waiting
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._start = self._filled = 0
        self._lane: PipelinedConnection[Wanted] | None = None
        """Whose bytes are in the buffer."""
        self._over: Over[Wanted] = deque()
        self._outbox = RequestBatch(
            requester, lanes, self._over, requester_pays=requester_pays, waiting=waiting
        )
        self._arrival = SmallArrival[Wanted]()
        self.under_way = 0

    @property
    def waited_s(self) -> float:
        """How long the network was waited for."""
        return self._lanes.waited_s

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each; what goes wrong is told by `next`."""
        self.under_way += len(wanted)
        self._outbox.send(wanted, depth=self._lanes.depth())

    def next(self) -> SmallArrival[Wanted]:
        """What came back next, in any order. Raises what `waiting` raises."""
        while not self._over:
            lane = self._lane or self._turn_to(self._lanes.ready())
            is_guess = lane is None
            if lane is None:
                lane = self._turn_to(self._lanes.oldest())
            if lane is None:
                message = "nothing is under way"
                raise LookupError(message)
            if self._read(lane):
                self.under_way -= 1
                return self._arrival
            if is_guess and not self._over:
                self._wait()
        arrival = self._arrival
        arrival.wanted, arrival.asked, arrival.error = self._over.popleft()
        self.under_way -= 1
        return arrival

    def close(self) -> None:
        """Drop answers nobody wants any more, keep the connections that are free."""
        for _, asked, _ in self._over:
            if asked is not None:
                asked.close()
        self._over.clear()
        self._lanes.close()
        self.under_way = 0

    def _turn_to(
        self, lane: PipelinedConnection[Wanted] | None
    ) -> PipelinedConnection[Wanted] | None:
        """Read this lane from now on: what it had is in the buffer."""
        if lane is not None:
            self._start, self._filled = 0, len(lane.partial)
            if lane.partial:
                self._buffer[: self._filled] = lane.partial
            self._lane = lane
        return lane

    def _read(self, lane: PipelinedConnection[Wanted]) -> bool:
        """Fill `_arrival` with the lane's next answer; False when it has to be waited for."""
        wanted = lane.wanted[0]
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
                    self._hand_on(lane, is_doubtful=values is not None)
                    return False
                stop = body + wanted.size_bytes
                if stop <= self._filled:
                    arrival = self._arrival
                    arrival.wanted = wanted
                    arrival.error = arrival.asked = None
                    arrival.content = self._view[body:stop]
                    arrival.raw_head = raw
                    _, _, arrival.crc64nvme, arrival.is_plain = values
                    self._step_on(lane, stop)
                    return True
            elif self._filled - start > HEAD_LIMIT_BYTES:
                self._hand_on(lane)
                return False
            if not self._receive(lane):
                return False

    def _step_on(self, lane: PipelinedConnection[Wanted], stop: int) -> None:
        """An answer is read to its end."""
        lane.wanted.popleft()
        lane.partial = b""
        self._start = stop
        if lane.wanted:
            lane.has_answered = True
            return
        self._lane = None
        if stop == self._filled:
            self._lanes.mark_idle(lane)
        else:
            self._lanes.release(lane).close()  # it talks out of turn

    def _receive(self, lane: PipelinedConnection[Wanted]) -> bool:
        """Receive more of the lane in the buffer; False when it is not to be read on now."""
        if BUFFER_BYTES - self._filled < ROOM_BYTES and self._start:
            left = self._filled - self._start
            self._buffer[:left] = self._buffer[self._start : self._filled]
            self._start, self._filled = 0, left
        try:
            count = lane.receive(self._view[self._filled :], 0, lane.flags)
        except NOTHING_THERE:
            lane.set_aside(bytes(self._view[self._start : self._filled]))
            self._lane = None
            return False
        except OSError as error:
            self._lose(lane, error)
            return False
        if count == 0:
            self._lose(lane, None)
            return False
        self._filled += count
        return True

    def _wait(self) -> None:
        """Until something comes; what is late is given up."""
        self._lanes.wait(SLICE_S)
        self._waiting()
        for lane, error in self._lanes.overdue():
            self._give_up(lane, error)

    def _lose(self, lane: PipelinedConnection[Wanted], error: OSError | None) -> None:
        """The other side has closed the lane that is being read."""
        is_untouched = self._filled == self._start and (error is None or is_closed(error))
        self._lane = None
        if is_untouched and (lane.has_answered or not lane.is_fresh):
            wanted = list(lane.wanted)
            self._lanes.release(lane).close()
            self._outbox.send(wanted, fresh=True)
        else:
            self._give_up(lane, ended_early() if error is None else from_transport(error))

    def _give_up(self, lane: PipelinedConnection[Wanted], error: S3NavError) -> None:
        """Tell the error of the first that was asked on a lane; ask for the others anew."""
        first, *rest = lane.wanted
        self._lanes.release(lane).close()
        self._outbox.tell(first, error)
        self._outbox.send(rest, fresh=True)

    def _hand_on(self, lane: PipelinedConnection[Wanted], *, is_doubtful: bool = False) -> None:
        """Let the answer that begins in the buffer be read the usual way."""
        first, *rest = lane.wanted
        received = bytes(self._view[self._start : self._filled])
        connection = self._lanes.release(lane)
        self._lane = None
        if is_doubtful and lane.is_pipelined:
            # Perhaps the answers are mixed up: ask one by one, and do not do that again.
            connection.close()
            lane.route.may_pipeline = False
            self._outbox.send([first, *rest], fresh=True)
            return
        request = self._outbox.request(first)
        try:
            call = get_call(request)
            connection.stop_polling(received)
            asked = self._requester.adopt(call, lane.due_request(), connection, self._waiting)
        except S3NavError as error:
            self._outbox.tell(first, error)
            connection.close()
        else:
            self._over.append((first, AskedObject(self._requester, request, call, asked), None))
        self._outbox.send(rest, fresh=True)
