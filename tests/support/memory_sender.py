"""Writing to a MemoryStore, as the port says, for tests that need no server."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from s3nav.model.errors import ObjectChangedError, S3NavError, UsageError
from s3nav.model.objects import GetRequest, ObjectFact
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.model.writes import CopyRequest, KeptPart, PutRequest, Sent
from tests.support.memory_store import WHEN, MemoryStore


@dataclass
class MemorySender:
    """Puts into a store; asks `before` before each write."""

    store: MemoryStore
    before: Callable[[str, str, WriteWatch], None] = lambda verb, key, watch: None
    """Called with ``put``/``copy``, the key and the watch; may raise or wait."""
    lose_answers: bool = False
    """Refuse a write after it has been done, as a repeated conditional request is."""
    answer: Sent | None = None
    """Told instead of the truth."""
    requests: list[PutRequest | CopyRequest] = field(default_factory=list)
    aborted: list[tuple[S3Uri, str]] = field(default_factory=list)
    abort_error: S3NavError | None = None
    kept: dict[str, tuple[KeptPart, ...]] = field(default_factory=dict)
    """By upload; others are gone."""
    closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, request: PutRequest, watch: WriteWatch) -> Sent | None:
        self.requests.append(request)
        self.before("put", request.to.key, watch)
        body = request.body
        content = body.read_bytes() if isinstance(body, Path) else body.read()
        return self._write(request.to, content, watch, must_be_absent=request.must_be_absent)

    def copy(self, request: CopyRequest, watch: WriteWatch) -> Sent | None:
        self.requests.append(request)
        self.before("copy", request.to.key, watch)
        source = request.source
        body = self.store.get(GetRequest(bucket=source.bucket, key=source.key))
        if body.head.etag != request.etag:
            raise ObjectChangedError(f"`{source}` changed")
        return self._write(request.to, body.content, watch, must_be_absent=request.must_be_absent)

    def kept_parts(
        self, place: S3Uri, upload_id: str, size_bytes: int
    ) -> tuple[KeptPart, ...] | None:
        return self.kept.get(upload_id)

    def abort(self, place: S3Uri, upload_id: str) -> None:
        self.aborted.append((place, upload_id))
        if self.abort_error is not None:
            raise self.abort_error

    def close(self) -> None:
        self.closed = True

    def _write(
        self, to: S3Uri, content: bytes, watch: WriteWatch, *, must_be_absent: bool
    ) -> Sent | None:
        if watch.is_stopped:
            return None
        with self._lock:
            there = self.store.fact(to.bucket, to.key)
            if there is not None and must_be_absent:
                raise UsageError(f"`{to}` is there already", slug="exists")
            fact = ObjectFact(key=to.key, size_bytes=0, modified_at=WHEN)
            self.store.put(to.bucket, to.key, content, fact=fact)
            if self.lose_answers:
                raise UsageError(f"`{to}` is there already", slug="exists")
        watch.moved(len(content))
        stored = self.store.fact(to.bucket, to.key)
        return self.answer or Sent(etag=stored.etag if stored else "")
