"""Find out what exists at the target of an upload or a copy, and whether it has the same bytes."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from s3nav.model.errors import AccessDeniedError, IntegrityError, NotFoundError
from s3nav.model.objects import ListRequest, ObjectFact, ObjectHead
from s3nav.model.places import S3Uri, key_bytes
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity import (
    ETAG_IS_MD5_WITH,
    NONE,
    Subject,
    Verifier,
    file_reader,
    plain_md5,
)
from s3nav.transfer.journal import FAILED, SKIPPED, PlannedItem
from s3nav.transfer.planning.plan_preview import PlanStoppedError, never

BUFFER_BYTES = MIB
ETAG = "etag"
REPLACES = "replaces other bytes"
EXISTS = "exists: other bytes are there, and `--overwrite` was not given"
_FULL_OBJECT = "FULL_OBJECT"


class ExistingObjects:
    """Looks up objects below a prefix. Keys must come in byte order, so that a page answers many.

    Sends at most two requests a key, however many other objects lie between. Only a page that is
    the whole listing proves that a key does not exist; otherwise a HEAD does, because an endpoint
    that lists in another order may have the key on another page.
    """

    def __init__(self, store: ObjectStore, bucket: str, prefix: str) -> None:
        self._store = store
        self._bucket = bucket
        self._prefix = prefix
        self._page: dict[str, ObjectFact] = {}
        self._first = b""
        self._last: bytes | None = b""
        """The page covers all keys after `_first` up to this one; None: to the end."""
        self._asked = ""
        self._is_whole = False
        """The page has all objects."""

    def find(self, key: str) -> ObjectFact | None:
        """The object with a key; None if it does not exist. Raises S3NavError."""
        if not self._is_whole and not self._covers(key):
            self._load()
        self._asked = key
        found = self._page.get(key)
        if found is not None or self._is_whole:
            return found
        try:
            return self._head(key)
        except AccessDeniedError:
            if self._covers(key):
                return None  # credentials that may list and write, and not read
            raise

    def _covers(self, key: str) -> bool:
        wanted = key_bytes(key)
        return self._first < wanted and (self._last is None or wanted <= self._last)

    def _load(self) -> None:
        page = self._store.list_page(
            ListRequest(bucket=self._bucket, prefix=self._prefix, start_after=self._asked)
        )
        self._page = {fact.key: fact for fact in page.objects}
        self._first = key_bytes(self._asked)
        self._is_whole = not self._asked and page.next_token is None
        self._last = None if page.next_token is None else key_bytes(next(reversed(self._page), ""))

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
    """How it was verified that the object has the bytes of the file, as in ``md5``.

    Empty if they differ or it cannot be verified; None if the object does not exist. Raises
    OSError, S3NavError and PlanStoppedError.
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
    """How it was verified that a file has the bytes of an object; ``none`` if it cannot be.

    Raises OSError, PlanStoppedError, and IntegrityError when they differ.
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
    """How two objects are known to have the same bytes: ``etag`` or an algorithm; else empty."""
    if one.size_bytes != other.size_bytes:
        return ""
    if one.etag and one.etag == other.etag:
        return ETAG
    for algorithm, value in one.checksums.items():
        whole = "-" not in value and one.checksum_type in {"", _FULL_OBJECT}
        if whole and other.checksums.get(algorithm) == value:
            return algorithm.lower()
    return ""


def are_different(one: ObjectHead, other: ObjectHead) -> bool:
    """Whether two objects are known to have other bytes: by size, MD5 or checksum."""
    if one.size_bytes != other.size_bytes:
        return True
    mine, theirs = (
        plain_md5(head.etag) if head.encryption in ETAG_IS_MD5_WITH else b""
        for head in (one, other)
    )
    if mine and theirs and mine != theirs:
        return True
    are_whole = all(head.checksum_type in {"", _FULL_OBJECT} for head in (one, other))
    return are_whole and any(
        "-" not in value + other.checksums.get(algorithm, value)
        and other.checksums.get(algorithm, value) != value
        for algorithm, value in one.checksums.items()
    )


def apply_overwrite_policy(item: PlannedItem, same: str, *, overwrite: bool) -> None:
    """Skip an item whose target has the same bytes (`same` says how it was verified).

    Otherwise note that it is replaced, or fail it without `overwrite`.
    """
    if same:
        item.state, item.reason = SKIPPED, f"already there: same size and {same}"
    elif overwrite:
        item.reason = REPLACES
    else:
        item.state, item.reason = FAILED, EXISTS
