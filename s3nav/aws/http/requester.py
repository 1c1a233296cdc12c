"""Sign S3 requests, send them to the region of the bucket, and raise S3's errors."""

import contextlib
import re
from collections.abc import Iterator
from typing import Protocol, Self
from xml.etree import ElementTree

import msgspec

from s3nav.aws.errors import from_response
from s3nav.aws.http.connection import Connection, Waiting
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, HttpRequest, PendingResponse
from s3nav.aws.http.response import Response
from s3nav.aws.http.signing import Keys, Signer, UnsignedRequest, canonical_query, quote_key
from s3nav.aws.http.xml_characters import UTF_16, readable_xml
from s3nav.model.errors import CredentialsError, S3NavError, UnavailableError

RENEWABLE = frozenset({"credentials-expired", "unknown-access-key", "bad-session-token"})
"""Error slugs after which a request is tried again with renewed keys."""
MAX_RENEWALS = 3
"""How often one request is tried again with renewed keys."""
REGION_HEADER = "x-amz-bucket-region"
# S3 answers 301 or 307 when a bucket is in another region, and 400 in regions launched since March
# 2019 or when the signature names another region (S3 User Guide, "Request routing").
_STATUSES_OF_ANOTHER_REGION = frozenset({301, 302, 307, 308, 400})
_EXPECTED_REGION = re.compile(r"\bexpecting '([A-Za-z0-9_-]+)'")
"""As in "the region 'us-east-1' is wrong; expecting 'eu-west-1'"."""
_ENCODING = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)", re.ASCII
)
_KNOWN_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
MAX_TAGS = 2_000_000
"""A page of a thousand objects has 30,000. Two million take about 250 MB when they are parsed."""
_ERROR_FIELD = re.compile(r"(?:\{[^}]*\})?(\w+)")


class BucketEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for one bucket go, and how they are signed."""

    endpoint: Endpoint
    path_start: str
    """What stands before ``/key``: empty when the host names the bucket."""
    region: str
    signer: Signer

    @classmethod
    def at(cls, endpoint: Endpoint, path_start: str, region: str) -> Self:
        """A place on an endpoint, whose own path comes before `path_start`."""
        return cls(
            endpoint=endpoint,
            path_start=endpoint.base_path + path_start,
            region=region,
            signer=Signer(region),
        )


class EndpointLookup(Protocol):
    """Remembers the endpoint and region of each bucket."""

    def of(self, bucket: str | None) -> BucketEndpoint:
        """The endpoint of `bucket` as far as known; None means S3 itself. Raises UsageError."""
        ...

    def learn(self, bucket: str | None, region: str) -> bool:
        """Remember the region that S3 named; False when that changes nothing."""
        ...


class Signing(Protocol):
    """Supplies the keys to sign with."""

    @property
    def profile(self) -> str:
        """The profile that remedies name; empty when none was chosen."""
        ...

    def freeze(self) -> Keys | None:
        """The keys for one request; None for anonymous access. Raises CredentialsError."""
        ...

    def renew(self, refused: bytes) -> bool:
        """Get other keys than those that signed `refused`; False when there are none."""
        ...


class S3Call(msgspec.Struct, frozen=True, kw_only=True):
    """One GET or HEAD request to S3, a bucket or an object."""

    method: str
    bucket: str | None
    """None for S3 itself: ListBuckets."""
    key: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""


class _Refusal(msgspec.Struct, frozen=True):
    """A response whose status is not 2xx."""

    status: int
    region: str
    request_id: str
    redirect: str
    """Where the response leads; empty when it does not say."""
    document: dict[str, str] = msgspec.field(default_factory=dict)
    """The fields of S3's error document; empty for a HEAD."""


