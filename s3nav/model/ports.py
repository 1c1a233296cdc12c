"""What rooms ask of each other, as protocols."""

from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from s3nav.model.objects import (
    BucketFact,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.sending import CopyRequest, PutRequest, Sent


class ObjectBody(Protocol):
    """The bytes of one GET, read once, in order, by one thread; close it when done."""

    @property
    def head(self) -> ObjectHead:
        """What the answer's headers say about the object."""
        ...

    @property
    def length_bytes(self) -> int:
        """How many bytes this body delivers in all."""
        ...

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start; returns the bytes written, 0 only at the end.

        Raises UnavailableError when the connection ends early or stalls past its deadline.
        """
        ...

    def close(self) -> None:
        """Give the connection back, or drop it when bytes are unread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class ObjectStore(Protocol):
    """S3, as the rooms need it.

    Every method may be called from any thread, blocks at most as long as the configured
    deadlines, and raises only S3NavError.
    """

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list, by name."""
        ...

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket, asked once and remembered. Raises NotFoundError."""
        ...

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing, in byte order of keys."""
        ...

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns; the request's delimiter is not used."""
        ...

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts without its bytes. Raises NotFoundError."""
        ...

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        """The size of one part of a multipart upload, from 1; None when S3 does not say."""
        ...

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded, all parts; None where S3 does not keep or tell it."""
        ...

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET. Raises ObjectChangedError when `if_match` does not hold."""
        ...

    def close(self) -> None:
        """Close idle connections. Calling it twice is fine."""
        ...


class AskedBody(Protocol):
    """A GET that was sent; used by one thread, which awaits its body or closes it."""

    def body(self) -> ObjectBody:
        """Wait for the answer, once. Raises as `ObjectStore.get` does."""
        ...

    def close(self) -> None:
        """Drop an answer that nobody wants any more. Calling it twice is fine."""
        ...


@runtime_checkable
class AsksAhead(Protocol):
    """A store that sends a GET before the answer to the one before has been read."""

    def ask(self, request: GetRequest) -> AskedBody:
        """Send one GET. Raises S3NavError, as `AskedBody.body` may later."""
        ...


class SendWatch(Protocol):
    """Follows one upload or copy, and may stop it; called from several threads."""

    @property
    def is_stopped(self) -> bool:
        """True when nobody wants the object any more."""
        ...

    def moved(self, count_bytes: int) -> None:
        """So many more bytes were handed over; negative when some must be sent again."""
        ...

    def retried(self, *, slow_down: bool) -> None:
        """A request is tried again; `slow_down` when S3 asked for less."""
        ...


class ObjectSender(Protocol):
    """Writing to S3. Every method may be called from any thread and raises only S3NavError.

    A failed or stopped upload leaves nothing behind: no object, no parts.
    """

    def put(self, request: PutRequest, watch: SendWatch) -> Sent | None:
        """Upload; None when `watch` stopped it. Raises UsageError `exists`."""
        ...

    def copy(self, request: CopyRequest, watch: SendWatch) -> Sent | None:
        """Copy inside S3; None when `watch` stopped it. Raises ObjectChangedError."""
        ...

    def close(self) -> None:
        """End threads and connections, after the last transfer has ended; twice is fine."""
        ...
