"""S3 as the other rooms need it: buckets, pages, heads and bytes."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from s3nav.aws.clients import deadlines_of, trust_of
from s3nav.aws.credentials import LiveLogin, Login, find_login
from s3nav.aws.http import (
    MAX_RENEWALS,
    HttpClient,
    PipelinedConnections,
    Requester,
    S3Call,
    Shapes,
    malformed,
)
from s3nav.aws.list_workers import ListWorkers, WorkerPageReader, WorkerSetup, usual_number
from s3nav.aws.s3 import (
    CHECKSUM_MODE,
    BucketEndpoints,
    S3Body,
    SmallRequests,
    ask_for,
    attributes,
    list_buckets,
    list_keys,
    list_page,
    list_versions,
    named,
    object_head,
    part_bytes,
    payer,
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
from s3nav.model.ports.stores import ObjectStore, Wanted
from s3nav.persistence import Directories
from s3nav.settings import Settings

Answered = TypeVar("Answered")
HEAD_REFUSED = "head-refused"
"""The slug for an object that GET may read and HEAD may not."""


def open_store(settings: Settings, directories: Directories) -> ObjectStore:
    """S3 with the credentials that the settings name; nothing is asked yet.

    Raises CredentialsError and UsageError.
    """
    login = find_login(settings, directories)
    return S3ObjectStore(settings, login, lambda: find_login(settings, directories))


class S3ObjectStore:
    """The port ``ObjectStore`` on real S3."""

    def __init__(
        self, settings: Settings, login: Login, find: Callable[[], Login] | None = None
    ) -> None:
        self._login = LiveLogin(login, find or (lambda: login))
        self._places = BucketEndpoints(settings, login)
        terms = WorkerSetup(deadlines=deadlines_of(settings), trust=trust_of(settings, login))
        self._wire = HttpClient(deadlines=terms.deadlines, trust=terms.trust)
        self._requester = Requester(
            http_client=self._wire, login=self._login, endpoints=self._places
        )
        self._shapes = Shapes()
        self._refuses_parts = False
        """Whether a HEAD with `partNumber` was refused for an object that may be read."""
        number = settings.list_processes
        self._clerks = ListWorkers(
            requester=self._requester,
            read=self.list_keys,
            terms=terms,
            number=usual_number() if number is None else number,
        )

    def list_buckets(self) -> tuple[BucketFact, ...]:
        """All buckets the credentials may list, by name. Raises S3NavError."""
        if self._login.is_anonymous:
            raise AccessDeniedError(
                "nobody may list buckets without credentials",
                remedy="name the bucket: s3://BUCKET, or use a `--profile`",
            )
        found = list_buckets(self._requester)
        for bucket in found:
            if bucket.region and self._places.known_region(bucket.name) is None:
                self._places.learn(bucket.name, bucket.region)
        return tuple(sorted(found, key=lambda bucket: bucket.name))

    def bucket_region(self, bucket: str) -> str:
        """The region of a bucket, asked once and remembered. Raises S3NavError."""
        known = self._places.known_region(bucket)
        if known is not None:
            return known
        # Compatible servers that name no region have one only.
        region = self._requester.region_named(bucket) or self._places.of(bucket).region
        self._places.learn(bucket, region)
        return self._places.of(bucket).region

    def list_page(self, request: ListRequest) -> ListingPage:
        """One page of a listing, in byte order of keys. Raises S3NavError."""
        return list_page(self._requester, request)

    def list_keys(self, request: ListRequest) -> KeyPage:
        """One page of a listing as columns. Raises S3NavError."""
        return list_keys(self._requester, request)

    def page_reader(self) -> WorkerPageReader | None:
        """Pages as columns, read in more processes; None where there are none."""
        return self._clerks.reader()

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
            key=named(key),
            query=(("versionId", version_id),) if version_id else (),
            headers=(CHECKSUM_MODE, *payer(requester_pays=requester_pays)),
        )
        answer = self._explained(lambda: self._requester.send(call), bucket, key, version_id)
        length = answer.head.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            raise malformed("it does not say how long the object is")
        return object_head(answer.head, size_bytes=int(length))

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
        ask = partial(
            part_bytes,
            self._requester,
            S3Uri(bucket, named(key)),
            number,
            version_id=version_id,
            requester_pays=requester_pays,
        )
        try:
            return ask() if self._refuses_parts else self._explained(ask, bucket, key, version_id)
        except (AccessDeniedError, NotFoundError, UsageError) as error:
            self._refuses_parts |= error.reference == HEAD_REFUSED
            return None

    def attributes(
        self, bucket: str, key: str, *, version_id: str = "", requester_pays: bool = False
    ) -> ObjectAttributes | None:
        """How an object was uploaded, all parts; None where S3 does not keep or tell it."""
        return attributes(
            self._requester,
            S3Uri(bucket, named(key)),
            version_id=version_id,
            requester_pays=requester_pays,
        )

    def get(self, request: GetRequest) -> S3Body:
        """Start one GET. Raises ObjectChangedError when `if_match` does not hold."""
        return ask_for(self._requester, request).body()

    def small_gets(
        self, *, requester_pays: bool, waiting: Callable[[], None]
    ) -> SmallRequests[Wanted]:
        """A quick way for many small objects; for one thread."""
        lanes: PipelinedConnections[Wanted] = PipelinedConnections(
            self._wire, may_pipeline=self._places.custom is not None
        )
        return SmallRequests(
            self._requester,
            lanes,
            self._shapes,
            requester_pays=requester_pays,
            waiting=waiting,
        )

    def close(self) -> None:
        """Close idle connections. Calling it twice is fine."""
        self._clerks.close()
        self._wire.close()

    def _explained(
        self, ask: Callable[[], Answered], bucket: str, key: str, version_id: str
    ) -> Answered:
        """The answer to a HEAD. Raises S3NavError: why it was refused, as a GET says it.

        A HEAD's answer has no body: it cannot say that the keys have expired. When a GET may read
        the object, this thread or another one has renewed them, and the HEAD is made again.
        """
        for _ in range(MAX_RENEWALS):
            try:
                return ask()
            except (AccessDeniedError, UsageError) as error:
                reason = self._reason(bucket, key, version_id)
                if reason is not None:
                    raise reason from error
        try:
            return ask()
        except (AccessDeniedError, UsageError) as error:
            error.reference = HEAD_REFUSED
            raise

    def _reason(self, bucket: str, key: str, version_id: str) -> S3NavError | None:
        """Why a HEAD was refused: its answer has no body, that of a GET says it."""
        first_byte = ByteRange(start=0, stop=1)
        request = GetRequest(bucket=bucket, key=key, version_id=version_id, span=first_byte)
        try:
            self.get(request).close()
        except S3NavError as error:
            return error
        return None