class Requester:
    """Signs and sends requests, follows a bucket to its region once, raises S3's errors."""

    def __init__(
        self, *, http_client: HttpClient, login: Signing, endpoints: EndpointLookup
    ) -> None:
        self._http_client = http_client
        self._login = login
        self._endpoints = endpoints

    def send(self, call: S3Call, waiting: Waiting | None = None) -> Response:
        """Send a call and return its 2xx response; the caller reads and closes the body.

        Raises S3NavError.
        """
        return self.finish(call, self.begin(call, waiting), waiting)

    def begin(self, call: S3Call, waiting: Waiting | None = None) -> PendingResponse:
        """Send a call whose response `finish` reads later. Raises S3NavError."""
        bucket_endpoint = self._endpoints.of(call.bucket)
        request = self._encode(call, bucket_endpoint)
        try:
            return self._http_client.begin(request, waiting)
        except UnavailableError as error:
            error.context.setdefault("endpoint", bucket_endpoint.endpoint.url)
            raise

    def adopt(
        self, call: S3Call, raw: bytes, connection: Connection, waiting: Waiting | None
    ) -> PendingResponse:
        """Take over a call already sent over `connection` as `raw`. Raises S3NavError."""
        request = self._encode(call, self._endpoints.of(call.bucket))
        return self._http_client.adopt(request, raw, connection, waiting)

    def finish(
        self, call: S3Call, pending: PendingResponse, waiting: Waiting | None = None
    ) -> Response:
        """Wait for the response to a call, as `send` does; expired keys are renewed.

        Raises S3NavError.
        """
        for _ in range(MAX_RENEWALS):
            try:
                return self._finish(call, pending, waiting)
            except CredentialsError as error:
                if error.reference not in RENEWABLE or not self._login.renew(pending.raw):
                    raise
            pending = self.begin(call, waiting)
        return self._finish(call, pending, waiting)

    def _finish(self, call: S3Call, pending: PendingResponse, waiting: Waiting | None) -> Response:
        response = self._await(call, pending)
        if 200 <= response.head.status < 300:
            return response
        refusal = _read_refusal(response)
        if refusal.status in _STATUSES_OF_ANOTHER_REGION and self._learn(call, refusal):
            response = self._await(call, self.begin(call, waiting))
            if 200 <= response.head.status < 300:
                return response
            refusal = _read_refusal(response)
        raise self._error(call, refusal)

    @contextlib.contextmanager
    def connections_checked(self, bucket: str) -> Iterator[None]:
        """Close the idle connections to a bucket when its response turns out to be no response.

        On one of them the response to each request may come one request too late.
        """
        try:
            yield
        except UnavailableError:
            self._http_client.route(self._endpoints.of(bucket).endpoint).close_idle()
            raise

    def bucket_endpoint(self, bucket: str) -> BucketEndpoint:
        """The endpoint of a bucket, as far as known. Raises UsageError."""
        return self._endpoints.of(bucket)

    def keys(self) -> Keys | None:
        """The keys to sign with now; None for anonymous access. Raises CredentialsError."""
        return self._login.freeze()

    def endpoint_url(self, bucket: str) -> str:
        """The URL of a bucket's endpoint, for messages."""
        return self._endpoints.of(bucket).endpoint.url

    def region_named(self, bucket: str) -> str:
        """The region of a bucket from HeadBucket, whose response names it even without permission.

        In x-amz-bucket-region (API reference, HeadBucket). Empty when a 2xx response lacks it;
        raises S3NavError when a refusal lacks it.
        """
        call = S3Call(method="HEAD", bucket=bucket)
        response = self._await(call, self.begin(call))
        region = response.head.headers.get(REGION_HEADER, "")
        if not region and not 200 <= response.head.status < 300:
            raise self._error(call, _read_refusal(response))
        return region

    def _await(self, call: S3Call, pending: PendingResponse) -> Response:
        try:
            return pending.response()
        except UnavailableError as error:
            error.context.setdefault("endpoint", self._endpoints.of(call.bucket).endpoint.url)
            raise

    def _encode(self, call: S3Call, bucket_endpoint: BucketEndpoint) -> HttpRequest:
        path = f"{bucket_endpoint.path_start}/{quote_key(call.key)}"
        if not call.key and bucket_endpoint.path_start:
            path = bucket_endpoint.path_start
        query = canonical_query(call.query)
        unsigned = UnsignedRequest(
            method=call.method,
            host=bucket_endpoint.endpoint.host_header,
            path=path,
            query=query,
            headers=call.headers,
        )
        return HttpRequest(
            endpoint=bucket_endpoint.endpoint,
            method=call.method,
            target=f"{path}?{query}" if query else path,
            header_lines=bucket_endpoint.signer.header_lines(unsigned, self._login.freeze()),
        )

    def _learn(self, call: S3Call, refusal: _Refusal) -> bool:
        return bool(refusal.region) and self._endpoints.learn(call.bucket, refusal.region)

    def _error(self, call: S3Call, refusal: _Refusal) -> S3NavError:
        return from_response(
            status=refusal.status,
            code=refusal.document.get("Code", ""),
            message=refusal.document.get("Message", ""),
            context={
                "endpoint": self._endpoints.of(call.bucket).endpoint.url,
                "bucket": call.bucket or "",
                "key": call.key,
                "request id": refusal.request_id,
                "redirect": refusal.redirect,
                "profile": self._login.profile,
            },
        )


def _read_refusal(response: Response) -> _Refusal:
    document = _error_document(response.read_text())
    headers = response.head.headers
    return _Refusal(
        status=response.head.status,
        region=headers.get(REGION_HEADER, "") or document.get("Region", "") or _expected(document),
        request_id=headers.get("x-amz-request-id", "") or document.get("RequestId", ""),
        redirect=headers.get("location", "") or document.get("Endpoint", ""),
        document=document,
    )


def _expected(document: dict[str, str]) -> str:
    """The region that only the message names; empty when it names none."""
    found = _EXPECTED_REGION.search(document.get("Message", ""))
    return found[1] if found else ""


def why_unsafe(body: bytes) -> str:
    """Why XML of S3 may not be parsed, as the end of a sentence; empty when it may be.

    S3 writes UTF-8 and declares neither a document type nor entities, which serve attacks.
    """
    # Parsers recognise UTF-16 by its first two bytes, and in it `<!` has other bytes.
    declared = _ENCODING.match(body)
    if (
        body.startswith(UTF_16)
        or b"\0" in body[:4]
        or (declared is not None and declared[1].lower() not in _KNOWN_ENCODINGS)
    ):
        return "its encoding is not UTF-8"
    if b"<!" in body:
        return "it declares a document type"
    return "it has too many tags" if body.count(b"<") > MAX_TAGS else ""


def _error_document(body: bytes) -> dict[str, str]:
    """The fields of an S3 error document; empty when the body is something else."""
    if b"<Error" not in body[:512] or why_unsafe(body):
        return {}
    try:
        root = ElementTree.fromstring(readable_xml(body))
    except ElementTree.ParseError:
        return {}
    fields: dict[str, str] = {}
    for element in root:
        name = _ERROR_FIELD.fullmatch(element.tag)
        if name and element.text:
            fields[name[1]] = element.text
    return fields
