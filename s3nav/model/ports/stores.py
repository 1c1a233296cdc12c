"""Protocols of stores: reading, listing and writing objects, and calling AWS operations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Self, TypeVar

from s3nav.model.errors import S3NavError
from s3nav.model.objects import (
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
from s3nav.model.places import S3Uri
from s3nav.model.request_counts import Charge
from s3nav.model.scrape_queries import Answer, Caller, Operation, ServicePlaces
from s3nav.model.writes import CopyRequest, KeptPart, PutRequest, Sent

T = TypeVar("T")


class ObjectBody(Protocol):
    """The bytes of one GET, read once, in order, by one thread; close it when done."""

    @property
    def head(self) -> ObjectHead:
        """The object's metadata, from the response headers."""
        ...

    @property
    def length_bytes(self) -> int:
        """Total number of bytes in this body."""
        ...

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` from its start; returns the bytes written, 0 only at the end.

        Raises UnavailableError when the connection ends early or stalls past its deadline.
        """
        ...

    def close(self) -> None:
        """Return the connection to the pool, or drop it when bytes are unread."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class AskedBody(Protocol):
    """A GET that was sent; used by one thread, which reads its body or closes it."""

    def body(self) -> ObjectBody:
        """Wait for the response; call it once. Raises as `ObjectStore.get` does."""
        ...

    def close(self) -> None:
        """Drop the response; may be called twice."""
        ...


class SmallObject(Protocol):
    """A small object to fetch whole, with its listed size and ETag."""

    bucket: str
    key: str
    size_bytes: int
    etag: str


Wanted = TypeVar("Wanted", bound=SmallObject)


class Arrival(Protocol[Wanted]):
    """The result of one GET of `SmallGets`; valid until `next` is called again.

    Exactly one of three is set: `error`; `asked`, a response that must still be read the usual
    way; or `content`, all bytes of a response with the expected ETag and length.
    """

    wanted: Wanted
    error: S3NavError | None
    asked: AskedBody | None
    content: memoryview
    crc64nvme: str
    """Checksum of the whole object in base64; empty when S3 did not send it."""
    is_plain: bool
    """True without checksums and encryption: the ETag is then an MD5 if it looks like one."""

    @property
    def head(self) -> ObjectHead:
        """The object's metadata; only with `content`."""
        ...

    @property
    def storage_class(self) -> str:
        """The storage class in `head`, without parsing all headers."""
        ...


class SmallGets(Protocol[Wanted]):
    """Pipelined GETs of small objects; used by one thread."""

    @property
    def under_way(self) -> int:
        """Number of requests without a response yet."""
        ...

    @property
    def waited_s(self) -> float:
        """Total seconds that `next` and `ask` have waited for the network."""
        ...

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each object; `next` returns the errors."""
        ...

    def next(self) -> Arrival[Wanted]:
        """Return the next response, in any order. Raises what `waiting` raises."""
        ...

    def close(self) -> None:
        """Drop the requests under way; free connections stay open."""
        ...


class PageReader(Protocol):
    """Reads pages of listings in this and other processes; thread-safe."""

    @property
    def processes(self) -> int:
        """Number of processes reading now."""
        ...

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Return one page as `ListingStore.list_keys` does, with the digest computed."""
        ...

    def close(self) -> None:
        """Stop the processes; may be called twice."""
        ...


class ListingStore(Protocol):
    """The part of `ObjectStore` that a parallel listing needs."""

    def list_page(self, request: ListRequest) -> ListingPage:
        """Return one page of a listing, in byte order of keys."""
        ...

    def list_keys(self, request: ListRequest) -> KeyPage:
        """Return one page of a listing as columns, ignoring the request's delimiter.

        The store may leave the request's digest to the caller.
        """
        ...

    def page_reader(self) -> PageReader | None:
        """Start a reader, which the caller closes; None when it would not be faster."""
        ...


class ObjectStore(ListingStore, Protocol):
    """Read access to S3. What not every store can do returns None: page readers, small GETs.

    Every method is thread-safe, blocks no longer than the configured deadlines, and raises only
    S3NavError.
    """

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """Return the buckets that the credentials may list, by name."""
        ...

    def bucket_region(self, bucket: str) -> str:
        """Return a bucket's region, cached after the first request. Raises NotFoundError."""
        ...

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """Return one page of versions and delete markers, in byte order of keys."""
        ...

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """Return an object's metadata. Raises NotFoundError."""
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
        """Return the size of part `number`, from 1, of a multipart upload; None if unknown."""
        ...

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """Return how an object was uploaded, with all parts; None when S3 does not provide it."""
        ...

    def get(self, request: GetRequest) -> ObjectBody:
        """Start one GET. Raises ObjectChangedError when the ETag differs from `if_match`."""
        ...

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallGets[Wanted] | None:
        """Return pipelined GETs for one thread; None when they are not available.

        `waiting` is called while no data arrives and may raise to stop.
        """
        ...

    def close(self) -> None:
        """Close idle connections; may be called twice."""
        ...


class RequestMeter(Protocol):
    """Counts requests to S3, and refuses those beyond a budget; thread-safe."""

    def send(self, charge: Charge[T], send: Callable[[], T]) -> T:
        """Call `send`, and count it as one request. Raises BudgetError in place of sending it."""
        ...

    def small_gets(self, gets: SmallGets[Wanted]) -> SmallGets[Wanted]:
        """Return the same GETs, each of which is counted; those refused arrive as errors."""
        ...


class WriteWatch(Protocol):
    """Follows one upload or copy and may stop it; called from several threads."""

    @property
    def is_stopped(self) -> bool:
        """True when the transfer should stop."""
        ...

    @property
    def keeps_parts(self) -> bool:
        """True when a stopped upload will be resumed, so its parts must stay in S3."""
        ...

    def moved(self, count_bytes: int) -> None:
        """Count bytes sent; negative when bytes must be sent again."""
        ...

    def retried(self, *, slow_down: bool) -> None:
        """Count a retry; `slow_down` when S3 answered SlowDown."""
        ...

    def upload_began(self, place: S3Uri, upload_id: str) -> None:
        """Note that S3 stores parts until the upload ends. May raise S3NavError."""
        ...

    def upload_ended(self, upload_id: str) -> None:
        """Note that the upload is complete or its parts are deleted."""
        ...


class ObjectWriter(Protocol):
    """Write access to S3; thread-safe. Every method raises only S3NavError.

    A failed or stopped upload leaves no object, and no parts unless its watch keeps them.
    """

    def put(self, request: PutRequest, watch: WriteWatch) -> Sent | None:
        """Upload; None when `watch` stopped it. Raises UsageError `exists` if the key is taken."""
        ...

    def copy(self, request: CopyRequest, watch: WriteWatch) -> Sent | None:
        """Copy inside S3; None when `watch` stopped it. Raises ObjectChangedError."""
        ...

    def kept_parts(
        self, place: S3Uri, upload_id: str, size_bytes: int
    ) -> tuple[KeptPart, ...] | None:
        """Return the stored parts of an unfinished upload that `put` can reuse.

        Only parts that match how `put` cuts a file of `size_bytes` are returned. None when the
        upload no longer exists or may not be listed.
        """
        ...

    def abort(self, place: S3Uri, upload_id: str) -> None:
        """Delete the parts of an unfinished upload; does nothing when there is none."""
        ...

    def close(self) -> None:
        """End threads and connections after the last transfer; may be called twice."""
        ...


class OperationCaller(Protocol):
    """Calls the read operations of every AWS service; thread-safe.

    Names are those of botocore: ``ec2``, ``DescribeInstances``.
    """

    def services(self) -> tuple[str, ...]:
        """Return every known service, without a request."""
        ...

    def known_regions(self) -> tuple[str, ...]:
        """Return every region of the partition, without a request."""
        ...

    def home_region(self) -> str:
        """Return the credentials' region, where global services are called."""
        ...

    def enabled_regions(self) -> tuple[str, ...]:
        """Return the regions enabled for the account. Raises S3NavError when unknown."""
        ...

    def caller(self) -> Caller:
        """Return the caller's identity. Raises CredentialsError and UnavailableError."""
        ...

    def places(self, service: str) -> ServicePlaces:
        """Return the regions of a service, without a request."""
        ...

    def operations(self, service: str) -> tuple[Operation, ...]:
        """Return a service's read operations that need no input, without a request."""
        ...

    def children(self, operation: Operation) -> tuple[Operation, ...]:
        """Return the operations that can be called for each thing that `operation` returns."""
        ...

    def parameters(
        self, operation: Operation, parent: Mapping[str, object]
    ) -> tuple[Mapping[str, object], ...]:
        """Return a child's parameters for each thing in its parent's response."""
        ...

    def call(
        self,
        operation: Operation,
        region: str,
        *,
        parameters: Mapping[str, object],
        is_cancelled: Callable[[], bool],
    ) -> Answer:
        """Call an operation, all pages; an error of AWS is returned as the answer's status.

        Raises CredentialsError, and UnavailableError when nothing responds any more.
        """
        ...

    def environment(self, region: str) -> Mapping[str, str]:
        """Return environment variables with the same credentials for a child; some are secret."""
        ...

    def forget(self, service: str, regions: Sequence[str]) -> None:
        """Free what was opened for a service that will not be called again in these regions."""
        ...

    def close(self) -> None:
        """Close all connections; may be called twice."""
        ...
