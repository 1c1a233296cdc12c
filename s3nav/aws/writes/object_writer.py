"""Upload and copy objects through s3transfer.

s3transfer cuts, queues and sends parts; S3 checks each against a checksum. It offers no way to
resume an upload, to forbid overwriting, or to see S3's response. `transfer_context` adds these by
handling botocore's events, which carry the context of the transfer they belong to.
"""

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
    CONTEXT_KEY,
    FINAL_CALLS,
    Follower,
    TransferContext,
    register_handlers,
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
POLL_S = 0.1
"""How often a running transfer checks whether it was stopped."""
MAX_END_WAIT_S = 600.0
"""Longest wait for a stopped upload to end: s3transfer finishes the parts under way."""


_GONE = frozenset({"NoSuchUpload", "NoSuchBucket", "NoSuchKey", "404"})
"""Error codes for an upload that does not exist; Ceph responds with NoSuchKey."""
_ABOUT_PARTS = frozenset(
    {"NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "BadDigest"}
    | {"InvalidRequest", "XAmzContentChecksumMismatch"}
)


class _EarlierUploadGoneError(Exception):
    """The earlier upload cannot be resumed."""


class WriterTuning(msgspec.Struct, frozen=True, kw_only=True):
    """Part sizes and queue lengths for s3transfer."""

    requests: int = 8
    """Requests at a time, over all transfers to one region."""
    part_bytes: int = PART_BYTES
    copy_whole_bytes: int = COPY_WHOLE_BYTES
    copy_part_bytes: int = COPY_PART_BYTES
    buffered_parts: int = 4
    """Parts of a stream in memory at a time."""


class _Region(msgspec.Struct, frozen=True, kw_only=True):
    """The client of one region, and s3transfer's threads for uploads and for copies."""

    client: "S3Client"
    puts: TransferManager
    copies: TransferManager

    def close(self) -> None:
        """Join the threads and close the connections."""
        self.puts.shutdown()
        self.copies.shutdown()
        self.client.close()


class S3Writer:
    """Implements the port ``ObjectWriter`` on real S3."""

    def __init__(
        self,
        settings: Settings,
        login: Login,
        region_of: Callable[[str], str],
        tuning: WriterTuning,
    ) -> None:
        self._login = login
        self._client_maker = ClientMaker(settings, login)
        self._region_of = region_of
        self._tuning = tuning
        self._lock = threading.Lock()
        self._regions: dict[str, _Region] = {}
        self._transfers: dict[tuple[str, str], TransferContext] = {}

    def put(self, request: PutRequest, watch: WriteWatch) -> Sent | None:
        """Upload a file or stream, in parts if large; None when stopped. Raises S3NavError."""
        manager = self._region(request.to.bucket).puts
        extra: dict[str, str] = {}
        if request.content_type:
            extra["ContentType"] = request.content_type
        if request.storage_class:
            extra["StorageClass"] = request.storage_class
        if self._client_maker.may_check and request.crc64nvme:
            extra[f"Checksum{CHECKSUM}"] = request.crc64nvme
        elif self._client_maker.may_check:
            extra["ChecksumAlgorithm"] = CHECKSUM
        body = str(request.body) if isinstance(request.body, Path) else request.body

        def submit(follower: BaseSubscriber) -> TransferFuture:
            return manager.upload(
                body,  # type: ignore[arg-type]  # s3transfer accepts any object with read()
                request.to.bucket,
                request.to.key,
                extra,
                [follower],
            )

        transfer = TransferContext(
            watch=watch,
            to=request.to,
            must_be_absent=request.must_be_absent,
            begun=request.begun,
            can_resume=isinstance(request.body, Path),
        )
        try:
            return self._run(transfer, submit)
        except _EarlierUploadGoneError:
            transfer.move(-transfer.moved_bytes)
            restarted = msgspec.structs.replace(
                transfer, begun=None, done=threading.Event(), upload_id="", part_etags={}
            )
            return self._run(restarted, submit)

    def copy(self, request: CopyRequest, watch: WriteWatch) -> Sent | None:
        """Copy inside S3 with metadata and tags; None when stopped. Raises S3NavError."""
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

        transfer = TransferContext(
            watch=watch, to=request.to, must_be_absent=request.must_be_absent
        )
        return self._run(transfer, submit)

    def kept_parts(
        self, place: S3Uri, upload_id: str, size_bytes: int
    ) -> tuple[KeptPart, ...] | None:
        """The parts of an unfinished upload that fit how `put` cuts a file of `size_bytes`.

        None when there is no such upload or listing its parts is denied. Raises S3NavError.
        """
        cut = part_bytes_of(size_bytes, self._tuning.part_bytes)
        client = self._region(place.bucket).client
        try:
            return tuple(list_kept(client, place, upload_id, size_bytes, cut))
        except (boto.BotoCoreError, boto.ClientError) as error:
            if isinstance(error, boto.ClientError) and _is_gone(error):
                return None
            problem = self._translated(error, place)
            if isinstance(problem, AccessDeniedError):
                return None
            raise problem from error

    def abort(self, place: S3Uri, upload_id: str) -> None:
        """Remove the parts of an upload, if it exists. Raises S3NavError."""
        client = self._region(place.bucket).client
        try:
            client.abort_multipart_upload(Bucket=place.bucket, Key=place.key, UploadId=upload_id)
        except (boto.BotoCoreError, boto.ClientError) as error:
            if isinstance(error, boto.ClientError) and _is_gone(error):
                return
            raise self._translated(error, place) from error

    def close(self) -> None:
        """End threads and connections. Calling it twice is fine."""
        with self._lock:
            regions, self._regions = list(self._regions.values()), {}
        for region in regions:
            region.close()

    def _run(
        self, transfer: TransferContext, submit: Callable[[BaseSubscriber], TransferFuture]
    ) -> Sent | None:
        to, watch = transfer.to, transfer.watch
        place = (to.bucket, to.key)
        with self._lock:
            if place in self._transfers:
                raise UsageError(f"`{to}` is being written by another job", slug="exists")
            self._transfers[place] = transfer
        try:
            future = submit(Follower(transfer))
            _wait_for(transfer, future)
            future.result()  # returns at once: the transfer has ended
        except CancelledError:
            return None
        except (boto.BotoCoreError, boto.ClientError) as error:
            if watch.is_stopped:
                return None
            if transfer.begun is not None and _is_about_parts(error):
                raise _EarlierUploadGoneError from error
            raise self._problem(error, to, transfer) from error
        except OSError as error:
            if watch.is_stopped:
                return None
            raise LocalDiskError(
                f"cannot read `{error.filename}`: {error.strerror}", slug="unreadable"
            ) from error
        finally:
            with self._lock:
                del self._transfers[place]
        return sent_of(transfer.response, transfer.part_etags)

    def _problem(
        self, error: boto.BotoCoreError | boto.ClientError, to: S3Uri, transfer: TransferContext
    ) -> S3NavError:
        if isinstance(error, boto.ClientError):
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 412 and transfer.must_be_absent and error.operation_name in FINAL_CALLS:
                return UsageError(
                    f"`{to}` exists already", remedy="`--overwrite` replaces it", slug="exists"
                )
        problem = self._translated(error, to)
        if isinstance(problem, AccessDeniedError) and problem.reference == "access-denied":
            problem.remedy = "ask the bucket's owner for s3:PutObject, or use another `--profile`"
        return problem

    def _translated(self, error: boto.BotoCoreError | boto.ClientError, place: S3Uri) -> S3NavError:
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
        client = self._client_maker.make(
            region=name,
            # Copies share the client, and send HEADs for their sources at the same time.
            connections=2 * tuning.requests,
        )
        client.meta.events.register("before-parameter-build.s3", self._mark)
        register_handlers(client.meta.events)
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
        """Attach its transfer to a request, and forbid overwriting when asked.

        With ``If-None-Match: *`` S3 refuses to replace an object (user guide, "Conditional
        writes").
        """
        transfer = self._transfers.get((str(params.get("Bucket")), str(params.get("Key"))))
        if transfer is None:
            return
        context[CONTEXT_KEY] = transfer
        if transfer.must_be_absent and getattr(model, "name", "") in FINAL_CALLS:
            params["IfNoneMatch"] = "*"


def _wait_for(transfer: TransferContext, future: TransferFuture) -> None:
    """Wait until a transfer ends; cancel it when its watch is stopped.

    Raises UnavailableError when a cancelled transfer does not end.
    """
    while not transfer.done.wait(POLL_S):
        if transfer.watch.is_stopped:
            future.cancel()
            # The end comes when the parts under way are sent and the upload is aborted.
            if not transfer.done.wait(MAX_END_WAIT_S):
                raise UnavailableError(
                    f"the upload to `{transfer.to}` did not stop in {MAX_END_WAIT_S:.0f} s",
                    slug="stalled",
                )


def _is_gone(error: boto.ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _GONE


def _is_about_parts(error: boto.BotoCoreError | boto.ClientError) -> bool:
    """Whether the earlier upload is gone or S3 refuses its parts."""
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
            # A submitter that waits for a queue slot blocks the others, so each worker has its own.
            max_submission_concurrency=tuning.requests,
            max_submission_queue_size=4 * tuning.requests,
            max_in_memory_upload_chunks=tuning.buffered_parts,
        ),
    )
