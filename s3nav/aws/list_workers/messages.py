"""Messages between this process and a list worker: numbered, pickled, over a pair of sockets.

Both ends run the same s3nav and trust each other, so pickle is safe. Secret keys reach a worker
only this way, never on its command line or in its environment.
"""

import pickle
import socket
import struct
import threading
from array import array
from contextlib import suppress
from typing import NamedTuple

import msgspec

from s3nav.aws.http import Deadlines, Endpoint, Keys, Trust
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import KeyPage, ListRequest

READY = 0
"""The number of a worker's first message, which is empty: it has loaded."""
_HEAD = struct.Struct("!II")
_LIMIT_BYTES = 256 << 20


class WorkerSetup(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to a worker: how it connects to S3."""

    deadlines: Deadlines
    trust: Trust


class BucketAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoint of a bucket and the keys to sign with."""

    endpoint: Endpoint
    path_start: str
    region: str
    keys: Keys | None
    """None for anonymous requests."""


WorkerRequest = tuple[ListRequest, bytes, bytes]
"""A request for one page, its `BucketAccess` and its digest (empty for none).

The last two are pickled separately: most requests share them, and a worker recognises the bytes."""


class SentPage(NamedTuple):
    """A page as a few large pieces: pickling a thousand small ones takes three times as long.

    With a digest, only the keys are sent beside it.
    """

    keys: str | list[str]
    """Joined by newlines, unless a key contains one."""
    sizes: "array[int]"
    modified_s: "array[int]"
    etags: list[str]
    class_names: list[str]
    classes: bytes
    """An index into `class_names` for each key."""
    next_token: str | None
    digest: object
    cpu_s: float

    @classmethod
    def of(cls, page: KeyPage, cpu_s: float) -> "SentPage":
        """Pack a page."""
        text = "\n".join(page.keys)
        rest = page if page.digest is None else KeyPage()
        names = list(dict.fromkeys(rest.classes))
        numbers = {name: number for number, name in enumerate(names)}
        return cls(
            keys=text if page.keys and text.count("\n") == len(page.keys) - 1 else page.keys,
            sizes=array("q", rest.sizes),
            modified_s=array("q", rest.modified_s),
            etags=rest.etags,
            class_names=names,
            classes=bytes(map(numbers.__getitem__, rest.classes)),
            next_token=page.next_token,
            digest=page.digest,
            cpu_s=cpu_s,
        )

    def page(self) -> KeyPage:
        """Unpack the page."""
        return KeyPage(
            keys=self.keys.split("\n") if isinstance(self.keys, str) else self.keys,
            sizes=self.sizes,
            modified_s=self.modified_s,
            etags=self.etags,
            classes=list(map(self.class_names.__getitem__, self.classes)),
            next_token=self.next_token,
            digest=self.digest,
            elsewhere_s=self.cpu_s,
        )


Reply = SentPage | UnavailableError | None
"""A page, an error worth a retry, or None: the starting process has to send the request itself."""


class MessageChannel:
    """One end of the socket pair. Any thread may send; one thread receives."""

    def __init__(self, end: socket.socket, *, send_s: float | None = None) -> None:
        self._end = end
        self._sending = threading.Lock()
        if send_s is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(send_s), 0))

    def send(self, number: int, message: bytes) -> None:
        """Send a message. Raises OSError when the other end is closed or does not read."""
        with self._sending:
            self._end.sendall(_HEAD.pack(len(message), number) + message)

    def receive(self) -> tuple[int, bytearray] | None:
        """The next number and message; None when the other end is closed."""
        head = self._receive_exactly(_HEAD.size)
        if head is None:
            return None
        size_bytes, number = _HEAD.unpack(head)
        message = self._receive_exactly(size_bytes) if size_bytes <= _LIMIT_BYTES else None
        return None if message is None else (number, message)

    def close(self) -> None:
        """Close the socket; both ends notice. Calling it twice is fine."""
        with suppress(OSError):  # the other end may have closed first
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _receive_exactly(self, size_bytes: int) -> bytearray | None:
        message = bytearray(size_bytes)
        view = memoryview(message)
        filled = 0
        while filled < size_bytes:
            try:
                # No deadline is needed: the next message may be hours away, and the kernel closes
                # the other end's socket however its process ends.
                count = self._end.recv_into(view[filled:], 0, socket.MSG_WAITALL)
            except OSError:
                return None
            if count == 0:
                return None
            filled += count
        return message


def pickled(value: object) -> bytes:
    """A value as a message."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
