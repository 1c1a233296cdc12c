"""Headers become facts, and a response to another request is refused."""

import datetime as dt

import pytest

from s3nav.aws.http.response import ResponseHead
from s3nav.aws.s3.object_headers import check_identity_of, check_span, object_head
from s3nav.model.errors import IntegrityError, ObjectChangedError, UnavailableError
from s3nav.model.objects import ByteRange

SPAN = ByteRange(start=10, stop=20)


def response_head(
    status: int = 200, length_bytes: int | None = 10, headers: dict[str, str] | None = None
) -> ResponseHead:
    return ResponseHead(
        status=status,
        headers=headers or {},
        length_bytes=length_bytes,
        is_chunked=False,
        keeps_alive=True,
    )


def test_an_object_of_unknown_length_is_refused() -> None:
    with pytest.raises(UnavailableError):
        check_span(response_head(length_bytes=None), None)


@pytest.mark.parametrize(
    ("status", "length", "content_range", "span"),
    [
        (200, 100, "", SPAN),
        (206, 10, "", SPAN),
        (206, 10, "bytes 0-9/100", SPAN),
        (206, 10, "bytes 10-19/*", SPAN),
        (206, 9, "bytes 10-19/100", SPAN),
        (206, 9, "bytes 10-18/100", SPAN),
        (206, 11, "bytes 10-20/100", SPAN),
        (206, 10, "bytes 10-19/100", None),
        (204, 10, "", None),
        (200, 100, "", ByteRange(start=0, stop=99)),
    ],
)
def test_other_bytes_than_requested_are_refused(
    status: int, length: int, content_range: str, span: ByteRange | None
) -> None:
    with pytest.raises(IntegrityError):
        check_span(response_head(status, length, {"content-range": content_range}), span)


@pytest.mark.parametrize(
    ("status", "length", "content_range", "span", "size_bytes"),
    [
        (200, 100, "", None, 100),
        (206, 10, "bytes 10-19/100", SPAN, 100),
        (206, 5, "bytes 10-14/15", SPAN, 15),
        (200, 20, "", ByteRange(start=0, stop=20), 20),
    ],
)
def test_the_requested_bytes_come_with_the_size_of_the_whole(
    status: int, length: int, content_range: str, span: ByteRange | None, size_bytes: int
) -> None:
    head = response_head(status, length, {"content-range": content_range})

    assert check_span(head, span) == size_bytes


def test_a_server_that_ignores_if_match_is_caught() -> None:
    with pytest.raises(ObjectChangedError):
        check_identity_of(response_head(headers={"etag": '"new"'}), etag="old", version_id="")


def test_a_server_that_ignores_the_version_is_caught() -> None:
    with pytest.raises(ObjectChangedError):
        check_identity_of(response_head(headers={"x-amz-version-id": "2"}), etag="", version_id="1")


def test_the_requested_object_passes() -> None:
    check_identity_of(response_head(headers={"etag": 'W/"same"'}), etag="same", version_id="1")


def test_all_headers_of_an_object_are_kept() -> None:
    head = object_head(
        response_head(
            headers={
                "etag": '"abc-3"',
                "last-modified": "Fri, 20 Nov 2026 19:19:02 GMT",
                "x-amz-storage-class": "GLACIER",
                "content-type": "text/plain",
                "content-encoding": "gzip",
                "x-amz-version-id": "v1",
                "x-amz-server-side-encryption": "aws:kms",
                "x-amz-restore": 'ongoing-request="true"',
                "x-amz-checksum-crc64nvme": "AAAA==",
                "x-amz-checksum-type": "FULL_OBJECT",
                "x-amz-checksum-algorithm": "CRC64NVME",
                "x-amz-meta-owner": "\xc3\xa9",
                "x-amz-meta-old": "\xe9",
                "x-amz-mp-parts-count": "3",
            }
        ),
        size_bytes=7,
    )

    assert (head.size_bytes, head.etag, head.parts_count) == (7, "abc-3", 3)
    assert head.modified_at == dt.datetime(2026, 11, 20, 19, 19, 2, tzinfo=dt.UTC)
    assert (head.storage_class, head.encryption, head.version_id) == ("GLACIER", "aws:kms", "v1")
    assert (head.content_type, head.content_encoding) == ("text/plain", "gzip")
    assert head.restore == 'ongoing-request="true"'
    assert (head.checksums, head.checksum_type) == ({"CRC64NVME": "AAAA=="}, "FULL_OBJECT")
    assert head.metadata == {"owner": "é", "old": "é"}


def test_customer_keys_are_distinguished_from_those_of_s3() -> None:
    headers = {"x-amz-server-side-encryption-customer-algorithm": "AES256"}

    assert object_head(response_head(headers=headers), size_bytes=1).encryption == "SSE-C"


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Feb 2026 19:19:02 GMT"])
def test_an_invalid_date_is_absent(date: str) -> None:
    assert (
        object_head(response_head(headers={"last-modified": date}), size_bytes=1).modified_at
        is None
    )
