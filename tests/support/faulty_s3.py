"""A small S3 on loopback that misbehaves on purpose, seeded, to see that nothing is lost.

It serves one bucket of objects held in memory: ListObjectsV2, GET, ranged GET, HEAD and If-Match,
with ETags and CRC64NVME as S3 sends them. A plan says which request goes wrong, and how. Keys in
`expired` are refused until the client comes with others.
"""

import contextlib
import random
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self
from urllib.parse import parse_qs, unquote

from tests.support import faulty_answers as answers
from tests.support.faulty_answers import BUCKET, Stored
from tests.support.waiting import DEADLINE_S, eventually

__all__ = ["BUCKET", "Fault", "FaultyS3", "Plan", "Seen", "no_fault", "seeded"]

STALL_S = 3000.0
"""Longer than any test: a client that waits for the end of a silence fails its test."""
DRIP_PAUSE_S = 0.01
DRIP_PIECES = 10
LONG_DRIP_PAUSE_S = 0.1
CHUNK_BYTES = 1000
MAX_HEAD_BYTES = 64 * 1024
_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


class Fault(Enum):
    """What goes wrong with one answer."""

    NONE = auto()
    RESET = auto()
    """The connection is reset in the middle of the body."""
    STALL = auto()
    """Half of the body, then silence."""
    SILENCE = auto()
    """Not even a head."""
    TRUNCATION = auto()
    """Half of the body, then a clean close."""
    WRONG_LENGTH = auto()
    """Content-Length, and the body with it, is half of what the object has."""
    FLIPPED_BIT = auto()
    SERVER_ERROR = auto()
    SLOW_DOWN = auto()
    EXPIRED_TOKEN = auto()
    """403, and so for every request with the same access key from now on."""
    CHANGED = auto()
    """The object is replaced by another of the same size before the answer."""
    CHANGED_WITHIN = auto()
    """The same after the head has been decided on: old ETag and checksum, new bytes."""
    DRIP = auto()
    """A few bytes at a time; slow, and right."""
    LONG_DRIP = auto()
    """A byte now and then, for ever: never silent, and never through."""
    GARBAGE = auto()
    """Not HTTP."""
    GARBAGE_HEADERS = auto()
    """Two lengths, and a header that is none."""
    REDIRECT = auto()
    """307 to the same place."""
    CHUNKED = auto()
    """Right, in chunked transfer coding."""
    NO_TOKEN = auto()
    """A page of a listing says that more follows, and not where."""
    CIRCLE = auto()
    """A page of a listing says that it is followed by itself."""
    WEB_PAGE = auto()
    """200 and the page of some proxy."""


CUT_SHORT = frozenset({Fault.RESET, Fault.STALL, Fault.TRUNCATION})


@dataclass(frozen=True, slots=True)
class Seen:
    """One request the server answered."""

    verb: str
    """GET, HEAD, or LIST for a GET of the bucket."""
    key: str
    byte_range: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    verb: str
    target: str
    headers: dict[str, str]

    @property
    def key(self) -> str:
        path = self.target.partition("?")[0]
        return unquote(path.removeprefix(f"/{BUCKET}").removeprefix("/"))

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2])

    @property
    def byte_range(self) -> str:
        return self.headers.get("range", "")


Plan = Callable[[str, str, str], Fault]
"""(verb, key, range) → what goes wrong this time."""


def no_fault(_verb: str, _key: str, _byte_range: str) -> Fault:
    return Fault.NONE


def seeded(fault: Fault, *, seed: int, share: float = 0.3, most_per_span: int = 2) -> Plan:
    """Let `share` of GETs go wrong, never more than `most_per_span` times for the same span."""
    chance = random.Random(seed)
    times: dict[tuple[str, str], int] = {}
    lock = threading.Lock()

    def plan(verb: str, key: str, byte_range: str) -> Fault:
        if verb != "GET":
            return Fault.NONE
        with lock:
            before = times.get((key, byte_range), 0)
            if before >= most_per_span or chance.random() >= share:
                return Fault.NONE
            times[key, byte_range] = before + 1
        return fault

    return plan


