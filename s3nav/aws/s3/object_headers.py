"""Read an object's facts from response headers, and refuse a response to another request."""

import re
from collections.abc import Mapping

from s3nav.aws.http import ResponseHead
from s3nav.aws.s3.moments import moment_of
from s3nav.model.errors import IntegrityError, ObjectChangedError, UnavailableError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ByteRange, ObjectHead

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
_CHECKSUM_START = "x-amz-checksum-"
_NOT_CHECKSUMS = frozenset(
    {"x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"}
)
_METADATA_START = "x-amz-meta-"


def object_head(response: ResponseHead, *, size_bytes: int) -> ObjectHead:
    """The facts in the headers; `size_bytes` is the size of the whole object."""
    headers = response.headers
    parts = headers.get("x-amz-mp-parts-count", "")
    return ObjectHead(
        size_bytes=size_bytes,
        etag=bare_etag(headers.get("etag", "")),
        modified_at=moment_of(headers.get("last-modified", "")),
        storage_class=headers.get("x-amz-storage-class", DEFAULT_STORAGE_CLASS),
        content_type=headers.get("content-type", ""),
        content_encoding=headers.get("content-encoding", ""),
        version_id=headers.get("x-amz-version-id", ""),
        encryption=_encryption(headers),
        restore=headers.get("x-amz-restore", ""),
        checksums={
            name.removeprefix(_CHECKSUM_START).upper(): value
            for name, value in headers.items()
            if name.startswith(_CHECKSUM_START) and name not in _NOT_CHECKSUMS
        },
        checksum_type=headers.get("x-amz-checksum-type", ""),
        metadata={
            name.removeprefix(_METADATA_START): _text(value)
            for name, value in headers.items()
            if name.startswith(_METADATA_START)
        },
        parts_count=int(parts) if parts.isascii() and parts.isdigit() else None,
    )


def check_span(response: ResponseHead, span: ByteRange | None) -> int:
    """Check that a response holds exactly the requested bytes; returns the whole object's size.

    Raises UnavailableError without a length, IntegrityError for other bytes.
    """
    length = response.length_bytes
    if length is None:
        raise UnavailableError(
            "the endpoint did not send the length of the object", slug="bad-answer"
        )
    if response.status == 200:
        if span is None or (span.start == 0 and length <= span.stop):
            return length
        raise _not_the_span("the endpoint ignored the requested range")
    match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    if response.status != 206 or match is None or span is None:
        raise _not_the_span(
            f"the endpoint sent status {response.status} without a valid Content-Range"
        )
    first, last, size_bytes = int(match[1]), int(match[2]), int(match[3])
    if first != span.start or last + 1 != min(span.stop, size_bytes) or length != last + 1 - first:
        raise _not_the_span("the endpoint sent another range than the requested one")
    return size_bytes


def check_identity_of(response: ResponseHead, *, etag: str, version_id: str) -> None:
    """Catch endpoints that ignore If-Match or versionId. Raises ObjectChangedError."""
    found = bare_etag(response.headers.get("etag", ""))
    version = response.headers.get("x-amz-version-id", "")
    if (etag and found and found != etag) or (version_id and version and version != version_id):
        raise ObjectChangedError(
            "the object was replaced while it was being fetched",
            remedy="run the download again to fetch what is there now",
        )


def bare_etag(text: str) -> str:
    """An ETag without its quotes and without the ``W/`` of a weak one."""
    return text.removeprefix("W/").strip('"')


def _encryption(headers: Mapping[str, str]) -> str:
    if "x-amz-server-side-encryption-customer-algorithm" in headers:
        return "SSE-C"
    return headers.get("x-amz-server-side-encryption", "")


def _text(value: str) -> str:
    """Header bytes were decoded as Latin-1; decode metadata as UTF-8 if it is valid."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


def _not_the_span(what: str) -> IntegrityError:
    return IntegrityError(
        what,
        remedy="the endpoint or a proxy before it does not handle Range requests",
        slug="wrong-range",
    )
