"""One GET of an object: send it, wait for its head, read its bytes."""

from typing import Self

from s3nav.aws.http import PendingResponse, Requester, Response, S3Call
from s3nav.aws.s3.object_attributes import payer_headers
from s3nav.aws.s3.object_headers import check_identity_of, check_span, object_head
from s3nav.model.errors import S3NavError, UsageError
from s3nav.model.objects import GetRequest, ObjectHead

CHECKSUM_MODE = ("x-amz-checksum-mode", "ENABLED")


class S3Body:
    """The body of one GET."""

    __slots__ = ("_head", "_response", "_size_bytes", "length_bytes")

    def __init__(self, response: Response, size_bytes: int) -> None:
        self._response = response
        self._size_bytes = size_bytes
        self._head: ObjectHead | None = None
        self.length_bytes = response.head.length_bytes or 0

    @property
    def head(self) -> ObjectHead:
        """The object's facts from the headers; parsed at the first access."""
        if self._head is None:
            self._head = object_head(self._response.head, size_bytes=self._size_bytes)
        return self._head

    def readinto(self, buffer: memoryview) -> int:
        """Read into `buffer`; returns the number of bytes, 0 only at the end.

        Raises UnavailableError.
        """
        return self._response.readinto(buffer)

    def close(self) -> None:
        """Drop the connection if bytes are unread."""
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PendingObject:
    """A GET that was sent: wait for its body, or close it."""

    __slots__ = ("_call", "_pending", "_request", "_requester")

    def __init__(
        self, requester: Requester, request: GetRequest, call: S3Call, pending: PendingResponse
    ) -> None:
        self._requester = requester
        self._request = request
        self._call = call
        self._pending = pending

    def body(self) -> S3Body:
        """Wait for the head. Raises ObjectChangedError when `if_match` does not hold."""
        request = self._request
        response = self._requester.finish(self._call, self._pending, request.waiting)
        try:
            size_bytes = check_span(response.head, request.span)
            check_identity_of(response.head, etag=request.if_match, version_id=request.version_id)
        except S3NavError:
            response.close()
            raise
        return S3Body(response, size_bytes)

    def close(self) -> None:
        """Drop the connection if the response was not read. Calling it twice is fine."""
        self._pending.close()


def begin_get(requester: Requester, request: GetRequest) -> PendingObject:
    """Send a GET without waiting for its response. Raises S3NavError."""
    call = get_call(request)
    return PendingObject(requester, request, call, requester.begin(call, request.waiting))


def get_call(request: GetRequest) -> S3Call:
    """The HTTP form of a request. Raises UsageError for a range without bytes."""
    headers = [CHECKSUM_MODE]
    if request.span is not None:
        if request.span.length_bytes <= 0 or request.span.start < 0:
            raise UsageError("the requested range is empty")
        headers.append(("range", f"bytes={request.span.start}-{request.span.stop - 1}"))
    if request.if_match:
        headers.append(("if-match", f'"{request.if_match}"'))
    headers += payer_headers(requester_pays=request.requester_pays)
    return S3Call(
        method="GET",
        bucket=request.bucket,
        key=required_key(request.key),
        query=(("versionId", request.version_id),) if request.version_id else (),
        headers=tuple(headers),
    )


def required_key(key: str) -> str:
    """Return `key`. Raises UsageError when it is empty."""
    # Without a key the path would name the bucket, and the request would be another operation.
    if not key:
        raise UsageError("the object has no key", remedy="write s3://bucket/key")
    return key
