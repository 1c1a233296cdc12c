"""The state of one transfer, and the botocore event handlers that read and change it.

A handler of ``before-call`` that returns a response replaces the request. That is how a resumed
upload skips CreateMultipartUpload and the parts S3 keeps already, and how a paused one keeps its
parts instead of aborting. Requests carry their `TransferContext` in botocore's own context
dictionary, under `CONTEXT_KEY`.
"""

import threading
from collections.abc import Callable, Mapping
from typing import cast

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.hooks import BaseEventHooks
from s3transfer.futures import TransferFuture
from s3transfer.subscribers import BaseSubscriber

from s3nav.aws.http import readable_xml, why_unsafe
from s3nav.aws.writes.sent_parts import SentBody, check_part, md5_etag, whole_etag
from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.model.writes import BegunPut, Sent

FINAL_CALLS = ("PutObject", "CopyObject", "CompleteMultipartUpload")
"""The calls after which the object exists."""
CONTEXT_KEY = "s3nav"
PART_KEY, BODY_KEY, RESUMED_KEY = "s3nav-part", "s3nav-body", "s3nav-resumed"
KEPT_KEY = "s3nav-kept"
FakeResponse = tuple[AWSResponse, dict[str, object]]
_SLOW_DOWN = frozenset({429, 503})
_NO_XML = b"<"
"""In place of a document that is an attack: botocore refuses it as it refuses half a document."""


class TransferContext(msgspec.Struct, kw_only=True):
    """One running transfer."""

    watch: WriteWatch
    to: S3Uri
    must_be_absent: bool
    begun: BegunPut | None = None
    """The earlier upload that this one resumes."""
    can_resume: bool = False
    """A later transfer may resume this one, so its parts may be kept."""
    upload_id: str = ""
    moved_bytes: int = 0
    done: threading.Event = msgspec.field(default_factory=threading.Event)
    response: Mapping[str, object] = msgspec.field(default_factory=dict)
    part_etags: dict[int, str] = msgspec.field(default_factory=dict)
    """MD5 of each part by its number; empty for one whose ETag is none."""

    def move(self, count_bytes: int) -> None:
        """Count bytes handed to S3; negative when they will be sent again."""
        self.moved_bytes += count_bytes
        self.watch.moved(count_bytes)


class Follower(BaseSubscriber):
    """Passes s3transfer's notifications to a transfer."""

    def __init__(self, transfer: TransferContext) -> None:
        self._transfer = transfer

    def on_progress(self, future: TransferFuture, bytes_transferred: int, **_: object) -> None:
        """Bytes were read for sending; negative when they will be read again."""
        self._transfer.move(bytes_transferred)

    def on_done(self, future: TransferFuture, **_: object) -> None:
        """The transfer has ended, and a failed upload has been aborted."""
        self._transfer.done.set()


