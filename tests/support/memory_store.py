"""An S3 in memory that behaves as the port says, for tests that need no server."""

import bisect
import hashlib
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from msgspec.structs import replace

from s3nav.model.errors import NotFoundError, ObjectChangedError, S3NavError
from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectFact,
    ObjectHead,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.ports.stores import PageReader, SmallGets, Wanted
from tests.support.multipart import Upload, upload
from tests.support.waiting import eventually

WHEN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass
class MemoryBody:
    """The bytes of one GET."""

    head: ObjectHead
    content: bytes
    position: int = 0
    closed: bool = False

    @property
    def length_bytes(self) -> int:
        return len(self.content)

    def readinto(self, buffer: memoryview) -> int:
        piece = self.content[self.position : self.position + len(buffer)]
        buffer[: len(piece)] = piece
        self.position += len(piece)
        return len(piece)

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class MemoryStore:
    """Buckets of objects; counts requests, and asks `before` before each one."""

    before: Callable[[str, str], None] = lambda verb, name: None
    """Called with ``get``/``head``/``list``/``buckets`` and the key; may raise or wait."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    tells_parts: bool = True
    """False: as a gateway that ignores ``partNumber``."""
    keeps_attributes: bool = True
    """False: as a server without GetObjectAttributes."""
    encryption: str = ""
    _uploads: dict[tuple[str, str], Upload] = field(default_factory=dict)
    _buckets: dict[str, dict[str, tuple[ObjectFact, bytes]]] = field(default_factory=dict)
    _versions: dict[tuple[str, str, str], tuple[ObjectFact, bytes]] = field(default_factory=dict)
    _sorted: dict[str, list[str]] = field(default_factory=dict)
    _regions: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def make_bucket(self, name: str, region: str = "us-east-1") -> None:
        self._buckets.setdefault(name, {})
        self._regions[name] = region

    def put(
        self, bucket: str, key: str, content: bytes = b"", *, fact: ObjectFact | None = None
    ) -> None:
        self.make_bucket(bucket, self._regions.get(bucket, "us-east-1"))
        base = fact or ObjectFact(key=key, size_bytes=0, modified_at=WHEN)
        etag = base.etag or hashlib.md5(content, usedforsecurity=False).hexdigest()
        if key not in self._buckets[bucket]:
            self._sorted.pop(bucket, None)
        self._buckets[bucket][key] = (
            replace(base, key=key, size_bytes=len(content), etag=etag),
            content,
        )

    def put_version(self, bucket: str, key: str, version_id: str, content: bytes) -> None:
        """Make it the current one; those before stay."""
        self.put(bucket, key, content)
        self._versions[bucket, key, version_id] = self._buckets[bucket][key]

    def put_fact(self, bucket: str, fact: ObjectFact) -> None:
        """An object of any size, without its bytes."""
        self.put(bucket, fact.key, fact=fact)
        self._buckets[bucket][fact.key] = (fact, b"")

    def delete(self, bucket: str, key: str) -> None:
        del self._bucket(bucket)[key]
        self._sorted.pop(bucket, None)

    def keys_of(self, bucket: str) -> list[str]:
        """In byte order."""
        return list(self._ordered(bucket))

    def facts(self, bucket: str) -> dict[str, ObjectFact]:
        """Of every object, by key."""
        return {key: fact for key, (fact, _) in self._bucket(bucket).items()}

    def fact(self, bucket: str, key: str) -> ObjectFact | None:
        found = self._buckets.get(bucket, {}).get(key)
        return None if found is None else found[0]

    def content(self, bucket: str, key: str) -> bytes | None:
        found = self._buckets.get(bucket, {}).get(key)
        return None if found is None else found[1]

    def count(self, verb: str) -> int:
        return sum(1 for seen, _ in self.requests if seen == verb)

    def list_buckets(self) -> tuple[BucketFact, ...]:
        self._note("buckets", "")
        return tuple(
            BucketFact(name=name, created_at=WHEN, region=self._regions[name])
            for name in sorted(self._buckets)
        )

    def bucket_region(self, bucket: str) -> str:
        self._bucket(bucket)
        return self._regions[bucket]

    def list_page(self, request: ListRequest) -> ListingPage:
        self._note("list", request.prefix)
        after = request.token if request.token is not None else request.start_after
        objects: list[ObjectFact] = []
        prefixes: list[str] = []
        last = ""
        bucket = self._bucket(request.bucket)
        ordered = self._ordered(request.bucket)
        begin = bisect.bisect_right(ordered, _bytes(after), key=_bytes)
        for at in range(begin, len(ordered)):
            key = ordered[at]
            if not key.startswith(request.prefix):
                continue
            head, found, _ = key[len(request.prefix) :].partition(request.delimiter or "\0none")
            prefix = request.prefix + head + request.delimiter
            if found and request.delimiter:
                if (prefixes and prefixes[-1] == prefix) or _bytes(after).startswith(
                    _bytes(prefix)
                ):
                    last = key
                    continue
                entry: ObjectFact | str = prefix
            else:
                entry = bucket[key][0]
            if len(objects) + len(prefixes) == request.page_size:
                return ListingPage(
                    objects=tuple(objects), prefixes=tuple(prefixes), next_token=last
                )
            if isinstance(entry, str):
                prefixes.append(entry)
            else:
                objects.append(entry)
            last = key
        return ListingPage(objects=tuple(objects), prefixes=tuple(prefixes))

    def list_keys(self, request: ListRequest) -> KeyPage:
        return KeyPage.of(self.list_page(replace(request, delimiter="")))

    def page_reader(self) -> PageReader | None:
        return None

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """As of a bucket without versioning: each object is its only version."""
        page = self.list_keys(
            ListRequest(
                bucket=request.bucket,
                prefix=request.prefix,
                start_after=request.key_marker,
                page_size=request.page_size,
            )
        )
        count = len(page.keys)
        return VersionPage(
            keys=page.keys,
            version_ids=["null"] * count,
            are_latest=[True] * count,
            are_markers=[False] * count,
            sizes=list(page.sizes),
            modified_s=list(page.modified_s),
            etags=page.etags,
            classes=page.classes,
            next_key=page.keys[-1] if page.next_token else None,
            next_version="null" if page.next_token else "",
        )

    def _ordered(self, bucket: str) -> list[str]:
        """The keys of a bucket in byte order; sorted once for many pages."""
        keys = self._bucket(bucket)
        known = self._sorted.get(bucket)
        if known is None or len(known) != len(keys):
            known = self._sorted[bucket] = sorted(keys, key=_bytes)
        return known

    def empty_bucket(self, name: str) -> None:
        """Remove all objects of a bucket."""
        self._bucket(name).clear()
        self._sorted.pop(name, None)

    def put_multipart(
        self,
        bucket: str,
        key: str,
        parts: Sequence[bytes],
        *,
        algorithm: str = "",
        checksum_type: str = "",
        encryption: str = "",
    ) -> None:
        """Upload in parts; with a checksum, S3 keeps the parts and their sums."""
        uploaded = upload(
            parts, algorithm=algorithm, checksum_type=checksum_type, encryption=encryption
        )
        fact = ObjectFact(
            key=key,
            size_bytes=0,
            etag=uploaded.etag,
            modified_at=WHEN,
            checksum_algorithm=algorithm,
            checksum_type=checksum_type,
        )
        self.put(bucket, key, b"".join(parts), fact=fact)
        self._uploads[bucket, key] = uploaded

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        self._note("head", key)
        return self._head(bucket, self._object(bucket, key, version_id)[0])

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        self._note("part", key)
        uploaded = self._uploads.get((bucket, key))
        if uploaded is None or not self.tells_parts:
            return None
        return uploaded.parts[number - 1].size_bytes

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        self._note("attributes", key)
        if not self.keeps_attributes or key not in self._buckets.get(bucket, {}):
            return None
        fact, _ = self._object(bucket, key)
        uploaded = self._uploads.get((bucket, key))
        head = self._head(bucket, fact)
        keeps = uploaded is not None and bool(uploaded.checksums)
        return ObjectAttributes(
            etag=fact.etag,
            size_bytes=fact.size_bytes,
            checksums=head.checksums,
            checksum_type=head.checksum_type,
            parts=uploaded.parts if uploaded and keeps else (),
            parts_count=len(uploaded.parts) if uploaded else None,
        )

    def get(self, request: GetRequest) -> MemoryBody:
        self._note("get", request.key)
        fact, content = self._object(request.bucket, request.key, request.version_id)
        if request.if_match and request.if_match != fact.etag:
            raise ObjectChangedError(f"s3://{request.bucket}/{request.key} changed")
        if request.span is not None:
            content = content[request.span.start : request.span.stop]
        return MemoryBody(self._head(request.bucket, fact), content)

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        return None

    def close(self) -> None:
        pass

    def _head(self, bucket: str, fact: ObjectFact) -> ObjectHead:
        uploaded = self._uploads.get((bucket, fact.key))
        head = replace(_head(fact), encryption=self.encryption)
        if uploaded is None or uploaded.etag != fact.etag:
            return head
        return replace(
            head,
            checksums=uploaded.checksums,
            checksum_type=fact.checksum_type,
            encryption=uploaded.encryption,
        )

    def _note(self, verb: str, name: str) -> None:
        with self._lock:
            self.requests.append((verb, name))
        self.before(verb, name)

    def _bucket(self, name: str) -> dict[str, tuple[ObjectFact, bytes]]:
        if name not in self._buckets:
            raise NotFoundError(f"no bucket `{name}`", slug="no-such-bucket")
        return self._buckets[name]

    def _object(self, bucket: str, key: str, version_id: str = "") -> tuple[ObjectFact, bytes]:
        try:
            if version_id:
                return self._versions[bucket, key, version_id]
            return self._bucket(bucket)[key]
        except KeyError:
            raise NotFoundError(f"no object s3://{bucket}/{key}", slug="no-such-key") from None


def failing(error: S3NavError, verb: str = "get") -> Callable[[str, str], None]:
    """A `before` that raises for every request of one kind."""

    def before(seen: str, _: str) -> None:
        if seen == verb:
            raise error

    return before


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _head(fact: ObjectFact) -> ObjectHead:
    return ObjectHead(
        size_bytes=fact.size_bytes,
        etag=fact.etag,
        modified_at=fact.modified_at,
        storage_class=fact.storage_class,
        version_id=fact.version_id,
    )


def silence_after_first_page(store: MemoryStore, over: threading.Event) -> None:
    """Let no further page come until `over` is set: a silent S3, whose listing can be stopped.

    A listing looks now and then whether it was stopped. A page that came right after the stop
    would be counted, and with it perhaps the last one.
    """
    honest, pages = store.list_keys, itertools.count()

    def list_keys(request: ListRequest) -> KeyPage:
        if next(pages) > 0:
            waiting = request.waiting or (lambda: None)
            eventually(lambda: over.is_set() or waiting(), what="the listing goes on waiting")
        return honest(request)

    store.list_keys = list_keys  # type: ignore[method-assign]
