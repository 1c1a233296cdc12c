"""The store against a server that responds as a real S3 rarely does."""

from collections.abc import Iterator

import pytest

from s3nav.aws import open_store
from s3nav.model.errors import (
    AccessDeniedError,
    CredentialsError,
    IntegrityError,
    ObjectChangedError,
    S3NavError,
    ThrottledError,
    UnavailableError,
    UsageError,
)
from s3nav.model.objects import ByteRange, GetRequest, ListRequest
from s3nav.model.ports.stores import ObjectStore
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.scripted_server import HANG, ScriptedServer, answer

GET = GetRequest(bucket="bucket", key="dir/key", if_match="abc", version_id="v 1")


def error(code: str, status: str, *headers: str, inside: str = "") -> bytes:
    body = f"<Error><Code>{code}</Code><Message>words</Message>{inside}</Error>".encode()
    return answer(body, status=status, headers=headers)


class Opened:
    """Opens stores on scripted servers, and closes all of it."""

    def __init__(self, directories: Directories) -> None:
        self.directories = directories
        self.stores: list[ObjectStore] = []
        self.servers: list[ScriptedServer] = []

    def store(self, *connections: list[bytes]) -> ObjectStore:
        """Patient, unless the server is silent on purpose."""
        server = ScriptedServer(*connections)
        self.servers.append(server.__enter__())
        settings = Settings(
            endpoint_url=server.url,
            access_key="AKIATEST",
            secret_key="very-secret",
            connect_timeout_s=50,
            read_timeout_s=0.5 if [HANG] in connections else 50,
        )
        store = open_store(settings, self.directories)
        self.stores.append(store)
        return store

    @property
    def requests(self) -> list[bytes]:
        return self.servers[-1].requests


@pytest.fixture
def opened(directories: Directories) -> Iterator[Opened]:
    made = Opened(directories)
    yield made
    for store in made.stores:
        store.close()
    for server in made.servers:
        server.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (error("SignatureDoesNotMatch", "403 Forbidden"), CredentialsError),
        (error("AccessDenied", "403 Forbidden"), AccessDeniedError),
        (error("SlowDown", "503 Slow Down"), ThrottledError),
        (error("PreconditionFailed", "412 No"), ObjectChangedError),
        (answer(b"<html>bad gateway</html>", status="502 Bad"), UnavailableError),
        (answer(b"<Error><Co", status="500 Bad"), UnavailableError),
        (answer(b"<!DOCTYPE a><Error/>", status="403 No"), AccessDeniedError),
        (answer(b"", status="301 Moved"), UnavailableError),
        (answer(b"x", headers=['ETag: "other"']), ObjectChangedError),
        (answer(b"x", headers=["x-amz-version-id: 2"]), ObjectChangedError),
        (answer(b"x", status="206 Partial"), IntegrityError),
        (answer(b"x", length=False), UnavailableError),
        (HANG, UnavailableError),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_an_invalid_response_to_a_get_is_an_error_without_secrets(
    opened: Opened, said: bytes, kind: type[S3NavError]
) -> None:
    store = opened.store([said])

    with pytest.raises(kind) as caught:
        store.get(GET)

    shown = f"{caught.value.message} {caught.value.remedy} {caught.value.context}"
    assert "very-secret" not in shown
    assert "Signature=" not in shown


def test_a_server_that_ignores_ranges_is_caught(opened: Opened) -> None:
    store = opened.store([answer(b"x" * 100)])

    with pytest.raises(IntegrityError):
        store.get(GetRequest(bucket="b1", key="k", span=ByteRange(start=5, stop=9)))


def test_a_body_that_ends_early_is_unavailable(opened: Opened) -> None:
    store = opened.store([answer(b"x" * 100)[:-1]])
    buffer = memoryview(bytearray(1000))

    with store.get(GetRequest(bucket="b1", key="k")) as body, pytest.raises(UnavailableError):
        body.readinto(buffer)