@dataclass(eq=False)
class FaultyS3:
    """The server; use it as a context. Objects may be put while it runs."""

    plan: Plan = no_fault
    offer_crc: bool = True
    page_size: int = 1000
    """Of listings, at most."""
    pace_s: float = 0.0
    """Wait so long before each answer to a GET of an object."""
    sent: Callable[[], None] = lambda: None
    """Called when a client has taken a piece of an object."""
    list_pace_s: float = 0.0
    """The same before each page of a listing."""
    listed_after: list[str] = field(default_factory=list)
    """Where each page of keys that was asked for begins."""
    seen: list[Seen] = field(default_factory=list)
    expired: set[str] = field(default_factory=set)
    """Access keys that are refused."""
    versions: dict[str, list[bytes]] = field(default_factory=dict)
    """All contents each object has had."""
    _objects: dict[str, Stored] = field(default_factory=dict)
    _sockets: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with self._lock:
            everything = [self._listener, *self._sockets]
        for one in everything:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def put(self, key: str, content: bytes) -> None:
        stored = self._objects[key] = Stored(content)
        _ = stored.etag  # worked out now: a listing of many must not take long
        self.versions.setdefault(key, []).append(content)

    def put_all(self, contents: Mapping[str, bytes]) -> None:
        for key, content in contents.items():
            self.put(key, content)

    def delete(self, key: str) -> None:
        del self._objects[key]

    def gets(self) -> list[Seen]:
        """GETs of objects so far, in order."""
        return [one for one in list(self.seen) if one.verb == "GET"]

    def wait_for(self, what: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
        """Until `what` holds; fails when time is up."""
        eventually(what, deadline_s, what="the server is still waiting for this")

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="faulty-s3", daemon=True).start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets.add(connection)
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]  # bound now

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            waiting = bytearray()
            while (request := _read_request(connection, waiting)) is not None:
                if not self._answer(connection, request):
                    break
        with self._lock:
            self._sockets.discard(connection)

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        """Answer one request; False when the connection must end."""
        key = asked.key
        verb = asked.verb if key else "LIST"
        fault = self.plan(verb, key, asked.byte_range)
        access_key = _access_key(asked.headers)
        with self._lock:
            self.seen.append(Seen(verb, key, asked.byte_range, fault))
            if fault is Fault.EXPIRED_TOKEN:
                self.expired.add(access_key)
        if access_key in self.expired:
            connection.sendall(answers.error(403, "ExpiredToken", verb))
            return True
        if (ready := _ready_answer(fault, asked.target, verb)) is not None:
            connection.sendall(ready)
            return fault is not Fault.GARBAGE
        if fault is Fault.SILENCE:
            _wait_for_the_end_of(connection)
            return False
        if not key:
            return self.send_listing(connection, asked, fault)
        return self.send_object(connection, asked, fault)

    def send_listing(self, connection: socket.socket, asked: Asked, fault: Fault) -> bool:
        """Send a page; False when the connection must end."""
        query = asked.query
        if "list-type" in query and "delimiter" not in query:
            after = query.get("continuation-token", query.get("start-after", [""]))[0]
            with self._lock:
                self.listed_after.append(after)
        if self.list_pace_s:
            time.sleep(self.list_pace_s)
        page = answers.listing(dict(self._objects), query, self.page_size)
        if fault is Fault.NO_TOKEN:
            page = answers.without_token(page)
        elif fault is Fault.CIRCLE:
            page = answers.in_circles(page, query.get("continuation-token", ["circle"])[0])
        return send_body(connection, 200, {"Content-Type": "application/xml"}, page, fault)

    def send_object(self, connection: socket.socket, asked: Asked, fault: Fault) -> bool:
        """Send an object, or why not; False when the connection must end."""
        verb, key, byte_range = asked.verb, asked.key, asked.byte_range
        if verb == "GET" and self.pace_s:
            time.sleep(self.pace_s)
        if fault is Fault.CHANGED:
            self.change(key)
        stored = self._objects.get(key)
        if stored is None:
            connection.sendall(answers.error(404, "NoSuchKey", verb))
            return True
        if asked.headers.get("if-match", "").strip('"') not in {"", stored.etag}:
            connection.sendall(answers.error(412, "PreconditionFailed", verb))
            return True
        head, body = stored.answer(byte_range, offer_crc=self.offer_crc)
        if verb == "HEAD":
            connection.sendall(answers.head_bytes(200, head, len(body)))
            return True
        if fault is Fault.CHANGED_WITHIN:
            self.change(key)
            body = self.content(key, byte_range)
        return send_body(connection, 206 if byte_range else 200, head, body, fault, sent=self.sent)

    def content(self, key: str, byte_range: str) -> bytes:
        """What an object holds now."""
        return self._objects[key].answer(byte_range, offer_crc=False)[1]

    def change(self, key: str) -> None:
        """Replace an object by another of the same size."""
        with self._lock:
            old = self._objects[key].content
            salt = len(self.versions[key])
            self.put(key, bytes((byte + salt) & 0xFF for byte in old))


