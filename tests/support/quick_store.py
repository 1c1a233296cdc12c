"""A store in memory with the quick way for small objects."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from s3nav.model.errors import S3NavError
from s3nav.model.objects import GetRequest, ObjectHead
from s3nav.model.ports.stores import AskedBody, ObjectBody, Wanted
from tests.support.memory_store import MemoryStore


@dataclass
class QuickArrival(Generic[Wanted]):
    wanted: Wanted
    content: memoryview
    head: ObjectHead
    error: S3NavError | None = None
    asked: AskedBody | None = None
    crc64nvme: str = ""
    is_plain: bool = False

    @property
    def storage_class(self) -> str:
        return self.head.storage_class


@dataclass
class Asked:
    """An answer that is still to be read."""

    store: MemoryStore
    request: GetRequest

    def body(self) -> ObjectBody:
        return self.store.get(self.request)

    def close(self) -> None:
        pass


class QuickGets(Generic[Wanted]):
    """Answers in the order they were asked; those in `slow` are left to be read the usual way."""

    waited_s = 0.0

    def __init__(self, store: "QuickStore") -> None:
        self._store = store
        self._sent: deque[Wanted] = deque()

    @property
    def under_way(self) -> int:
        return len(self._sent)

    def ask(self, wanted: Sequence[Wanted]) -> None:
        self._sent.extend(wanted)
        self._store.sent += [one.key for one in wanted]

    def next(self) -> QuickArrival[Wanted]:
        wanted = self._sent.popleft()
        request = GetRequest(bucket=wanted.bucket, key=wanted.key)
        nothing, no_head = memoryview(b""), ObjectHead(size_bytes=0)
        if wanted.key in self._store.slow:
            return QuickArrival(wanted, nothing, no_head, asked=Asked(self._store, request))
        try:
            body = self._store.get(request)
        except S3NavError as error:
            return QuickArrival(wanted, nothing, no_head, error=error)
        content = bytearray(body.length_bytes)
        body.readinto(memoryview(content))
        return QuickArrival(wanted, memoryview(content), body.head)

    def close(self) -> None:
        self._sent.clear()


@dataclass
class QuickStore(MemoryStore):
    """See MemoryStore."""

    slow: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.sent: list[str] = []
        """Keys of GETs that went out."""

    def small_gets(self, *, requester_pays: bool, waiting: Callable[[], None]) -> QuickGets[Wanted]:
        return QuickGets(self)