@pytest.mark.parametrize(
    "request_",
    [
        GetRequest(bucket="b1", key=""),
        GetRequest(bucket="b1", key="k", span=ByteRange(start=5, stop=5)),
        GetRequest(bucket="..", key="k"),
    ],
    ids=repr,
)
def test_an_invalid_request_is_not_sent(opened: Opened, request_: GetRequest) -> None:
    store = opened.store()

    with pytest.raises(UsageError):
        store.get(request_)
    assert opened.servers[-1].connections == 0


def test_a_refused_head_is_followed_by_a_get_for_the_reason(opened: Opened) -> None:
    refused = answer(b"", status="403 Forbidden")
    store = opened.store([refused, error("InvalidAccessKeyId", "403 Forbidden")])

    with pytest.raises(CredentialsError) as caught:
        store.head("bucket", "key")

    assert caught.value.reference == "unknown-access-key"


def test_a_head_without_a_length_is_refused(opened: Opened) -> None:
    store = opened.store([answer(length=False)])

    with pytest.raises(UnavailableError):
        store.head("bucket", "key")


def test_a_listing_cut_short_is_refused(opened: Opened) -> None:
    body = b"<ListBucketResult><IsTruncated>false</IsTruncated>"
    store = opened.store([answer(body)])

    with pytest.raises(UnavailableError):
        store.list_page(ListRequest(bucket="bucket"))


@pytest.mark.parametrize(
    "redirect",
    [
        answer(b"", status="301 Moved", headers=["x-amz-bucket-region: eu-west-1"]),
        answer(b"", status="307 Temporary", headers=["x-amz-bucket-region: eu-west-1"]),
        error(
            "AuthorizationHeaderMalformed", "400 Bad Request", inside="<Region>eu-west-1</Region>"
        ),
        answer(
            b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is "
            b"wrong; expecting 'eu-west-1'</Message></Error>",
            status="400 Bad Request",
        ),
    ],
    ids=lambda said: repr(said[:20]),
)
def test_a_bucket_elsewhere_is_followed_once_and_remembered(
    opened: Opened, redirect: bytes
) -> None:
    store = opened.store([redirect, answer(b"one"), answer(b"two")])

    for _ in range(2):
        with store.get(GetRequest(bucket="bucket", key="k")) as body:
            body.readinto(memoryview(bytearray(10)))

    assert [b"/eu-west-1/s3/" in request for request in opened.requests] == [False, True, True]
    assert store.bucket_region("bucket") == "eu-west-1"


def test_a_redirect_loop_ends(opened: Opened) -> None:
    redirect = answer(b"", status="301 Moved", headers=["x-amz-bucket-region: eu-west-1"])
    store = opened.store([redirect, redirect])

    with pytest.raises(UnavailableError) as caught:
        store.get(GET)

    assert caught.value.reference == "redirected"


def test_a_redirect_to_another_place_is_not_followed(opened: Opened) -> None:
    redirect = answer(b"", status="301 Moved", headers=["Location: https://login.example/"])
    store = opened.store([redirect])

    with pytest.raises(UnavailableError) as caught:
        store.get(GET)

    assert caught.value.context["redirect"] == "https://login.example/"
    assert len(opened.requests) == 1


def test_a_region_is_named_even_by_a_refusal(opened: Opened) -> None:
    refused = answer(b"", status="403 No", headers=["x-amz-bucket-region: eu-west-2"])
    store = opened.store([refused])

    assert store.bucket_region("bucket") == "eu-west-2"
    assert store.bucket_region("bucket") == "eu-west-2"


def test_a_get_sends_its_conditions_signed(opened: Opened) -> None:
    store = opened.store([answer(b"x")])
    request = GetRequest(
        bucket="bucket", key="a//b c", if_match="abc", version_id="v 1", requester_pays=True
    )

    store.get(request).close()

    (sent,) = opened.requests
    assert sent.startswith(b"GET /bucket/a//b%20c?versionId=v%201 HTTP/1.1\r\n")
    for line in (
        b'if-match: "abc"',
        b"x-amz-checksum-mode: ENABLED",
        b"x-amz-request-payer: requester",
        b"SignedHeaders=host;if-match;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;x-amz-r",
    ):
        assert line in sent


