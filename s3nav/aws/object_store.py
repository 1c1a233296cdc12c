"""S3 as the other rooms need it: buckets, pages, heads and bytes."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from s3nav.aws.answer import Answer
from s3nav.aws.attributes import attributes, part_bytes, payer
from s3nav.aws.clients import deadlines_of, trust_of
from s3nav.aws.credentials import Login, find_login
from s3nav.aws.http_head import malformed
from s3nav.aws.listing import list_buckets, list_keys, list_page
from s3nav.aws.object_head import check_identity_of, check_span, object_head
from s3nav.aws.regions import BucketPlaces
from s3nav.aws.renewal import LiveLogin
from s3nav.aws.requester import Requester, S3Call
from s3nav.aws.wire import Wire
from s3nav.model.errors import AccessDeniedError, S3NavError, UsageError
from s3nav.model.objects import (
    BucketFact,
    ByteRange,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
)
from s3nav.model.places import S3Uri
from s3nav.model.ports import ObjectStore
from s3nav.settings import Settings
from s3nav.store import Directories

_CHECKSUM_MODE = ("x-amz-checksum-mode", "ENABLED")


def open_store(settings: Settings, directories: Directories) -> ObjectStore:
    """S3 with the credentials that the settings name; nothing is asked yet.

    Raises CredentialsError and UsageError.
    """
    login = find_login(settings, directories)
    return S3ObjectStore(settings, login, lambda: find_login(settings, directories))


class S3Body:
    """The bytes of one GET."""

    __slots__ = ("_answer", "_head", "_size_bytes", "length_bytes")

    def __init__(self, answer: Answer, size_bytes: int) -> None:
        self._answer = answer
        self._size_bytes = size_bytes
        self._head: ObjectHead | None = None
        self.length_bytes = answer.head.length_bytes or 0

    @property
    def head(self) -> ObjectHead:
        """What the answer's headers say about the object; read when first asked for."""
        if self._head is None:
            self._head = object_head(self._answer.head, size_bytes=self._size_bytes)
        return self._head

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` while bytes flow; 0 only at the end. Raises UnavailableError."""
        return self._answer.readinto(buffer)

    def close(self) -> None:
        """Drop the connection when bytes are unread."""
        self._answer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class S3ObjectStore:
    """The port ``ObjectStore`` on real S3."""

    def __init__(
        self, settings: Settings, login: Login, find: Callable[[], Login] | None = None
    ) -> None:
        self._login = LiveLogin(login, find or (lambda: login))
        self._places = BucketPlaces(settings, login)
        self._wire = Wire(deadlines=deadlines_of(settings), trust=trust_of(settings, login))
        self._requester = Requester(wire=self._wire, login=self._login, places=self._places)

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list, by name. Raises S3NavError."""
        if self._login.is_anonymous:
            raise AccessDeniedError(
                "nobody may list buckets without credentials",
                remedy="name the bucket: s3://BUCKET, or use a `--profile`",
            )
        found = list_buckets(self._requester)
        for bucket in found:
            if bucket.region and self._places.known_region(bucket.name) is None:
                self._places.learn(bucket.name, bucket.region)
        return tuple(sorted(found, key=lambda bucket: bucket.name))

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket, asked once and remembered. Raises S3NavError."""
        known = self._places.known_region(bucket)
        if known is not None:
            return known
        # Compatible servers that name no region have one only.
        region = self._requester.region_named(bucket) or self._places.of(bucket).region
        self._places.learn(bucket, region)
        return self._places.of(bucket).region

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing, in byte order of keys. Raises S3NavError."""
        return list_page(self._requester, request)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns. Raises S3NavError."""
        return list_keys(self._requester, request)

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts without its bytes. Raises NotFoundError and other S3NavErrors."""
        call = S3Call(
            method="HEAD",
            bucket=bucket,
            key=_named(key),
            query=(("versionId", version_id),) if version_id else (),
            headers=(_CHECKSUM_MODE, *payer(requester_pays=requester_pays)),
        )
        try:
            answer = self._requester.send(call)
        except (AccessDeniedError, UsageError) as error:
            renewals = self._login.renewals
            reason = self._reason(bucket, key, version_id)
            if reason is not None or self._login.renewals == renewals:
                raise reason or error from error
            answer = self._requester.send(call)  # its keys had expired, which a HEAD cannot say
        length = answer.head.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise malformed("it does not say how long the object is")
        return object_head(answer.head, size_bytes=int(length))

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        """The size of one part of a multipart upload; None when S3 does not say."""
        return part_bytes(
            self._requester,
            S3Uri(bucket, _named(key)),
            number,
            version_id=version_id,
            requester_pays=requester_pays,
        )

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded, all parts; None where S3 does not keep or tell it."""
        return attributes(
            self._requester,
            S3Uri(bucket, _named(key)),
            version_id=version_id,
            requester_pays=requester_pays,
        )

    def get(self, request: GetRequest) -> S3Body:
        """Start one GET. Raises ObjectChangedError when `if_match` does not hold."""
        return self.ask(request).body()

    def ask(self, request: GetRequest) -> "AskedObject":
        """Send one GET whose answer is read later."""
        return AskedObject(self._requester, request)

    def close(self) -> None:
        """Close idle connections. Calling it twice is fine."""
        self._wire.close()

    def _reason(self, bucket: str, key: str, version_id: str) -> S3NavError | None:
        """Why a HEAD was refused: its answer has no body, that of a GET says it."""
        first_byte = ByteRange(start=0, stop=1)
        request = GetRequest(bucket=bucket, key=key, version_id=version_id, span=first_byte)
        try:
            self.get(request).close()
        except S3NavError as error:
            return error
        return None


class AskedObject:
    """A GET that was sent: await its body, or close it."""

    __slots__ = ("_asked", "_call", "_request", "_requester")

    def __init__(self, requester: Requester, request: GetRequest) -> None:
        self._requester = requester
        self._request = request
        self._call = _get_call(request)
        self._asked = requester.ask(self._call, request.waiting)

    def body(self) -> S3Body:
        """The answer's head has come. Raises ObjectChangedError when `if_match` does not hold."""
        request = self._request
        answer = self._requester.settle(self._call, self._asked, request.waiting)
        try:
            size_bytes = check_span(answer.head, request.span)
            check_identity_of(answer.head, etag=request.if_match, version_id=request.version_id)
        except S3NavError:
            answer.close()
            raise
        return S3Body(answer, size_bytes)

    def close(self) -> None:
        """Drop the connection if the answer was not read; calling it twice is fine."""
        self._asked.close()


def _get_call(request: GetRequest) -> S3Call:
    headers = [_CHECKSUM_MODE]
    if request.span is not None:
        if request.span.length_bytes <= 0 or request.span.start < 0:
            raise UsageError("a range without bytes")
        headers.append(("range", f"bytes={request.span.start}-{request.span.stop - 1}"))
    if request.if_match:
        headers.append(("if-match", f'"{request.if_match}"'))
    headers += payer(requester_pays=request.requester_pays)
    return S3Call(
        method="GET",
        bucket=request.bucket,
        key=_named(request.key),
        query=(("versionId", request.version_id),) if request.version_id else (),
        headers=tuple(headers),
    )


def _named(key: str) -> str:
    # Without a key the request would ask for the bucket.
    if not key:
        raise UsageError("an object without a key", remedy="write s3://bucket/key")
    return key
