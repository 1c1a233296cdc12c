"""An ObjectStore that counts every request when its response arrives."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from s3nav.model.errors import S3NavError, UsageError
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
from s3nav.model.ports.page_reader import PageReader, ReadsFaster
from s3nav.model.ports.stores import (
    GetsSmall,
    ListsVersions,
    ObjectBody,
    ObjectStore,
    SmallGets,
    Wanted,
)
from s3nav.pricing.metering.dollar_meter import DollarMeter, is_billed
from s3nav.pricing.metering.metered_small import MeteredSmallGets

if TYPE_CHECKING:
    from s3nav.pricing.metering.budget import Reserved

T = TypeVar("T")


class MeteredStore:
    """Implements ``ObjectStore``, ``GetsSmall`` and ``ReadsFaster``.

    An interrupted GET counts with all its bytes. A request that S3 did not answer, or answered
    with a server error, is not billed and not counted.
    """

    def __init__(self, store: ObjectStore, meter: DollarMeter) -> None:
        self._store = store
        self._meter = meter

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._store.list_buckets()

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._store.bucket_region(bucket)

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        return self.listed(request.bucket, lambda: self._store.list_page(request))

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        return self.listed(request.bucket, lambda: self._store.list_keys(request))

    def page_reader(self) -> PageReader | None:
        """Return the wrapped store's reader in worker processes, metered; None without one."""
        store = self._store
        reader = store.page_reader() if isinstance(store, ReadsFaster) else None
        return None if reader is None else MeteredReader(reader, self)

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """Return one page of versions. Raises UsageError when the store does not support them."""
        store = self._store
        if not isinstance(store, ListsVersions):
            raise UsageError("this store does not list versions")
        return self.listed(request.bucket, lambda: store.list_versions(request))

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """Return an object's metadata."""
        return self._headed(
            bucket,
            lambda: self._store.head(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            lambda head: head.storage_class,
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
        """Return the size of one part of a multipart upload."""
        return self._headed(
            bucket,
            lambda: self._store.part_bytes(
                bucket, key, number, version_id=version_id, requester_pays=requester_pays
            ),
            _default_class,
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """Return the parts of a multipart upload with their checksums."""
        return self._headed(
            bucket,
            lambda: self._store.attributes(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            _default_class,
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET."""

        def count(body: ObjectBody | None) -> None:
            if body is None:
                self._meter.count_get(request.bucket, DEFAULT_STORAGE_CLASS, 0)
            else:
                storage_class = body.head.storage_class
                self._meter.count_get(request.bucket, storage_class, body.length_bytes)

        budget = self._meter.budget()
        reserved = None if budget is None else budget.reserve_get(request)
        return self._counted(reserved, lambda: self._store.get(request), count)

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        """Return the wrapped store's pipelined GETs, metered; None when it has none."""
        store = self._store
        if not isinstance(store, GetsSmall):
            return None
        gets: SmallGets[Wanted] | None = store.small_gets(
            requester_pays=requester_pays, waiting=waiting
        )
        return None if gets is None else MeteredSmallGets(gets, self._meter)

    def close(self) -> None:
        """Close the wrapped store."""
        self._store.close()

    def listed(self, bucket: str, ask: Callable[[], T]) -> T:
        """Call `ask` and count it as one LIST."""
        budget = self._meter.budget()
        reserved = None if budget is None else budget.reserve_list(bucket)
        return self._counted(reserved, ask, lambda _: self._meter.count_list(bucket))

    def _headed(self, bucket: str, ask: Callable[[], T], class_of: Callable[[T], str]) -> T:
        """Call `ask` and count it as one HEAD."""
        budget = self._meter.budget()
        reserved = None if budget is None else budget.reserve_head(bucket)
        return self._counted(
            reserved,
            ask,
            lambda answer: self._meter.count_head(
                bucket, DEFAULT_STORAGE_CLASS if answer is None else class_of(answer)
            ),
        )

    def _counted(
        self, reserved: "Reserved | None", ask: Callable[[], T], count: Callable[[T | None], None]
    ) -> T:
        """Call `ask`, then `count` its answer if S3 bills it; a billed error is counted as None."""
        answer: T | None = None
        is_counted = True
        try:
            answer = ask()
        except S3NavError as error:
            is_counted = is_billed(error)
            raise
        finally:
            with nullcontext() if reserved is None else reserved.budget.counting(reserved):
                if is_counted:
                    count(answer)
        return answer


class MeteredReader:
    """Implements ``PageReader``: counts the requests of worker processes."""

    def __init__(self, reader: PageReader, meter: MeteredStore) -> None:
        self._reader = reader
        self._meter = meter

    @property
    def processes(self) -> int:
        """Number of processes reading now."""
        return self._reader.processes

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        return self._meter.listed(request.bucket, lambda: self._reader.list_keys(request))

    def close(self) -> None:
        """Close the wrapped reader."""
        self._reader.close()


def _default_class(_answer: object) -> str:
    """Return the class to bill when a response does not name one."""
    return DEFAULT_STORAGE_CLASS