def test_a_span_is_requested_with_its_last_byte(opened: Opened) -> None:
    said = answer(b"abcd", status="206 Partial", headers=["Content-Range: bytes 5-8/100"])
    store = opened.store([said])
    request = GetRequest(bucket="bucket", key="k", span=ByteRange(start=5, stop=9))

    with store.get(request) as body:
        assert (body.length_bytes, body.head.size_bytes) == (4, 100)
    assert b"range: bytes=5-8\r\n" in opened.requests[0]


def test_a_listing_asks_for_what_it_needs(opened: Opened) -> None:
    body = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    store = opened.store([answer(body), answer(body)])

    store.list_page(
        ListRequest(
            bucket="bucket", prefix="a b/", delimiter="/", start_after="x+y", requester_pays=True
        )
    )
    store.list_page(ListRequest(bucket="bucket", token="t=/", start_after="x"))

    assert opened.requests[0].startswith(
        b"GET /bucket?delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000"
        b"&prefix=a%20b%2F&start-after=x%2By HTTP/1.1\r\n"
    )
    assert b"x-amz-request-payer: requester\r\n" in opened.requests[0]
    assert b"continuation-token=t%3D%2F&" in opened.requests[1]
    assert b"start-after" not in opened.requests[1]


def test_a_refused_list_of_buckets_is_reported(opened: Opened) -> None:
    store = opened.store([error("AccessDenied", "403 Forbidden")])

    with pytest.raises(AccessDeniedError):
        store.list_buckets()


def test_buckets_are_listed_page_by_page(opened: Opened) -> None:
    def page(bucket: str, more: str = "") -> bytes:
        inside = f"<Buckets><Bucket>{bucket}</Bucket></Buckets>{more}"
        return answer(f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>".encode())

    first = page(
        "<Name>b</Name><BucketRegion>eu-west-1</BucketRegion>",
        "<ContinuationToken>t</ContinuationToken>",
    )
    store = opened.store([first, page("<Name>a</Name>")])

    assert [bucket.name for bucket in store.list_buckets()] == ["a", "b"]
    assert b"continuation-token=t" in opened.requests[1]
    assert store.bucket_region("b") == "eu-west-1"


def test_buckets_whose_pages_repeat_under_new_tokens_are_an_error(opened: Opened) -> None:
    def page(token: str) -> bytes:
        inside = f"<Buckets><Bucket><Name>b</Name></Bucket></Buckets>{token}"
        return answer(f"<ListAllMyBucketsResult>{inside}</ListAllMyBucketsResult>".encode())

    tokens = [f"<ContinuationToken>{number}</ContinuationToken>" for number in range(2)]
    store = opened.store([*map(page, tokens), page("")])

    with pytest.raises(UnavailableError, match="its pages repeat"):
        store.list_buckets()


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "302 Found"])
def test_a_web_page_is_no_list_of_buckets(opened: Opened, status: str) -> None:
    store = opened.store([answer(b"<html></html>", status=status)])

    with pytest.raises(UnavailableError):
        store.list_buckets()


def test_buckets_are_not_listed_without_credentials(directories: Directories) -> None:
    store = open_store(Settings(anonymous=True), directories)

    with pytest.raises(AccessDeniedError) as caught:
        store.list_buckets()
    assert "s3://BUCKET" in caught.value.remedy


def test_the_code_of_an_error_about_a_key_with_control_characters_is_read(opened: Opened) -> None:
    document = b"<Error><Code>InvalidObjectState</Code><Key>bell&#x7;</Key></Error>"
    store = opened.store([answer(document, status="403 Forbidden")])

    with pytest.raises(AccessDeniedError) as caught:
        store.get(GetRequest(bucket="bucket", key="bell\x07"))

    assert caught.value.reference == "archived"
