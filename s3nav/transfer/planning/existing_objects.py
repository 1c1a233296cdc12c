"""See what is at the target already, and whether it is what would be sent."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from s3nav.model.errors import IntegrityError, NotFoundError
from s3nav.model.objects import ListRequest, ObjectFact, ObjectHead
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity import NONE, Subject, Verifier, file_reader
from s3nav.transfer.planning.stopped_plan import PlanStoppedError, never

BUFFER_BYTES = MIB
ETAG = "etag"
_FULL_OBJECT = "FULL_OBJECT"


class ExistingObjects:
    """Objects below a prefix, asked for in the byte order of keys: a page serves many.

    At most two requests a key, however many other objects lie between.
    """

    def __init__(self, store: ObjectStore, bucket: str, prefix: str) -> None:
        self._store = store
        self._bucket = bucket
        self._prefix = prefix
        self._page: dict[str, ObjectFact] = {}
        self._first = b""
        self._last: bytes | None = b""
        """The page knows all keys after `_first` up to here; None: to the end."""
        self._asked = ""

    def find(self, key: str) -> ObjectFact | None:
        """The object of that key; None when there is none. Raises S3NavError."""
        if not self._covers(key):
            self._load()
        self._asked = key
        return self._page.get(key) if self._covers(key) else self._head(key)

    def _covers(self, key: str) -> bool:
        wanted = _bytes(key)
        return self._first < wanted and (self._last is None or wanted <= self._last)

    def _load(self) -> None:
        page = self._store.list_page(
            ListRequest(bucket=self._bucket, prefix=self._prefix, start_after=self._asked)
        )
        self._page = {fact.key: fact for fact in page.objects}
        self._first = _bytes(self._asked)
        self._last = None if page.next_token is None else _bytes(next(reversed(self._page), ""))

    def _head(self, key: str) -> ObjectFact | None:
        try:
            head = self._store.head(self._bucket, key)
        except NotFoundError:
            return None
        return ObjectFact(key=key, size_bytes=head.size_bytes, etag=head.etag)


def same_as_file(
    store: ObjectStore,
    place: S3Uri,
    path: Path,
    *,
    requester_pays: bool = False,
    is_stopped: Callable[[], bool] = never,
) -> str | None:
    """What proves that the object has the bytes of the file; None when there is no object.

    Empty when nothing proves it.

    Raises OSError when the file cannot be read, S3NavError when the object cannot be asked for,
    PlanStoppedError.
    """
    try:
        head = store.head(place.bucket, place.key, requester_pays=requester_pays)
    except NotFoundError:
        return None
    if head.size_bytes != path.stat().st_size:
        return ""
    try:
        how = verify_file(
            store, head, path, place, requester_pays=requester_pays, is_stopped=is_stopped
        )
    except IntegrityError:
        return ""
    return "" if how == NONE else how


def verify_file(
    store: ObjectStore,
    head: ObjectHead,
    path: Path,
    source: S3Uri,
    *,
    requester_pays: bool = False,
    is_stopped: Callable[[], bool] = never,
) -> str:
    """What proves that a file has the bytes a head tells of, or ``none``.

    Raises OSError, IntegrityError when they differ, PlanStoppedError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    pieces = file_reader(descriptor, memoryview(bytearray(BUFFER_BYTES)))

    def read(start: int, stop: int) -> Iterator[memoryview]:
        for piece in pieces(start, stop):
            if is_stopped():
                raise PlanStoppedError
            yield piece

    try:
        return Verifier(store).verify(
            Subject(source=source, head=head, read=read, requester_pays=requester_pays)
        )
    finally:
        os.close(descriptor)


def same_objects(one: ObjectHead, other: ObjectHead) -> str:
    """What proves that two objects have the same bytes; empty when nothing does."""
    if one.size_bytes != other.size_bytes:
        return ""
    if one.etag and one.etag == other.etag:
        return ETAG
    for algorithm, value in one.checksums.items():
        whole = "-" not in value and one.checksum_type in {"", _FULL_OBJECT}
        if whole and other.checksums.get(algorithm) == value:
            return algorithm.lower()
    return ""


def _bytes(key: str) -> bytes:
    """S3 orders keys by these."""
    return key.encode("utf-8", "surrogatepass")