def send_body(
    connection: socket.socket,
    status: int,
    head: dict[str, str],
    body: bytes,
    fault: Fault,
    *,
    sent: Callable[[], None] = lambda: None,
) -> bool:
    """Send an answer, spoiled as the fault has it; False when the connection must end."""
    half = len(body) // 2
    if fault is Fault.WRONG_LENGTH:
        body = body[:half]
    elif fault is Fault.FLIPPED_BIT and body:
        body = body[:half] + bytes([body[half] ^ 1]) + body[half + 1 :]
    if fault is Fault.GARBAGE_HEADERS:
        connection.sendall(answers.two_lengths(head, body))
        return False
    if fault is Fault.CHUNKED:
        connection.sendall(answers.head_bytes(status, head, None))
        connection.sendall(b"".join(answers.chunks(body, CHUNK_BYTES)))
        return True
    start = answers.head_bytes(status, head, len(body))
    if fault in CUT_SHORT:
        connection.sendall(start + body[:half])
        _cut(connection, fault)
        return False
    if fault is Fault.DRIP:
        connection.sendall(start)
        for piece in answers.pieces(body, max(1, len(body) // DRIP_PIECES)):
            connection.sendall(piece)
            sent()
            time.sleep(DRIP_PAUSE_S)
        return True
    if fault is Fault.LONG_DRIP:
        connection.sendall(start)
        for piece in answers.pieces(body, 1):
            connection.sendall(piece)
            sent()
            time.sleep(LONG_DRIP_PAUSE_S)
        return True
    connection.sendall(start + body)
    sent()
    return True


def _cut(connection: socket.socket, fault: Fault) -> None:
    if fault is Fault.STALL:
        _wait_for_the_end_of(connection)
    elif fault is Fault.RESET:
        linger = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def _wait_for_the_end_of(connection: socket.socket) -> None:
    """Say nothing until the client has enough of it; requests sent ahead are not read."""
    until = time.monotonic() + STALL_S
    waiter = select.poll()
    waiter.register(connection, select.POLLRDHUP)
    waiter.poll(max(0.0, until - time.monotonic()) * 1000)


def _ready_answer(fault: Fault, target: str, verb: str) -> bytes | None:
    match fault:
        case Fault.SERVER_ERROR:
            return answers.error(500, "InternalError", verb)
        case Fault.SLOW_DOWN:
            return answers.error(503, "SlowDown", verb)
        case Fault.GARBAGE:
            return b"\x00\xff nonsense \r\n\x80: \x01\r\n\r\n"
        case Fault.REDIRECT:
            return answers.head_bytes(307, {"Location": target}, 0)
        case Fault.WEB_PAGE:
            return answers.xml_answer(answers.WEB_PAGE)
        case _:
            return None


def _access_key(headers: dict[str, str]) -> str:
    found = _ACCESS_KEY.search(headers.get("authorization", ""))
    return found[1] if found else ""


def _read_request(connection: socket.socket, waiting: bytearray) -> Asked | None:
    """The next request; what came behind it stays in `waiting`."""
    while (end := waiting.find(b"\r\n\r\n")) < 0:
        piece = connection.recv(65536)
        if not piece or len(waiting) > MAX_HEAD_BYTES:
            return None
        waiting += piece
    first, *lines = waiting[:end].decode("latin-1").split("\r\n")
    del waiting[: end + 4]
    verb, target, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in lines)
    return Asked(verb, target, {name.strip().lower(): value.strip() for name, value in pairs})
