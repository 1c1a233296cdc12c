"""The object store of real S3: buckets, pages, heads and bodies."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from s3nav.aws.credentials import LiveLogin, Login, find_login
from s3nav.aws.errors import malformed
from s3nav.aws.http import (
    MAX_RENEWALS,
    HttpClient,
    PipelinedConnections,
    Requester,
    S3Call,
    Shapes,
)
from s3nav.aws.list_workers import ListWorkers, WorkerPageReader, WorkerSetup, usual_number
from s3nav.aws.s3 import (
    CHECKSUM_MODE,
    BucketEndpoints,
    S3Body,
    SmallRequests,
    attributes,
    begin_get,
    deadlines_of,
    list_buckets,
    list_keys,
    list_page,
    list_versions,
    object_head,
    part_bytes,
    payer_headers,
    required_key,
    trust_of,
)
from s3nav.model.errors import AccessDeniedError, NotFoundError, S3NavError, UsageError
from s3nav.model.objects import (
    BucketFact,
    ByteRange,
    GetRequest,
    KeyPage,
    ListingPage,
    ListRequest,
    ObjectAttributes,
    ObjectHead,
    VersionPage,
    VersionsRequest,
)
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import ObjectStore, SmallGets, Wanted
from s3nav.persistence import Directories
from s3nav.settings import Settings

T = TypeVar("T")
HEAD_REFUSED = "head-refused"
"""Slug of the error for an object that GET may read but HEAD may not."""


def open_store(settings: Settings, directories: Directories) -> ObjectStore:
    """Open S3 with the credentials of the settings; sends no request.

    Raises CredentialsError and UsageError.
    """
    login = find_login(settings, directories)
    return S3ObjectStore(settings, login, lambda: find_login(settings, directories))


class S3ObjectStore:
    """Implements the port ``ObjectStore`` on real S3."""

    def __init__(
        self, settings: Settings, login: Login, find: Callable[[], Login] | None = None
    ) -> None:
        self._login = LiveLogin(login, find or (lambda: login))
        self._endpoints = BucketEndpoints(settings, login)
        self._worker_setup = WorkerSetup(
            deadlines=deadlines_of(settings), trust=trust_of(settings, login)
        )
        self._http_client = HttpClient(
            deadlines=self._worker_setup.deadlines, trust=self._worker_setup.trust
        )
        self._requester = Requester(
            http_client=self._http_client, login=self._login, endpoints=self._endpoints
        )
        self._refuses_parts = False
        """A HEAD with `partNumber` was refused for an object that GET may read."""
        self._list_processes = settings.list_processes
        self._lock = threading.Lock()
        self._list_workers: ListWorkers | None = None
        self._shapes: Shapes | None = None

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list, by name. Raises S3NavError."""
        if self._login.is_anonymous:
            raise AccessDeniedError(
                "buckets cannot be listed without credentials",
                remedy="name the bucket: s3://BUCKET, or use a `--profile`",
            )
        found = list_buckets(self._requester)
        for bucket in found:
            if bucket.region and self._endpoints.known_region(bucket.name) is None:
                self._endpoints.learn(bucket.name, bucket.region)
        return tuple(sorted(found, key=lambda bucket: bucket.name))

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket; requested once and remembered. Raises S3NavError."""
        known = self._endpoints.known_region(bucket)
        if known is not None:
            return known
        # S3-compatible servers that name no region have only one.
        region = self._requester.region_named(bucket) or self._endpoints.of(bucket).region
        self._endpoints.learn(bucket, region)
        return self._endpoints.of(bucket).region

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing, in byte order of keys. Raises S3NavError."""
        return list_page(self._requester, request)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns. Raises S3NavError."""
        return list_keys(self._requester, request)

    def page_reader(self) -> WorkerPageReader | None:
        """A reader of pages that uses worker processes; None when there are none."""
        number = self._list_processes
        with self._lock:
            if self._list_workers is None:
                self._list_workers = ListWorkers(
                    requester=self._requester,
                    read=self.list_keys,
                    setup=self._worker_setup,
                    number=usual_number() if number is None else number,
                )
            return self._list_workers.reader()

    def list_versions(self, request: VersionsRequest) -> VersionPage:
        """One page of versions and delete markers, in byte order of keys. Raises S3NavError."""
        return list_versions(self._requester, request)

    def head(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectHead:
        """An object's facts without its bytes. Raises NotFoundError and other S3NavErrors."""
        call = S3Call(
            method="HEAD",
            bucket=bucket,
            key=required_key(key),
            query=(("versionId", version_id),) if version_id else (),
            headers=(CHECKSUM_MODE, *payer_headers(requester_pays=requester_pays)),
        )
        response = self._with_reason(lambda: self._requester.send(call), bucket, key, version_id)
        length = response.head.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise malformed("it has no length of the object")
        return object_head(response.head, size_bytes=int(length))

    def part_bytes(
        self,
        bucket: str,
        key: str,
        number: int,
        *,
        version_id: str = "",
        requester_pays: bool = False,
    ) -> int | None:
        """The size of one part of a multipart upload; None when S3 does not say."""
        send = partial(
            part_bytes,
            self._requester,
            S3Uri(bucket, required_key(key)),
            number,
            version_id=version_id,
            requester_pays=requester_pays,
        )
        try:
            return (
                send() if self._refuses_parts else self._with_reason(send, bucket, key, version_id)
            )
        except (AccessDeniedError, NotFoundError, UsageError) as error:
            self._refuses_parts |= error.reference == HEAD_REFUSED
            return None

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded, with all parts; None when S3 does not say."""
        return attributes(
            self._requester,
            S3Uri(bucket, required_key(key)),
            version_id=version_id,
            requester_pays=requester_pays,
        )

    def get(self, request: GetRequest) -> S3Body:
        """Send a GET and wait for its head. Raises ObjectChangedError if `if_match` fails."""
        return begin_get(self._requester, request).body()

    def small_gets(self, *, requester_pays: bool, waiting: Callable[[], None]) -> SmallGets[Wanted]:
        """A fast path for many small objects; used by one thread."""
        connections: PipelinedConnections[Wanted] = PipelinedConnections(
            self._http_client, may_pipeline=self._endpoints.custom is not None
        )
        with self._lock:
            shapes = self._shapes = self._shapes or Shapes()
        return SmallRequests(
            self._requester,
            connections,
            shapes,
            requester_pays=requester_pays,
            waiting=waiting,
        )

    def close(self) -> None:
        """Close idle connections. Calling it twice is fine."""
        if self._list_workers is not None:
            self._list_workers.close()
        self._http_client.close()

    def _with_reason(self, send: Callable[[], T], bucket: str, key: str, version_id: str) -> T:
        """Send a HEAD; when it is refused, raise the S3NavError that a GET gives as the reason.

        The response to a HEAD has no body, so it cannot say that the keys have expired. If the GET
        succeeds, this or another thread has renewed the keys, and the HEAD is sent again.
        """
        for _ in range(MAX_RENEWALS):
            try:
                return send()
            except (AccessDeniedError, UsageError) as error:
                reason = self._reason(bucket, key, version_id)
                if reason is not None:
                    raise reason from error
        try:
            return send()
        except (AccessDeniedError, UsageError) as error:
            error.reference = HEAD_REFUSED
            raise

    def _reason(self, bucket: str, key: str, version_id: str) -> S3NavError | None:
        """The error of a GET of the first byte; None when it succeeds."""
        first_byte = ByteRange(start=0, stop=1)
        request = GetRequest(bucket=bucket, key=key, version_id=version_id, span=first_byte)
        try:
            self.get(request).close()
        except S3NavError as error:
            return error
        return None
