"""A page that answers another request is refused, and the connection it came over is replaced."""

from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from s3nav.aws import open_store
from s3nav.aws.s3.listing import parse_keys, parse_objects
from s3nav.aws.s3.version_listing import parse_versions
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import ListRequest, VersionsRequest
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import ScriptedServer, answer

ASKED = ListRequest(bucket="bucket", prefix="a b/é")
LATER = ListRequest(bucket="bucket", prefix="a b/é", token="t+/=")
AFTER = ListRequest(bucket="bucket", prefix="a b/é", start_after="a b/é~")
VERSIONS = VersionsRequest(bucket="bucket", prefix="p/", key_marker="p/k 1", version_marker="v1")


def entry(key: str) -> str:
    return (
        f"<Contents><Key>{quote(key)}</Key><LastModified>2026-11-20T19:19:02.000Z</LastModified>"
        "<ETag>&quot;0123&quot;</ETag><Size>42</Size><StorageClass>STANDARD</StorageClass>"
        "</Contents>"
    )


def page(about: str, key: str = "a b/é/1") -> bytes:
    fields = f"{about}<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult>{fields}{entry(key)}</ListBucketResult>".encode()


def read(body: bytes, request: ListRequest) -> list[str]:
    """The keys as all parsers read them. Raises UnavailableError."""
    columns = parse_keys(body, len(body), request)
    unusual = body.replace(b"<Size>42", b"<Size> 42")
    assert parse_keys(unusual, len(unusual), request).keys == columns.keys
    assert [one.key for one in parse_objects(body, request).objects] == columns.keys
    return columns.keys


@pytest.mark.parametrize(
    ("about", "request_"),
    [
        ("", ASKED),
        ("<Name>bucket</Name><Prefix>a+b/%C3%A9</Prefix><Delimiter/>", ASKED),
        ("<Name>Bucket</Name><Prefix>a%20b%2F%C3%A9</Prefix>", ASKED),
        ("<Prefix>a b/é</Prefix>", ASKED),
        ("<Name/><Prefix/><StartAfter/><ContinuationToken/>", ASKED),
        ("<Delimiter>/</Delimiter>", ASKED),
        ("<Prefix/><ContinuationToken>t+/=</ContinuationToken>", LATER),
        ("<ContinuationToken>t%2B%2F%3D</ContinuationToken><StartAfter>x</StartAfter>", LATER),
        ("<StartAfter>a+b/%C3%A9~</StartAfter>", AFTER),
        ("<Name>real-name</Name>", ListRequest(bucket="arn:aws:s3:eu-west-1:1:accesspoint/a")),
        ("<Name>bucket</Name>", ListRequest(bucket="tenant:bucket")),
        ("<Name>other</Name>", ASKED),
        ("<Name>real-name</Name>", ListRequest(bucket="points-abc-s3alias")),
        ("<Prefix>a&#13;b</Prefix>", ListRequest(bucket="b", prefix="a\rb")),
        ("<Prefix>a\r\nb</Prefix>", ListRequest(bucket="b", prefix="a\r\nb")),
        ("<Prefix>a%FF</Prefix>", ListRequest(bucket="b", prefix="a\udcff")),
        ("<Prefix>a\ufffd</Prefix>", ListRequest(bucket="b", prefix="a\udcff")),
    ],
)
def test_a_page_that_answers_is_read(about: str, request_: ListRequest) -> None:
    assert read(page(about), request_) == ["a b/é/1"]


@pytest.mark.parametrize(
    ("field", "about", "request_"),
    [
        ("Prefix", "<Prefix>a+c/</Prefix>", ASKED),
        ("Prefix", "<Prefix>a/</Prefix>", ListRequest(bucket="bucket")),
        ("ContinuationToken", "<ContinuationToken>s</ContinuationToken>", ASKED),
        ("ContinuationToken", "<ContinuationToken>s</ContinuationToken>", LATER),
        ("StartAfter", "<StartAfter>a+b/x</StartAfter>", AFTER),
        ("StartAfter", "<StartAfter>a+b/x</StartAfter>", ASKED),
        (
            "Delimiter",
            "<Delimiter>/</Delimiter><CommonPrefixes><Prefix>a</Prefix></CommonPrefixes>",
            ASKED,
        ),
    ],
)
def test_a_page_of_another_request_is_refused(
    field: str, about: str, request_: ListRequest
) -> None:
    usual, unusual = page(about), page(about).replace(b"<Size>", b"<Size> ")
    for body in (usual, unusual):
        with pytest.raises(UnavailableError, match=f"its {field} is that of another request"):
            parse_keys(body, len(body), request_)
    with pytest.raises(UnavailableError, match=f"its {field} is that of another request"):
        parse_objects(usual, request_)


def test_a_page_of_the_whole_bucket_does_not_answer_for_a_prefix() -> None:
    with pytest.raises(UnavailableError, match="its Prefix"):
        read(page("<Prefix/>", key="0/first"), ASKED)


@pytest.mark.parametrize(
    ("about", "is_answer"),
    [
        ("<Name>bucket</Name><Prefix>p/</Prefix><KeyMarker>p/k+1</KeyMarker>", True),
        ("<VersionIdMarker>v1</VersionIdMarker>", True),
        ("<KeyMarker/><VersionIdMarker/>", True),
        ("<Prefix>q/</Prefix>", False),
        ("<KeyMarker>p/k+0</KeyMarker>", False),
        ("<VersionIdMarker>v0</VersionIdMarker>", False),
    ],
)
def test_a_page_of_versions_answers_its_request(about: str, is_answer: bool) -> None:
    body = (
        f"<ListVersionsResult>{about}<EncodingType>url</EncodingType>"
        "<IsTruncated>false</IsTruncated></ListVersionsResult>"
    ).encode()

    if is_answer:
        assert parse_versions(body, VERSIONS).keys == []
    else:
        with pytest.raises(UnavailableError, match="another request"):
            parse_versions(body, VERSIONS)


def test_the_response_after_a_page_of_another_request_comes_over_another_connection(
    directories: Directories,
) -> None:
    other, right = (
        answer(page(f"<Prefix>{escape(prefix)}</Prefix>")) for prefix in ("z/", ASKED.prefix)
    )
    with ScriptedServer([other, right], [right]) as server:
        settings = Settings(endpoint_url=server.url, access_key="k", secret_key="s")
        store = open_store(settings, directories)
        with pytest.raises(UnavailableError):
            store.list_keys(ASKED)

        assert store.list_keys(ASKED).keys == ["a b/é/1"]
        assert server.connections == 2
        store.close()
