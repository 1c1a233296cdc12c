"""S3 that is opened by its first request, so that the journal can be read without credentials."""

from collections.abc import Callable
from functools import cached_property

from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.ports.stores import GetsSmall, ObjectBody, ObjectStore, SmallGets, Wanted


class LazyStore:
    """The port ``ObjectStore``; each request raises what opening raises, until that succeeds."""

    def __init__(self, open_store: Callable[[], ObjectStore]) -> None:
        self._open_store = open_store

    @cached_property
    def _store(self) -> ObjectStore:
        return self._open_store()

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._store.list_buckets()

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._store.bucket_region(bucket)

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        return self._store.list_page(request)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        return self._store.list_keys(request)

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts."""
        return self._store.head(bucket, key, version_id=version_id, requester_pays=requester_pays)

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        """The size of one part of a multipart upload."""
        return self._store.part_bytes(
            bucket, key, number, version_id=version_id, requester_pays=requester_pays
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """The parts of a multipart upload with their checksums."""
        return self._store.attributes(
            bucket, key, version_id=version_id, requester_pays=requester_pays
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET."""
        return self._store.get(request)

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        """The store's quick way for small objects, if it has one."""
        store = self._store
        if not isinstance(store, GetsSmall):
            return None
        return store.small_gets(requester_pays=requester_pays, waiting=waiting)

    def close(self) -> None:
        """Do nothing: the session that opened the store closes it."""
