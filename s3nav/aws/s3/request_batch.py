"""Write and send the requests for small objects over pipelined connections.

All that is the same for every object of a bucket is put together once a second: the headers, the
scope of the signature and its key. Only the path, the ETag and the signature are added to each
request.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from s3nav.aws.http import (
    EMPTY_SHA256,
    BucketEndpoint,
    Keys,
    PipelinedConnections,
    Requester,
    Route,
    Signer,
    quote_key,
)
from s3nav.aws.s3.object_request import PendingObject, begin_get
from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.objects import GetRequest
from s3nav.model.ports.stores import Wanted

LARGEST_BYTES = 256 * 1024
"""Larger objects are requested alone: a whole response must fit the buffer of `small_requests`."""
PLAIN_ETAG = re.compile("[!#-~]{1,128}")
"""ETags that are the same in a header line and in its signature."""
Finished = deque[tuple[Wanted, PendingObject | None, S3NavError | None]]
"""Requests that left the pipelined connections: each with a response to read, or an error."""


class GetTemplate:
    """Writes requests for objects of one bucket at one endpoint."""

    __slots__ = ("_end", "_start", "bucket", "bucket_endpoint", "endpoint", "route", "signer")

    def __init__(
        self, bucket: str, bucket_endpoint: BucketEndpoint, route: Route, *, requester_pays: bool
    ) -> None:
        self.bucket = bucket
        self.bucket_endpoint = bucket_endpoint
        self.route = route
        self.endpoint = bucket_endpoint.endpoint
        self.signer = GetSigner(
            bucket_endpoint.signer,
            host=bucket_endpoint.endpoint.host_header,
            requester_pays=requester_pays,
        )
        self._start = f"GET {route.target_start}"
        self._end = f"{route.extra_lines}\r\n"

    def request(self, key: str, etag: str) -> str:
        """A whole request. Raises UsageError for a key that is not Unicode text."""
        path = f"{self.bucket_endpoint.path_start}/{quote_key(key)}"
        return f"{self._start}{path} HTTP/1.1\r\n{self.signer.lines(path, etag)}{self._end}"


class GetSigner:
    """Writes what `Signer.header_lines` would write for a GET with If-Match and checksum mode."""

    __slots__ = ("_auth_start", "_canonical_end", "_host", "_key", "_known", "_lines", "_message",
                 "_payer", "_signer")  # fmt: skip

    def __init__(self, signer: Signer, *, host: str, requester_pays: bool) -> None:
        self._signer = signer
        self._host = host
        self._payer = [("x-amz-request-payer", "requester")] if requester_pays else []
        self._known: tuple[Keys | None, str] | None = None

    def prepare(self, keys: Keys | None) -> None:
        """Prepare for requests of this second; call it before a series of `lines`."""
        stamp = "" if keys is None else self._signer.now()
        if self._known == (keys, stamp):
            return
        if keys is not None:
            self._signer.check(keys)
        self._known = (keys, stamp)
        headers = [("x-amz-checksum-mode", "ENABLED")]
        if keys is not None:
            headers += [("x-amz-content-sha256", EMPTY_SHA256), ("x-amz-date", stamp)]
        headers += self._payer
        if keys is not None and keys.token:
            headers.append(("x-amz-security-token", keys.token))
        self._lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
        if keys is None:
            return
        names = ";".join(["host", "if-match", *[name for name, _ in headers]])
        signed = "".join([f"{name}:{value}\n" for name, value in headers])
        self._canonical_end = f"{signed}\n{names}\n{EMPTY_SHA256}"
        scope = self._signer.scope(stamp)
        self._key = self._signer.key_of_day(keys.secret_key, stamp[:8])
        self._message = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n"
        self._auth_start = (
            f"authorization: AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature="
        )

    def lines(self, path: str, etag: str) -> str:
        r"""The headers of a GET as ``name: value\r\n`` lines.

        `path` is percent-encoded; `etag` is visible ASCII without quotes.
        """
        start = f'host: {self._host}\r\nif-match: "{etag}"\r\n{self._lines}'
        if self._known is None or self._known[0] is None:
            return start
        canonical = f'GET\n{path}\n\nhost:{self._host}\nif-match:"{etag}"\n{self._canonical_end}'
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        signature = self._key.copy()
        signature.update(f"{self._message}{digest}".encode())
        return f"{start}{self._auth_start}{signature.hexdigest()}\r\n"


class RequestBatch(Generic[Wanted]):
    """Encodes and sends requests; failures and unusual objects go to `finished`."""

    def __init__(
        self,
        requester: Requester,
        connections: PipelinedConnections[Wanted],
        finished: Finished[Wanted],
        *,
        requester_pays: bool,
        waiting: Callable[[], None],
    ) -> None:
        self._requester = requester
        self._connections = connections
        self._finished = finished
        self._requester_pays = requester_pays
        self._waiting = waiting
        self._templates: dict[str, GetTemplate] = {}

    def report(self, wanted: Wanted, error: S3NavError) -> None:
        """Record an error where responses are taken from."""
        if isinstance(error, UnavailableError):
            error.context.setdefault("endpoint", self._requester.endpoint_url(wanted.bucket))
        self._finished.append((wanted, None, error))

    def send(self, wanted: Sequence[Wanted], *, depth: int = 1, fresh: bool = False) -> None:
        """Send requests, `depth` of them at once over each connection."""
        batch: list[Wanted] = []
        encoded: list[str] = []
        template: GetTemplate | None = None
        for small in wanted:
            try:
                if template is None or template.bucket != small.bucket:
                    if template is not None:
                        self._flush(template, batch, encoded, fresh=fresh)
                    template = self._template(small.bucket)
                if PLAIN_ETAG.fullmatch(small.etag) is None or small.size_bytes > LARGEST_BYTES:
                    pending = begin_get(self._requester, self.request(small))
                    self._finished.append((small, pending, None))
                    continue
                encoded.append(template.request(small.key, small.etag))
                batch.append(small)
            except S3NavError as error:
                self.report(small, error)
                continue
            if len(batch) == depth or not template.route.may_pipeline:
                self._flush(template, batch, encoded, fresh=fresh)
        if template is not None:
            self._flush(template, batch, encoded, fresh=fresh)

    def _flush(
        self, template: GetTemplate, batch: list[Wanted], encoded: list[str], *, fresh: bool
    ) -> None:
        if not batch:
            return
        raw = "".join(encoded).encode()
        try:
            self._connections.send(template.route, template.endpoint, raw, batch, fresh=fresh)
        except UnavailableError as error:
            for small in batch:
                self.report(small, error)
        batch.clear()
        encoded.clear()

    def _template(self, bucket: str) -> GetTemplate:
        """The template of a bucket, with keys and time stamp of now. Raises S3NavError."""
        bucket_endpoint = self._requester.bucket_endpoint(bucket)
        template = self._templates.get(bucket)
        if template is None or template.bucket_endpoint is not bucket_endpoint:
            template = GetTemplate(
                bucket,
                bucket_endpoint,
                self._connections.route(bucket_endpoint.endpoint),
                requester_pays=self._requester_pays,
            )
            self._templates[bucket] = template
        template.signer.prepare(self._requester.keys())
        return template

    def request(self, wanted: Wanted) -> GetRequest:
        """The same GET for `object_request`."""
        return GetRequest(
            bucket=wanted.bucket,
            key=wanted.key,
            if_match=wanted.etag,
            requester_pays=self._requester_pays,
            waiting=self._waiting,
        )
