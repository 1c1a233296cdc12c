"""Write to S3 through s3transfer: uploads and server-side copies, checked by S3 itself."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from botocore import exceptions as boto
from s3transfer.exceptions import CancelledError
from s3transfer.futures import TransferFuture
from s3transfer.manager import TransferConfig, TransferManager
from s3transfer.subscribers import BaseSubscriber

from s3nav.aws.credentials import Login
from s3nav.aws.errors import from_botocore
from s3nav.aws.writes.listed_parts import list_kept
from s3nav.aws.writes.transfer_context import (
    FINAL_CALLS,
    MARK,
    Follower,
    TransferContext,
    follow,
    sent_of,
)
from s3nav.aws.writes.write_clients import ClientMaker
from s3nav.model.errors import (
    AccessDeniedError,
    LocalDiskError,
    S3NavError,
    UnavailableError,
    UsageError,
)
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.model.writes import (
    COPY_PART_BYTES,
    COPY_WHOLE_BYTES,
    PART_BYTES,
    CopyRequest,
    KeptPart,
    PutRequest,
    Sent,
    part_bytes_of,
)
from s3nav.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECKSUM = "CRC64NVME"
_POLL_S = 0.1
"""How soon a wish to stop is seen."""
ENDING_S = 600.0
"""Longest wait for the end of a stopped upload: parts under way are sent to their end."""


_GONE = frozenset({"NoSuchUpload", "NoSuchBucket", "NoSuchKey", "404"})
"""Ceph says NoSuchKey of an upload."""
_ABOUT_PARTS = frozenset(
    {"NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest"}
    | {"InvalidRequest", "XAmzContentChecksumMismatch"}
)


class _BegunUploadGoneError(Exception):
    """What was begun earlier cannot be gone on with."""


class WriterTuning(msgspec.Struct, frozen=True, kw_only=True):
    """How s3transfer cuts and queues."""

    requests: int = 8
    """At once, in all transfers to one region."""
    part_bytes: int = PART_BYTES
    copy_whole_bytes: int = COPY_WHOLE_BYTES
    copy_part_bytes: int = COPY_PART_BYTES
    buffered_parts: int = 4
    """Parts of a stream held in memory at once."""


class _Region(msgspec.Struct, frozen=True, kw_only=True):
    """What serves one region: a client, and s3transfer's threads for puts and for copies."""

    client: "S3Client"
    puts: TransferManager
    copies: TransferManager

    def close(self) -> None:
        """Join the threads, close the connections."""
        self.puts.shutdown()
        self.copies.shutdown()
        self.client.close()


