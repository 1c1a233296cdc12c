"""Send the requests for small objects over pipelined connections."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from s3nav.aws.http import PipelinedConnections, Requester
from s3nav.aws.s3.object_request import PendingObject, begin_get
from s3nav.aws.s3.request_template import GetTemplate
from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.objects import GetRequest
from s3nav.model.ports.stores import Wanted

LARGEST_BYTES = 256 * 1024
PLAIN_ETAG = re.compile("[!#-~]{1,128}")
Finished = deque[tuple[Wanted, PendingObject | None, S3NavError | None]]
"""Requests that left the pipelined connections: each with a response to read, or an error."""


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
        self, template: "GetTemplate", batch: list[Wanted], encoded: list[str], *, fresh: bool
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

    def _template(self, bucket: str) -> "GetTemplate":
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
