"""A page of a listing is read whole or refused, and as botocore reads it."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws.s3.listing_xml import parse_buckets, parse_page
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import UNKNOWN_S, BucketFact, KeyPage, ObjectFact

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
)
TAIL = "</ListBucketResult>"
LAST = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
ENTRY = (
    "<Contents><Key>a+b%2Bc/%D0%BA</Key><LastModified>2026-11-20T19:19:02.000Z</LastModified>"
    "<ETag>&quot;0123-2&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
    "<ChecksumType>FULL_OBJECT</ChecksumType><Size>42</Size>"
    "<StorageClass>GLACIER</StorageClass></Contents>"
)


def page(middle: str) -> bytes:
    return f"{HEAD}{middle}{TAIL}".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"<html></html>",
        page(LAST + ENTRY)[:-1],
        page(LAST + ENTRY)[: len(HEAD) + 200],
        page(ENTRY),
        page("<IsTruncated>true</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated><NextContinuationToken/>"),
        page("<IsTruncated>perhaps</IsTruncated>"),
        page(LAST + ENTRY.replace("<Size>42</Size>", "")),
        page(LAST + ENTRY.replace("42", "-1")),
        page(LAST + ENTRY.replace("42", "many")),
        page(LAST + "<Contents><Size>1</Size></Contents>"),
        page(LAST + "<CommonPrefixes></CommonPrefixes>"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + page(LAST),
        b"\xff\xfe" + page(LAST),
        page(LAST + ENTRY).replace(b"UTF-8", b"U-8"),
        page(LAST).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        page(LAST)
        .decode()
        .replace("UTF-8", "UTF-16")
        .replace("<Name>b", "<Name>\U000f0007")
        .encode("utf-16"),
        page(LAST).replace(b"UTF-8", b"ISO-8859-15"),
    ],
    ids=lambda body: repr(body[-60:]),
)
def test_half_a_page_is_refused(body: bytes) -> None:
    with pytest.raises(UnavailableError) as caught:
        parse_page(body)

    assert caught.value.reference == "bad-listing"


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: page(LAST + text)))
def test_arbitrary_pages_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(UnavailableError):
        assert parse_page(body).next_token is None


@given(st.integers(min_value=0, max_value=len(page(LAST + ENTRY * 3)) - 1))
def test_a_page_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(UnavailableError):
        parse_page(page(LAST + ENTRY * 3)[:length])


def test_all_that_a_page_says_of_an_object_is_kept() -> None:
    (fact,) = parse_page(page(LAST + ENTRY)).objects

    assert fact == ObjectFact(
        key="a b+c/к",
        size_bytes=42,
        etag="0123-2",
        modified_at=dt.datetime(2026, 11, 20, 19, 19, 2, tzinfo=dt.UTC),
        storage_class="GLACIER",
        checksum_algorithm="CRC64NVME",
        checksum_type="FULL_OBJECT",
    )


def test_columns_hold_whole_seconds_and_say_what_is_not_known() -> None:
    undated = ENTRY.replace("<LastModified>2026-11-20T19:19:02.000Z</LastModified>", "")

    columns = KeyPage.of(parse_page(page(LAST + ENTRY.replace(".000Z", ".999Z") + undated)))

    assert columns.modified_s == [1795202342, UNKNOWN_S]
    assert columns.clipped(1, 2) == KeyPage.of(parse_page(page(LAST + undated)))


def test_prefixes_are_decoded() -> None:
    body = page(LAST + "<CommonPrefixes><Prefix>a+b/</Prefix></CommonPrefixes>")

    assert parse_page(body).prefixes == ("a b/",)


def test_keys_of_a_server_that_does_not_encode_are_kept() -> None:
    body = page("<IsTruncated>false</IsTruncated>" + ENTRY)

    assert parse_page(body).objects[0].key == "a+b%2Bc/%D0%BA"


def test_the_token_of_the_next_page_is_kept() -> None:
    body = page(
        "<IsTruncated>true</IsTruncated><NextContinuationToken>a+%&amp;</NextContinuationToken>"
    )

    assert parse_page(body).next_token == "a+%&"


def test_a_time_elsewhere_becomes_utc() -> None:
    body = page(LAST + ENTRY.replace(".000Z", "+02:00"))

    assert parse_page(body).objects[0].modified_at == dt.datetime(
        2026, 11, 20, 17, 19, 2, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<html></html>",
        b"<ListAllMyBucketsResult/>",
        b"<ListAllMyBucketsResult><Buckets><Bucket/></Buckets></ListAllMyBucketsResult>",
        b"<ListAllMyBucketsResult><Buckets>",
    ],
)
def test_half_a_list_of_buckets_is_refused(body: bytes) -> None:
    with pytest.raises(UnavailableError):
        parse_buckets(body)


def test_a_list_of_buckets_names_dates_and_regions() -> None:
    body = (
        b'<?xml version="1.0"?><ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/x/">'
        b"<Owner><ID>1</ID></Owner><Buckets><Bucket><Name>b</Name>"
        b"<CreationDate>2026-11-20T19:19:02.000Z</CreationDate>"
        b"<BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets>"
        b"<ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>"
    )

    created_at = dt.datetime(2026, 11, 20, 19, 19, 2, tzinfo=dt.UTC)
    bucket = BucketFact(name="b", created_at=created_at, region="eu-west-1")
    assert parse_buckets(body) == ([bucket], "t")
