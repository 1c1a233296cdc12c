"""Send the requests for small objects, over lanes."""

import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from s3nav.aws.http import PipelinedConnections, Requester
from s3nav.aws.s3.object_request import AskedObject, ask_for
from s3nav.aws.s3.request_template import GetTemplate
from s3nav.model.errors import S3NavError, UnavailableError
from s3nav.model.objects import GetRequest
from s3nav.model.ports.stores import Wanted

LARGEST_BYTES = 256 * 1024
PLAIN_ETAG = re.compile("[!#-~]{1,128}")
Over = deque[tuple[Wanted, AskedObject | None, S3NavError | None]]
"""What came to its end on another way than over a lane: an answer to be read, or an error."""


class RequestBatch(Generic[Wanted]):
    """Where requests go out; what cannot be sent is told in `over`."""

    def __init__(
        self,
        requester: Requester,
        lanes: PipelinedConnections[Wanted],
        over: Over[Wanted],
        *,
        requester_pays: bool,
        waiting: Callable[[], None],
    ) -> None:
        self._requester = requester
        self._lanes = lanes
        self._over = over
        self._requester_pays = requester_pays
        self._waiting = waiting
        self._templates: dict[str, GetTemplate] = {}

    def tell(self, wanted: Wanted, error: S3NavError) -> None:
        """Put an error where answers are taken from."""
        if isinstance(error, UnavailableError):
            error.context.setdefault("endpoint", self._requester.endpoint_url(wanted.bucket))
        self._over.append((wanted, None, error))

    def send(self, wanted: Sequence[Wanted], *, depth: int = 1, fresh: bool = False) -> None:
        """Send requests, `depth` of them at once over each lane."""
        batch: list[Wanted] = []
        raws: list[str] = []
        template: GetTemplate | None = None
        for one in wanted:
            try:
                if template is None or template.bucket != one.bucket:
                    if template is not None:
                        self._flush(template, batch, raws, fresh=fresh)
                    template = self._template(one.bucket)
                if PLAIN_ETAG.fullmatch(one.etag) is None or one.size_bytes > LARGEST_BYTES:
                    asked = ask_for(self._requester, self.request(one))
                    self._over.append((one, asked, None))
                    continue
                raws.append(template.request(one.key, one.etag))
                batch.append(one)
            except S3NavError as error:
                self.tell(one, error)
                continue
            if len(batch) == depth or not template.route.may_pipeline:
                self._flush(template, batch, raws, fresh=fresh)
        if template is not None:
            self._flush(template, batch, raws, fresh=fresh)

    def _flush(
        self, template: "GetTemplate", batch: list[Wanted], raws: list[str], *, fresh: bool
    ) -> None:
        if not batch:
            return
        raw = "".join(raws).encode()
        try:
            self._lanes.send(template.route, template.endpoint, raw, batch, fresh=fresh)
        except UnavailableError as error:
            for one in batch:
                self.tell(one, error)
        batch.clear()
        raws.clear()

    def _template(self, bucket: str) -> "GetTemplate":
        """Ready for requests of this moment. Raises S3NavError."""
        place = self._requester.bucket_endpoint(bucket)
        template = self._templates.get(bucket)
        if template is None or template.place is not place:
            template = GetTemplate(
                bucket,
                place,
                self._lanes.route(place.endpoint),
                requester_pays=self._requester_pays,
            )
            self._templates[bucket] = template
        template.signer.prepare(self._requester.keys())
        return template

    def request(self, wanted: Wanted) -> GetRequest:
        """The same GET for the usual way."""
        return GetRequest(
            bucket=wanted.bucket,
            key=wanted.key,
            if_match=wanted.etag,
            requester_pays=self._requester_pays,
            waiting=self._waiting,
        )
