"""S3 with a meter in the line: every request is counted when its answer is there."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.objects import (
    DEFAULT_STORAGE_CLASS,
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.ports import AskedBody, AsksAhead, ObjectBody, ObjectStore
from s3nav.pricing.dollar_meter import DollarMeter

if TYPE_CHECKING:
    from s3nav.pricing.budget import Reserved

T = TypeVar("T")


class MeteredBody:
    """A GET that was sent, and is counted when its answer has come."""

    __slots__ = ("_asked", "_is_open", "_meter", "_request", "_reserved")

    def __init__(
        self,
        asked: AskedBody,
        request: GetRequest,
        meter: DollarMeter,
        reserved: "Reserved | None",
    ) -> None:
        self._asked = asked
        self._request = request
        self._meter = meter
        self._reserved = reserved
        self._is_open = True

    def body(self) -> ObjectBody:
        """Await it, once."""
        try:
            body = self._asked.body()
        except S3NavError as error:
            self._count(DEFAULT_STORAGE_CLASS, 0 if is_billed(error) else None)
            raise
        self._count(body.head.storage_class, body.length_bytes)
        return body

    def close(self) -> None:
        """Drop it; what was sent is answered all the same."""
        self._asked.close()
        if self._is_open:
            is_sent = not isinstance(self._asked, _Later)
            size_bytes = self._request.expected_bytes or 0
            self._count(DEFAULT_STORAGE_CLASS, size_bytes if is_sent else None)

    def _count(self, storage_class: str, size_bytes: int | None) -> None:
        """None: nothing was billed."""
        self._is_open = False
        reserved, self._reserved = self._reserved, None
        with nullcontext() if reserved is None else reserved.budget.settling(reserved):
            if size_bytes is not None:
                self._meter.count_get(self._request.bucket, storage_class, size_bytes)


class MeteredStore:
    """The port ``ObjectStore``, and ``AsksAhead`` where the store inside is that.

    A GET that is broken off counts with all its bytes; what S3 did not answer, or answered with
    an error of its own, is not billed and does not count.
    """

    def __init__(self, store: ObjectStore, meter: DollarMeter) -> None:
        self._store = store
        self._meter = meter
        self._ahead = store if isinstance(store, AsksAhead) else None

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list."""
        return self._store.list_buckets()

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket."""
        return self._store.bucket_region(bucket)

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing."""
        return self._listed(request.bucket, lambda: self._store.list_page(request))

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns."""
        return self._listed(request.bucket, lambda: self._store.list_keys(request))

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts."""
        return self._headed(
            bucket,
            lambda: self._store.head(
                bucket, key, version_id=version_id, requester_pays=requester_pays
            ),
            lambda head: head.storage_class,
        )

    def part_bytes(
        self, bucket: str, key: str, number: int, *, requester_pays: bool = False
    ) -> int | None:
        """The size of one part of a multipart upload."""
        return self._headed(
            bucket,
            lambda: self._store.part_bytes(bucket, key, number, requester_pays=requester_pays),
            _untold,
        )

    def attributes(
        self, bucket: str, key: str, *, requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """The parts of a multipart upload with their checksums."""
        return self._headed(
            bucket,
            lambda: self._store.attributes(bucket, key, requester_pays=requester_pays),
            _untold,
        )

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET."""
        asked = MeteredBody(
            _Later(self._store, request), request, self._meter, self._reserve(request)
        )
        return asked.body()

    def ask(self, request: GetRequest) -> AskedBody:
        """Send one GET ahead; a store that cannot sends it when its body is wanted."""
        reserved = self._reserve(request)
        asked: AskedBody = _Later(self._store, request)
        if self._ahead is not None:
            try:
                asked = self._ahead.ask(request)
            except S3NavError:
                if reserved is not None:
                    reserved.budget.give_back(reserved)
                raise
        return MeteredBody(asked, request, self._meter, reserved)

    def close(self) -> None:
        """Close the store inside."""
        self._store.close()

    def _reserve(self, request: GetRequest) -> "Reserved | None":
        budget = self._meter.budget()
        return None if budget is None else budget.reserve_get(request)

    def _listed(self, bucket: str, ask: Callable[[], T]) -> T:
        budget = self._meter.budget()
        reserved = None if budget is None else budget.reserve_list(bucket)
        return self._counted(reserved, ask, lambda _: self._meter.count_list(bucket))

    def _headed(self, bucket: str, ask: Callable[[], T], class_of: Callable[[T], str]) -> T:
        """Count what costs as much as a HEAD."""
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
        """Ask, then count unless S3 does not bill it; None is counted for a refusal."""
        answer: T | None = None
        is_counted = True
        try:
            answer = ask()
        except S3NavError as error:
            is_counted = is_billed(error)
            raise
        finally:
            with nullcontext() if reserved is None else reserved.budget.settling(reserved):
                if is_counted:
                    count(answer)
        return answer


class _Later:
    """A GET that is sent when its body is wanted."""

    def __init__(self, store: ObjectStore, request: GetRequest) -> None:
        self._store = store
        self._request = request

    def body(self) -> ObjectBody:
        """Send it."""
        return self._store.get(self._request)

    def close(self) -> None:
        """Nothing was sent, or the body's reader closes it."""


def is_billed(error: S3NavError) -> bool:
    """Whether S3 bills a request that it refused: not what it could not answer."""
    return not isinstance(error, UnavailableError)


def _untold(_answer: object) -> str:
    """Of answers that do not say the class of their object."""
    return DEFAULT_STORAGE_CLASS
