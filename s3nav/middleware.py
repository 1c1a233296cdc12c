"""The way of every request to S3: opened when it is needed, retried, counted, then sent."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from s3nav.model.objects import (
    DEFAULT_STORAGE_CLASS,
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.ports.stores import (
    ObjectBody,
    ObjectStore,
    PageReader,
    RequestMeter,
    SmallGets,
    Wanted,
)
from s3nav.model.request_counts import Charge, RequestKind
from s3nav.retries import RequestRetries, no_check

T = TypeVar("T")
Listing = TypeVar("Listing", ListRequest, VersionsRequest)


class StoreMiddleware:
    """Implements ``ObjectStore`` on top of another store, with what is plugged in between.

    A request passes, in this order:

    1. `check`, which may raise to end it: called before each attempt, ten times a second between
       them, and every half second in which a listing is silent.
    2. `retries`. Each attempt goes through the next steps, so each is counted.
    3. `open_store`, until it has succeeded once. A request without a store is not counted.
    4. `meter`, if there is one.

    GETs skip the first two steps: their callers know which bytes have arrived, and retry the rest.
    """

    def __init__(
        self,
        open_store: Callable[[], ObjectStore],
        *,
        retries: RequestRetries | None = None,
        check: Callable[[], None] = no_check,
        meter: RequestMeter | None = None,
    ) -> None:
        self._open_store = open_store
        self._store: ObjectStore | None = None
        self._retries = retries or RequestRetries(retry_attempts=0)
        self._check = check
        self._meter = meter

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._send(lambda store: store.list_buckets())

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._send(lambda store: store.bucket_region(bucket))

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        return self._list(request, lambda store, sent: store.list_page(sent))

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        return self._list(request, lambda store, sent: store.list_keys(sent))

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """One page of versions and delete markers."""
        return self._list(request, lambda store, sent: store.list_versions(sent))

    def page_reader(self) -> PageReader | None:
        """The store's reader, whose requests take the same way; None when it has none."""
        reader = self._opened().page_reader()
        if reader is None:
            return None
        return _ReaderMiddleware(
            reader, lambda request: self._list(request, lambda _, sent: reader.list_keys(sent))
        )

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts."""
        return self._send(
            lambda store: store.head(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            Charge(
                kind=RequestKind.HEAD, bucket=bucket, billed=lambda head: (head.storage_class, 0)
            ),
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
        return self._send(
            lambda store: store.part_bytes(
                bucket, key, number, version_id=version_id, requester_pays=requester_pays
            ),
            Charge(kind=RequestKind.HEAD, bucket=bucket, billed=_without_class),
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded, with all parts."""
        return self._send(
            lambda store: store.attributes(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            Charge(kind=RequestKind.HEAD, bucket=bucket, billed=_without_class),
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET, once."""
        span = request.span
        expected_bytes = request.expected_bytes if span is None else span.length_bytes
        return self._attempt(
            lambda store: store.get(request), get_charge(request.bucket, expected_bytes)
        )

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        """The store's pipelined GETs, metered; None when it has none."""
        gets: SmallGets[Wanted] | None = self._opened().small_gets(
            requester_pays=requester_pays, waiting=waiting
        )
        if gets is None or self._meter is None:
            return gets
        return self._meter.small_gets(gets)

    def close(self) -> None:
        """Do nothing: the session that opened the store closes it."""

    def _list(self, request: Listing, send: Callable[[ObjectStore, Listing], T]) -> T:
        """Send a request for a page, which heeds this store's check and its own."""
        waiting = request.waiting
        check = self._check if waiting is None else _both(self._check, waiting)
        watched = replace(request, waiting=check)
        charge: Charge[T] = Charge(
            kind=RequestKind.LIST, bucket=request.bucket, billed=_without_class
        )
        return self._send(lambda store: send(store, watched), charge, check)

    def _send(
        self,
        send: Callable[[ObjectStore], T],
        charge: Charge[T] | None = None,
        check: Callable[[], None] | None = None,
    ) -> T:
        return self._retries.call(lambda: self._attempt(send, charge), check or self._check)

    def _attempt(self, send: Callable[[ObjectStore], T], charge: Charge[T] | None) -> T:
        store = self._opened()
        if charge is None or self._meter is None:
            return send(store)
        return self._meter.send(charge, lambda: send(store))

    def _opened(self) -> ObjectStore:
        store = self._store
        if store is None:
            store = self._store = self._open_store()
        return store


class _ReaderMiddleware:
    """Implements ``PageReader``."""

    def __init__(self, reader: PageReader, list_keys: Callable[[ListRequest], KeyPage]) -> None:
        self._reader = reader
        self.list_keys = list_keys
        """One page of a listing as columns."""

    @property
    def processes(self) -> int:
        """Number of processes reading now."""
        return self._reader.processes

    def close(self) -> None:
        """Stop the processes."""
        self._reader.close()


def get_charge(bucket: str, expected_bytes: int | None) -> Charge[ObjectBody]:
    """How S3 bills a GET: an interrupted one counts with all its bytes."""
    return Charge(
        kind=RequestKind.GET,
        bucket=bucket,
        expected_bytes=expected_bytes,
        billed=lambda body: (body.head.storage_class, body.length_bytes),
    )


def _without_class(_answer: T) -> tuple[str, int]:
    """How an answer that names no storage class is billed."""
    return DEFAULT_STORAGE_CLASS, 0


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def check() -> None:
        first()
        second()

    return check
