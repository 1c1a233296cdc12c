"""A page of versions is read whole or refused."""

import pytest

from s3nav.aws.s3.version_listing import parse_versions
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import UNKNOWN_S, VersionPage

HEAD = '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
TAIL = "</ListVersionsResult>"
LAST = "<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
MORE = (
    "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
    "<NextKeyMarker>a+b%2F</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>"
)
VERSION = (
    "<Version><Key>a+b%2F</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest>"
    "<LastModified>1970-01-01T00:01:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
    "<Size>7</Size></Version>"
)
MARKER = (
    "<DeleteMarker><Key>a+b%2F</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest>"
    "</DeleteMarker>"
)


def page(middle: str) -> bytes:
    return f"{HEAD}{middle}{TAIL}".encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<ListBucketResult/>",
        page(""),
        page("<IsTruncated>true</IsTruncated>"),
        page("<IsTruncated>true</IsTruncated><NextKeyMarker/>"),
        page("<IsTruncated>soon</IsTruncated>"),
        page(LAST + VERSION)[:-3],
        page(LAST + VERSION.replace("<Size>7</Size>", "")),
        page(LAST + VERSION.replace("7", "-7")),
        page(LAST + VERSION.replace("<VersionId>v2</VersionId>", "")),
        page(LAST + MARKER.replace("<Key>a+b%2F</Key>", "<Key/>")),
    ],
    ids=lambda body: repr(body[-50:]),
)
def test_half_a_page_is_refused(body: bytes) -> None:
    with pytest.raises(UnavailableError) as caught:
        parse_versions(body)

    assert caught.value.reference == "bad-listing"


def test_versions_and_markers_keep_their_order() -> None:
    assert parse_versions(page(MORE + MARKER + VERSION)) == VersionPage(
        keys=["a b/", "a b/"],
        version_ids=["v3", "v2"],
        are_latest=[True, False],
        are_markers=[True, False],
        sizes=[0, 7],
        modified_s=[UNKNOWN_S, 60],
        etags=["", "e"],
        classes=["", "STANDARD"],
        next_key="a b/",
        next_version="v1",
    )