def keep_response(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Keep S3's response about the object, which s3transfer drops."""
    transfer = context.get(CONTEXT_KEY)
    if isinstance(transfer, TransferContext) and getattr(http_response, "status_code", 0) < 300:
        transfer.response = parsed


def keep_upload(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Report a new multipart upload before its first part is sent."""
    transfer, upload_id = context.get(CONTEXT_KEY), str(parsed.get("UploadId", ""))
    is_good = getattr(http_response, "status_code", 0) < 300
    if isinstance(transfer, TransferContext) and is_good and upload_id:
        transfer.upload_id = upload_id
        transfer.watch.upload_began(transfer.to, upload_id)


def resume_upload(context: Mapping[str, object], **_: object) -> FakeResponse | None:
    """Replace CreateMultipartUpload when an earlier upload is resumed."""
    transfer = context.get(CONTEXT_KEY)
    if not isinstance(transfer, TransferContext) or transfer.begun is None:
        return None
    return _fake_response(200, {"UploadId": transfer.begun.upload_id})


def note_part(params: Mapping[str, object], context: dict[str, object], **_: object) -> None:
    """Remember the part of a request: later events do not contain it."""
    context[PART_KEY], context[BODY_KEY] = params.get("PartNumber"), params.get("Body")


def check_part_response(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Compare the answer about a part with its bytes. Raises IntegrityError: the upload fails."""
    transfer, number = context.get(CONTEXT_KEY), context.get(PART_KEY)
    is_good = getattr(http_response, "status_code", 0) < 300
    if not (isinstance(transfer, TransferContext) and is_good and isinstance(number, int)):
        return
    if RESUMED_KEY not in context:
        check_part(cast("SentBody", context[BODY_KEY]), number, transfer.to, parsed)
    transfer.part_etags[number] = md5_etag(parsed)


def keep_copied_part(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Keep the ETag of a part that S3 copied."""
    transfer, number = context.get(CONTEXT_KEY), context.get(PART_KEY)
    copied = parsed.get("CopyPartResult")
    if isinstance(transfer, TransferContext) and isinstance(number, int):
        facts = {**parsed, **copied} if isinstance(copied, dict) else parsed
        transfer.part_etags[number] = md5_etag(facts)


def resumed_part(context: dict[str, object], **_: object) -> FakeResponse | None:
    """Replace UploadPart when S3 keeps the part already; its bytes are not read."""
    transfer = context.get(CONTEXT_KEY)
    if not isinstance(transfer, TransferContext) or transfer.begun is None:
        return None
    part = next((one for one in transfer.begun.parts if one.number == context.get(PART_KEY)), None)
    if part is None:
        return None
    transfer.move(part.size_bytes)
    context[RESUMED_KEY] = True
    sums = {f"Checksum{name}": value for name, value in part.checksums.items()}
    return _fake_response(200, {"ETag": f'"{part.etag}"', **sums})


def resumed_abort(context: dict[str, object], **_: object) -> FakeResponse | None:
    """Replace AbortMultipartUpload when the upload is only paused."""
    transfer = context.get(CONTEXT_KEY)
    is_kept = (
        isinstance(transfer, TransferContext) and transfer.can_resume and transfer.watch.keeps_parts
    )
    if not is_kept:
        return None
    context[KEPT_KEY] = True
    return _fake_response(204, {})


def _fake_response(status: int, parsed: dict[str, object]) -> FakeResponse:
    """A response for a call that is not sent."""
    return AWSResponse("", status, HTTPHeaders(), None), parsed


def end_upload(http_response: object, context: Mapping[str, object], **_: object) -> None:
    """Report the end of a multipart upload: S3 has completed it or dropped its parts."""
    transfer = context.get(CONTEXT_KEY)
    is_good = getattr(http_response, "status_code", 0) < 300
    if (
        isinstance(transfer, TransferContext)
        and is_good
        and transfer.upload_id
        and not context.get(KEPT_KEY)
    ):
        transfer.watch.upload_ended(transfer.upload_id)


def make_readable(response_dict: dict[str, object], **_: object) -> None:
    """Let botocore parse a response that names a key with control characters."""
    body = response_dict.get("body")
    if isinstance(body, bytes):
        response_dict["body"] = _NO_XML if why_unsafe(body) else readable_xml(body)


def notice_retry(
    response: tuple[object, object] | None,
    operation: object,
    caught_exception: BaseException | None,
    request_dict: Mapping[str, Mapping[str, object]],
    **_: object,
) -> None:
    """Report retries to the watch, and end them once the transfer is stopped."""
    transfer = request_dict.get("context", {}).get(CONTEXT_KEY)
    if not isinstance(transfer, TransferContext):
        return
    is_abort = getattr(operation, "name", "") == "AbortMultipartUpload"
    if caught_exception is not None and transfer.watch.is_stopped and not is_abort:
        raise caught_exception
    status = getattr(response[0], "status_code", 0) if response else 0
    if caught_exception is not None or status >= 500 or status in _SLOW_DOWN:
        transfer.watch.retried(slow_down=status in _SLOW_DOWN)


def register_handlers(events: BaseEventHooks) -> None:
    """Register all handlers of this file with the events of a client."""
    for call in FINAL_CALLS:
        events.register(f"after-call.s3.{call}", keep_response)
    replaced_calls: dict[str, Callable[..., object]] = {
        "CreateMultipartUpload": resume_upload,
        "UploadPart": resumed_part,
        "AbortMultipartUpload": resumed_abort,
    }
    for call, response in replaced_calls.items():
        # botocore takes what this handler returns as the response; the stubs do not say so.
        events.register(f"before-call.s3.{call}", response)  # type: ignore[arg-type]
    events.register("after-call.s3.CreateMultipartUpload", keep_upload)
    for call, handler in (
        ("UploadPart", check_part_response),
        ("UploadPartCopy", keep_copied_part),
    ):
        events.register(f"before-parameter-build.s3.{call}", note_part)
        events.register(f"after-call.s3.{call}", handler)
    for call in ("CompleteMultipartUpload", "AbortMultipartUpload"):
        events.register(f"after-call.s3.{call}", end_upload)
    events.register_first("needs-retry.s3", notice_retry)
    # Handlers of `*` come before those of a name: botocore's for `before-parse.s3.*` takes a
    # document that it cannot parse for a failure of S3, and begins another upload.
    events.register_first("before-parse.*.*", make_readable)


def sent_of(response: Mapping[str, object], part_etags: Mapping[int, str]) -> Sent:
    """The facts about the written object in a response."""
    copied = response.get("CopyObjectResult")
    facts = {**response, **copied} if isinstance(copied, dict) else response
    start = "Checksum"
    return Sent(
        etag=str(facts.get("ETag", "")).strip('"'),
        checksums={
            name.removeprefix(start): str(value)
            for name, value in facts.items()
            if name.startswith(start) and name != "ChecksumType"
        },
        checksum_type=str(facts.get("ChecksumType", "")),
        encryption=str(facts.get("ServerSideEncryption", "")),
        parts_etag=whole_etag(part_etags),
    )