class S3Writer:
    """The port ``ObjectWriter`` on real S3."""

    def __init__(
        self,
        settings: Settings,
        login: Login,
        region_of: Callable[[str], str],
        tuning: WriterTuning,
    ) -> None:
        self._login = login
        self._maker = ClientMaker(settings, login)
        self._region_of = region_of
        self._tuning = tuning
        self._lock = threading.Lock()
        self._regions: dict[str, _Region] = {}
        self._flights: dict[tuple[str, str], TransferContext] = {}

    def put(self, request: PutRequest, watch: WriteWatch) -> Sent | None:
        """Upload, in parts when large; None when stopped. Raises S3NavError."""
        manager = self._region(request.to.bucket).puts
        extra: dict[str, str] = {}
        if request.content_type:
            extra["ContentType"] = request.content_type
        if request.storage_class:
            extra["StorageClass"] = request.storage_class
        if self._maker.may_check and request.crc64nvme:
            extra[f"Checksum{CHECKSUM}"] = request.crc64nvme
        elif self._maker.may_check:
            extra["ChecksumAlgorithm"] = CHECKSUM
        body = str(request.body) if isinstance(request.body, Path) else request.body

        def submit(follower: BaseSubscriber) -> TransferFuture:
            return manager.upload(
                body,  # type: ignore[arg-type]  # whatever has a read(), says s3transfer
                request.to.bucket,
                request.to.key,
                extra,
                [follower],
            )

        flight = TransferContext(
            watch=watch,
            to=request.to,
            must_be_absent=request.must_be_absent,
            begun=request.begun,
            can_resume=isinstance(request.body, Path),
        )
        try:
            return self._fly(flight, submit)
        except _BegunUploadGoneError:
            flight.move(-flight.moved_bytes)
            anew = msgspec.structs.replace(flight, begun=None, done=threading.Event(), upload_id="")
            return self._fly(anew, submit)

    def copy(self, request: CopyRequest, watch: WriteWatch) -> Sent | None:
        """Copy inside S3, metadata and tags kept; None when stopped. Raises S3NavError."""
        manager = self._region(request.to.bucket).copies
        source_client = self._region(request.source.bucket).client
        extra = {"CopySourceIfMatch": f'"{request.etag}"', "TaggingDirective": "COPY"}
        if request.storage_class:
            extra["StorageClass"] = request.storage_class

        def submit(follower: BaseSubscriber) -> TransferFuture:
            return manager.copy(
                {"Bucket": request.source.bucket, "Key": request.source.key},
                request.to.bucket,
                request.to.key,
                extra,
                [follower],
                source_client,
            )

        flight = TransferContext(watch=watch, to=request.to, must_be_absent=request.must_be_absent)
        return self._fly(flight, submit)

    def kept_parts(
        self, place: S3Uri, upload_id: str, size_bytes: int
    ) -> tuple[KeptPart, ...] | None:
        """The parts of an upload that lie where `put` would cut a file of that size.

        None when there is no such upload, or it may not be looked at. Raises S3NavError.
        """
        cut = part_bytes_of(size_bytes, self._tuning.part_bytes)
        client = self._region(place.bucket).client
        try:
            return tuple(list_kept(client, place, upload_id, size_bytes, cut))
        except (boto.BotoCoreError, boto.ClientError) as error:
            if isinstance(error, boto.ClientError) and _is_gone(error):
                return None
            problem = self._told(error, place)
            if isinstance(problem, AccessDeniedError):
                return None
            raise problem from error

    def abort(self, place: S3Uri, upload_id: str) -> None:
        """Remove the parts of an upload; nothing happens when there is none. Raises S3NavError."""
        client = self._region(place.bucket).client
        try:
            client.abort_multipart_upload(Bucket=place.bucket, Key=place.key, UploadId=upload_id)
        except (boto.BotoCoreError, boto.ClientError) as error:
            if isinstance(error, boto.ClientError) and _is_gone(error):
                return
            raise self._told(error, place) from error

    def close(self) -> None:
        """End threads and connections. Calling it twice is fine."""
        with self._lock:
            regions, self._regions = list(self._regions.values()), {}
        for region in regions:
            region.close()

    def _fly(
        self, flight: TransferContext, submit: Callable[[BaseSubscriber], TransferFuture]
    ) -> Sent | None:
        to, watch = flight.to, flight.watch
        place = (to.bucket, to.key)
        with self._lock:
            if place in self._flights:
                raise UsageError(f"`{to}` is being written by another job", slug="exists")
            self._flights[place] = flight
        try:
            future = submit(Follower(flight))
            _follow(flight, future)
            future.result()  # returns at once: it is done
        except CancelledError:
            return None
        except (boto.BotoCoreError, boto.ClientError) as error:
            if watch.is_stopped:
                return None
            if flight.begun is not None and _is_about_parts(error):
                raise _BegunUploadGoneError from error
            raise self._problem(error, to, flight) from error
        except OSError as error:
            if watch.is_stopped:
                return None
            raise LocalDiskError(
                f"cannot read `{error.filename}`: {error.strerror}", slug="unreadable"
            ) from error
        finally:
            with self._lock:
                del self._flights[place]
        return sent_of(flight.answer)

    def _problem(
        self, error: boto.BotoCoreError | boto.ClientError, to: S3Uri, flight: TransferContext
    ) -> S3NavError:
        if isinstance(error, boto.ClientError):
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 412 and flight.must_be_absent and error.operation_name in FINAL_CALLS:
                return UsageError(
                    f"`{to}` is there already", remedy="`--overwrite` replaces it", slug="exists"
                )
        problem = self._told(error, to)
        if isinstance(problem, AccessDeniedError) and problem.reference == "access-denied":
            problem.remedy = "ask the bucket's owner for s3:PutObject, or use another `--profile`"
        return problem

    def _told(self, error: boto.BotoCoreError | boto.ClientError, place: S3Uri) -> S3NavError:
        context = {"bucket": place.bucket, "key": place.key, "profile": self._login.profile}
        return from_botocore(error, context=context)

    def _region(self, bucket: str) -> _Region:
        name = self._region_of(bucket)
        with self._lock:
            if name not in self._regions:
                self._regions[name] = self._open_region(name)
            return self._regions[name]

    def _open_region(self, name: str) -> _Region:
        tuning = self._tuning
        client = self._maker.make(
            region=name,
            # Copies use the same client, and ask for heads of sources beside it.
            connections=2 * tuning.requests,
        )
        client.meta.events.register("before-parameter-build.s3", self._mark)
        follow(client.meta.events)
        return _Region(
            client=client,
            puts=_manager(client, tuning, tuning.part_bytes, tuning.part_bytes),
            copies=_manager(client, tuning, tuning.copy_whole_bytes + 1, tuning.copy_part_bytes),
        )

    def _mark(
        self,
        params: dict[str, object],
        model: object,
        context: dict[str, object],
        **_: object,
    ) -> None:
        """Tie a request to its flight, and make S3 refuse to replace what must be absent."""
        flight = self._flights.get((str(params.get("Bucket")), str(params.get("Key"))))
        if flight is None:
            return
        context[MARK] = flight
        if flight.must_be_absent and getattr(model, "name", "") in FINAL_CALLS:
            params["IfNoneMatch"] = "*"


def _follow(flight: TransferContext, future: TransferFuture) -> None:
    """Wait for the end of a transfer, and end it when its watch stops. Raises UnavailableError."""
    while not flight.done.wait(_POLL_S):
        if flight.watch.is_stopped:
            future.cancel()
            # Until parts under way have ended and the upload is gone.
            if not flight.done.wait(ENDING_S):
                raise UnavailableError(f"the upload to `{flight.to}` does not end", slug="stalled")


def _is_gone(error: boto.ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _GONE


def _is_about_parts(error: boto.BotoCoreError | boto.ClientError) -> bool:
    """True when an upload that was begun earlier is gone, or S3 does not take its parts."""
    if not isinstance(error, boto.ClientError):
        return False
    return error.response.get("Error", {}).get("Code") in _ABOUT_PARTS


def _manager(
    client: "S3Client", tuning: WriterTuning, whole_bytes: int, part_bytes: int
) -> TransferManager:
    return TransferManager(
        client,
        TransferConfig(
            multipart_threshold=whole_bytes,
            multipart_chunksize=part_bytes,
            max_request_concurrency=tuning.requests,
            max_request_queue_size=4 * tuning.requests,
            # A submitter that waits for room keeps the others waiting: one for each worker.
            max_submission_concurrency=tuning.requests,
            max_submission_queue_size=4 * tuning.requests,
            max_in_memory_upload_chunks=tuning.buffered_parts,
        ),
    )
