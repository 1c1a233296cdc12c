"""Send signed S3 requests over the wire, to wherever the bucket is."""

import re
from typing import Protocol, Self
from xml.etree import ElementTree

import msgspec

from s3nav.aws.errors import from_answer
from s3nav.aws.http.connection import Connection, Waiting
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import Asked, HttpClient, HttpRequest
from s3nav.aws.http.response import Response
from s3nav.aws.http.signing import Keys, Signer, UnsignedRequest, canonical_query, quote_key
from s3nav.model.errors import CredentialsError, S3NavError, UnavailableError

RENEWABLE = frozenset({"credentials-expired", "unknown-access-key", "bad-session-token"})
"""Refusals that other keys may help against."""
RENEWALS_MOST = 3
"""How often one request is made again with other keys."""
REGION_HEADER = "x-amz-bucket-region"
_STATUSES_OF_ANOTHER_REGION = frozenset({301, 302, 307, 308, 400})
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
    """Knows where buckets are."""

    def of(self, bucket: str | None) -> BucketEndpoint:
        """Where `bucket` is, as far as is known; None for S3 itself. Raises UsageError."""
        ...

    def learn(self, bucket: str | None, region: str) -> bool:
        """Remember what S3 said; False when that changes nothing."""
        ...


class Signing(Protocol):
    """Knows what to sign with."""

    @property
    def profile(self) -> str:
        """What a remedy calls it; empty when no profile was named."""
        ...

    def freeze(self) -> Keys | None:
        """The keys for one request; None for anonymous ones. Raises CredentialsError."""
        ...

    def renew(self, refused: bytes) -> bool:
        """Whether there are other keys than those that signed a request which S3 refused."""
        ...


class S3Call(msgspec.Struct, frozen=True, kw_only=True):
    """One GET or HEAD of S3, a bucket or an object."""

    method: str
    bucket: str | None
    """None to ask S3 itself, for the list of buckets."""
    key: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""


class _Refusal(msgspec.Struct, frozen=True):
    """An answer that is not 2xx."""

    status: int
    region: str
    request_id: str
    document: dict[str, str] = msgspec.field(default_factory=dict)
    """The error as S3 words it; empty for a HEAD."""


class Requester:
    """Signs, sends, follows a bucket to its region once, and raises what S3 refuses."""

    def __init__(self, *, wire: HttpClient, login: Signing, places: EndpointLookup) -> None:
        self._wire = wire
        self._login = login
        self._places = places

    def send(self, call: S3Call, waiting: Waiting | None = None) -> Response:
        """The answer, when its status is 2xx; the body is the caller's to read and close.

        Raises S3NavError.
        """
        return self.settle(call, self.ask(call, waiting), waiting)

    def ask(self, call: S3Call, waiting: Waiting | None = None) -> Asked:
        """Send a call whose answer `settle` reads later. Raises S3NavError."""
        place = self._places.of(call.bucket)
        request = self._encode(call, place)
        try:
            return self._wire.ask(request, waiting)
        except UnavailableError as error:
            error.context.setdefault("endpoint", place.endpoint.url)
            raise

    def resume(
        self, call: S3Call, sent: bytes, connection: Connection, waiting: Waiting | None
    ) -> Asked:
        """A call that went out over `connection` as `sent`. Raises S3NavError."""
        request = self._encode(call, self._places.of(call.bucket))
        return self._wire.resume(request, sent, connection, waiting)

    def settle(self, call: S3Call, asked: Asked, waiting: Waiting | None = None) -> Response:
        """Await the answer to a call, as `send` does; with renewed keys it is asked again."""
        for _ in range(RENEWALS_MOST):
            try:
                return self._settle(call, asked, waiting)
            except CredentialsError as error:
                if error.reference not in RENEWABLE or not self._login.renew(asked.sent):
                    raise
            asked = self.ask(call, waiting)
        return self._settle(call, asked, waiting)

    def _settle(self, call: S3Call, asked: Asked, waiting: Waiting | None) -> Response:
        answer = self._await(call, asked)
        if 200 <= answer.head.status < 300:
            return answer
        refusal = _read_refusal(answer)
        if refusal.status in _STATUSES_OF_ANOTHER_REGION and self._learn(call, refusal):
            answer = self._await(call, self.ask(call, waiting))
            if 200 <= answer.head.status < 300:
                return answer
            refusal = _read_refusal(answer)
        raise self._error(call, refusal)

    def place(self, bucket: str) -> BucketEndpoint:
        """Where a bucket is, as far as is known. Raises UsageError."""
        return self._places.of(bucket)

    def keys(self) -> Keys | None:
        """What to sign with now; None for anonymous requests. Raises CredentialsError."""
        return self._login.freeze()

    def endpoint_url(self, bucket: str) -> str:
        """Where requests for a bucket go, as a user writes it."""
        return self._places.of(bucket).endpoint.url

    def region_named(self, bucket: str) -> str:
        """The region that a HEAD of the bucket names, whatever its status; empty for none.

        Raises S3NavError when the HEAD is refused without naming one.
        """
        call = S3Call(method="HEAD", bucket=bucket)
        answer = self._await(call, self.ask(call))
        region = answer.head.headers.get(REGION_HEADER, "")
        if not region and not 200 <= answer.head.status < 300:
            raise self._error(call, _read_refusal(answer))
        return region

    def _await(self, call: S3Call, asked: Asked) -> Response:
        try:
            return asked.answer()
        except UnavailableError as error:
            error.context.setdefault("endpoint", self._places.of(call.bucket).endpoint.url)
            raise

    def _encode(self, call: S3Call, place: BucketEndpoint) -> HttpRequest:
        path = f"{place.path_start}/{quote_key(call.key)}"
        if not call.key and place.path_start:
            path = place.path_start
        query = canonical_query(call.query)
        unsigned = UnsignedRequest(
            method=call.method,
            host=place.endpoint.host_header,
            path=path,
            query=query,
            headers=call.headers,
        )
        return HttpRequest(
            endpoint=place.endpoint,
            method=call.method,
            target=f"{path}?{query}" if query else path,
            header_lines=place.signer.header_lines(unsigned, self._login.freeze()),
        )

    def _learn(self, call: S3Call, refusal: _Refusal) -> bool:
        return bool(refusal.region) and self._places.learn(call.bucket, refusal.region)

    def _error(self, call: S3Call, refusal: _Refusal) -> S3NavError:
        return from_answer(
            status=refusal.status,
            code=refusal.document.get("Code", ""),
            message=refusal.document.get("Message", ""),
            context={
                "endpoint": self._places.of(call.bucket).endpoint.url,
                "bucket": call.bucket or "",
                "key": call.key,
                "request id": refusal.request_id,
                "profile": self._login.profile,
            },
        )


def _read_refusal(answer: Response) -> _Refusal:
    document = _error_document(answer.read_text())
    headers = answer.head.headers
    return _Refusal(
        status=answer.head.status,
        region=headers.get(REGION_HEADER, "") or document.get("Region", ""),
        request_id=headers.get("x-amz-request-id", "") or document.get("RequestId", ""),
        document=document,
    )


def _error_document(body: bytes) -> dict[str, str]:
    """The fields of an S3 error; empty when the body is something else."""
    if b"<Error" not in body[:512] or b"<!" in body:
        return {}
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        return {}
    fields: dict[str, str] = {}
    for element in root:
        name = _ERROR_FIELD.fullmatch(element.tag)
        if name and element.text:
            fields[name[1]] = element.text
    return fields
