"""One GET of an object: sent, its answer awaited, its bytes read."""

from typing import Self

from s3nav.aws.http import PendingResponse, Requester, Response, S3Call
from s3nav.aws.s3.object_attributes import payer
from s3nav.aws.s3.object_headers import check_identity_of, check_span, object_head
from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.objects import GetRequest, ObjectHead

CHECKSUM_MODE = ("x-amz-checksum-mode", "ENABLED")


class S3Body:
    """The bytes of one GET."""

    __slots__ = ("_answer", "_head", "_size_bytes", "length_bytes")

    def __init__(self, answer: Response, size_bytes: int) -> None:
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

    def __exit__(self, *_: object) -> None:
        self.close()


class AskedObject:
    """A GET that was sent: await its body, or close it."""

    __slots__ = ("_asked", "_call", "_request", "_requester")

    def __init__(
        self, requester: Requester, request: GetRequest, call: S3Call, asked: PendingResponse
    ) -> None:
        self._requester = requester
        self._request = request
        self._call = call
        self._asked = asked

    def body(self) -> S3Body:
        """The answer's head has come. Raises ObjectChangedError when `if_match` does not hold."""
        request = self._request
        answer = self._requester.finish(self._call, self._asked, request.waiting)
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


def ask_for(requester: Requester, request: GetRequest) -> AskedObject:
    """Send a GET. Raises S3NavError."""
    call = get_call(request)
    return AskedObject(requester, request, call, requester.begin(call, request.waiting))


def get_call(request: GetRequest) -> S3Call:
    """The call that a request is. Raises UsageError."""
    headers = [CHECKSUM_MODE]
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
        key=named(request.key),
        query=(("versionId", request.version_id),) if request.version_id else (),
        headers=tuple(headers),
    )


def named(key: str) -> str:
    """The key. Raises UsageError when there is none."""
    # Without a key the request would ask for the bucket.
    if not key:
        raise UsageError("an object without a key", remedy="write s3://bucket/key")
    return key
