"""How this process and a clerk talk: numbered messages over a pair of sockets, both pickled here.

Both ends run the same s3nav and trust each other; keys go this way and no other.
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
"""The number of a clerk's first message, which is empty: it can be asked."""
_HEAD = struct.Struct("!II")
_LIMIT_BYTES = 256 << 20


class WorkerSetup(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to a clerk: how it reaches S3."""

    deadlines: Deadlines
    trust: Trust


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where a bucket is, and what to sign with."""

    endpoint: Endpoint
    path_start: str
    region: str
    keys: Keys | None
    """None for anonymous requests."""


Question = tuple[ListRequest, bytes, bytes]
"""One page: the request, its `Way`, and its digest or nothing. What many questions share comes
pickled already, and is known again by its bytes."""


class SentPage(NamedTuple):
    """A page in few large pieces: a thousand small ones take three times as long.

    With a digest go the keys alone.
    """

    keys: str | list[str]
    """Joined by newlines, unless a key has one."""
    sizes: "array[int]"
    modified_s: "array[int]"
    etags: list[str]
    class_names: list[str]
    classes: bytes
    """Numbers of names."""
    next_token: str | None
    digest: object
    cpu_s: float

    @classmethod
    def of(cls, page: KeyPage, cpu_s: float) -> "SentPage":
        """Take a page apart."""
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
        """Put it together."""
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
"""A page; why it cannot be had now; None for what the one who asked should see itself."""


class Line:
    """One end. Any thread may send, one receives."""

    def __init__(self, end: socket.socket, *, send_s: float | None = None) -> None:
        self._end = end
        self._sending = threading.Lock()
        if send_s is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(send_s), 0))

    def send(self, number: int, message: bytes) -> None:
        """Send a message. Raises OSError when nobody takes it."""
        with self._sending:
            self._end.sendall(_HEAD.pack(len(message), number) + message)

    def receive(self) -> tuple[int, bytearray] | None:
        """The next number and message; None when the other end is closed."""
        head = self._exactly(_HEAD.size)
        if head is None:
            return None
        size_bytes, number = _HEAD.unpack(head)
        message = self._exactly(size_bytes) if size_bytes <= _LIMIT_BYTES else None
        return None if message is None else (number, message)

    def close(self) -> None:
        """Let both ends know; calling it twice is fine."""
        with suppress(OSError):  # the other end may have been faster
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _exactly(self, size_bytes: int) -> bytearray | None:
        message = bytearray(size_bytes)
        view = memoryview(message)
        filled = 0
        while filled < size_bytes:
            try:
                # Without a deadline: what comes here is new work, or the end of the other side,
                # which closes its socket however it ends.
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
