"""An ObjectStore that makes failed requests again and lets its user give up meanwhile."""

from collections.abc import Callable

from msgspec.structs import replace

from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.ports.stores import ObjectBody, ObjectStore
from s3nav.retries.request_retries import RequestRetries, no_check


class RetryingStore:
    """The port ``ObjectStore``: each request is made again as `RequestRetries` says.

    `check` is called before each request, ten times a second between them, and every half second
    in which a listing is silent; what it raises ends the request. A `get` is not repeated: its
    caller knows which bytes have arrived.
    """

    def __init__(
        self, store: ObjectStore, *, retry_attempts: int, check: Callable[[], None] = no_check
    ) -> None:
        self._store = store
        self._check = check
        self._retries = RequestRetries(retry_attempts)

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._retries.call(self._store.list_buckets, self._check)

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._retries.call(lambda: self._store.bucket_region(bucket), self._check)

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        check = self._check_of(request)
        watched = replace(request, waiting=check)
        return self._retries.call(lambda: self._store.list_page(watched), check)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        check = self._check_of(request)
        watched = replace(request, waiting=check)
        return self._retries.call(lambda: self._store.list_keys(watched), check)

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts."""
        return self._retries.call(
            lambda: self._store.head(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            self._check,
        )

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
        return self._retries.call(
            lambda: self._store.part_bytes(
                bucket, key, number, version_id=version_id, requester_pays=requester_pays
            ),
            self._check,
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded."""
        return self._retries.call(
            lambda: self._store.attributes(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            self._check,
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET; it is not repeated."""
        return self._store.get(request)

    def close(self) -> None:
        """Do nothing: the session that opened the store closes it."""

    def _check_of(self, request: ListRequest) -> Callable[[], None]:
        """The store's check and that of a request."""
        waiting = request.waiting
        if waiting is None:
            return self._check

        def both() -> None:
            self._check()
            waiting()

        return both
