"""What rooms ask of each other, as protocols."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Self, TypeVar, runtime_checkable

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
from s3nav.model.scrape_queries import Answer, Caller, Operation, ServicePlaces
from s3nav.model.writes import CopyRequest, KeptPart, PutRequest, Sent


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

    def __exit__(self, *_: object) -> None: ...


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
        """One page of a listing as columns; the request's delimiter is not used.

        The request's digest may be left to the caller.
        """
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


class SmallObject(Protocol):
    """A small object to fetch whole, as it was listed."""

    bucket: str
    key: str
    size_bytes: int
    etag: str


Wanted = TypeVar("Wanted", bound=SmallObject)


class Arrival(Protocol[Wanted]):
    """What came of one GET of `SmallGets`; valid until the next is asked for.

    Of `error`, `asked` and `content` one says it: an error, an answer that is still to be read the
    usual way, or all bytes of an answer whose ETag and length are those of the object.
    """

    wanted: Wanted
    error: S3NavError | None
    asked: AskedBody | None
    content: memoryview
    crc64nvme: str
    """In base64, of the whole object; empty when S3 did not send it."""
    is_plain: bool
    """Neither checksums nor encryption: an ETag that looks like an MD5 is one."""

    @property
    def head(self) -> ObjectHead:
        """What the answer's headers say; only with `content`."""
        ...

    @property
    def storage_class(self) -> str:
        """The same as that of `head`, in fewer steps."""
        ...


class SmallGets(Protocol[Wanted]):
    """GETs of small objects, many under way at once; used by one thread."""

    @property
    def under_way(self) -> int:
        """Asked for and not come back."""
        ...

    @property
    def waited_s(self) -> float:
        """How long `next` and `ask` have waited for the network, all in all."""
        ...

    def ask(self, wanted: Sequence[Wanted]) -> None:
        """Send a GET for each; what goes wrong is told by `next`."""
        ...

    def next(self) -> Arrival[Wanted]:
        """What came back next, in any order. Raises what `waiting` raises."""
        ...

    def close(self) -> None:
        """Drop answers nobody wants any more, keep the connections that are free."""
        ...


@runtime_checkable
class GetsSmall(Protocol):
    """A store with a quick way for small objects."""

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> "SmallGets[Wanted] | None":
        """For one thread; `waiting` is called while nothing comes, and raises to give up.

        None when there is no quick way. Raises S3NavError.
        """
        ...


@runtime_checkable
class ListsVersions(Protocol):
    """A store that tells old versions and delete markers."""

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """One page of versions, in byte order of keys. Raises S3NavError."""
        ...


class WriteWatch(Protocol):
    """Follows one upload or copy, and may stop it; called from several threads."""

    @property
    def is_stopped(self) -> bool:
        """True when nobody wants the object any more."""
        ...

    @property
    def keeps_parts(self) -> bool:
        """True when somebody will go on with what is stopped: S3 shall keep its parts."""
        ...

    def moved(self, count_bytes: int) -> None:
        """So many more bytes were handed over; negative when some must be sent again."""
        ...

    def retried(self, *, slow_down: bool) -> None:
        """A request is tried again; `slow_down` when S3 asked for less."""
        ...

    def upload_began(self, place: S3Uri, upload_id: str) -> None:
        """S3 keeps parts from now on, until the upload ends. May raise S3NavError."""
        ...

    def upload_ended(self, upload_id: str) -> None:
        """It is complete, or its parts are gone."""
        ...


class ObjectWriter(Protocol):
    """Writing to S3. Every method may be called from any thread and raises only S3NavError.

    A failed or stopped upload leaves nothing behind: no object, and no parts unless its watch
    says to keep them.
    """

    def put(self, request: PutRequest, watch: WriteWatch) -> Sent | None:
        """Upload; None when `watch` stopped it. Raises UsageError `exists`."""
        ...

    def copy(self, request: CopyRequest, watch: WriteWatch) -> Sent | None:
        """Copy inside S3; None when `watch` stopped it. Raises ObjectChangedError."""
        ...

    def kept_parts(
        self, place: S3Uri, upload_id: str, size_bytes: int
    ) -> tuple[KeptPart, ...] | None:
        """What S3 keeps of the upload of a file of that size, as far as `put` would cut it so.

        None when there is no such upload any more, or it may not be looked at.
        """
        ...

    def abort(self, place: S3Uri, upload_id: str) -> None:
        """Remove the parts of an upload that nobody ends; nothing happens when there is none."""
        ...

    def close(self) -> None:
        """End threads and connections, after the last transfer has ended; twice is fine."""
        ...


class OperationCaller(Protocol):
    """The reading operations of every AWS service. Every method may be called from any thread.

    Names are those of botocore: ``ec2``, ``DescribeInstances``.
    """

    def services(self) -> tuple[str, ...]:
        """Every service that is known; asks nobody."""
        ...

    def known_regions(self) -> tuple[str, ...]:
        """Every region of the partition; asks nobody."""
        ...

    def home_region(self) -> str:
        """The region of the credentials: where global services are asked."""
        ...

    def enabled_regions(self) -> tuple[str, ...]:
        """The regions that the account may use. Raises S3NavError when nobody can tell."""
        ...

    def caller(self) -> Caller:
        """Who asks. Raises CredentialsError and UnavailableError."""
        ...

    def places(self, service: str) -> ServicePlaces:
        """Where a service can be asked; asks nobody."""
        ...

    def operations(self, service: str) -> tuple[Operation, ...]:
        """What a service can be asked without knowing anything; asks nobody."""
        ...

    def children(self, operation: Operation) -> tuple[Operation, ...]:
        """What can be asked about each thing in the answer of `operation`."""
        ...

    def parameters(
        self, operation: Operation, parent: Mapping[str, object]
    ) -> tuple[Mapping[str, object], ...]:
        """How to ask a child about each thing in its parent's response."""
        ...

    def call(
        self,
        operation: Operation,
        region: str,
        *,
        parameters: Mapping[str, object],
        is_cancelled: Callable[[], bool],
    ) -> Answer:
        """Ask, page by page. What AWS refuses is an answer too.

        Raises CredentialsError, and UnavailableError when nothing answers any more.
        """
        ...

    def environment(self, region: str) -> Mapping[str, str]:
        """Variables that let a child process ask with the same credentials; some are secret."""
        ...

    def forget(self, service: str, regions: Sequence[str]) -> None:
        """Close what was opened for a service: nothing more will be asked of it there."""
        ...

    def close(self) -> None:
        """Close every connection. Calling it twice is fine."""
        ...
