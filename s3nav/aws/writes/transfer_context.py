"""Follow a transfer through s3transfer and botocore: its progress, its retries, S3's answer."""

import threading
from collections.abc import Callable, Mapping

import msgspec
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.hooks import BaseEventHooks
from s3transfer.futures import TransferFuture
from s3transfer.subscribers import BaseSubscriber

from s3nav.model.places import S3Uri
from s3nav.model.ports.stores import WriteWatch
from s3nav.model.writes import BegunPut, Sent

FINAL_CALLS = ("PutObject", "CopyObject", "CompleteMultipartUpload")
"""The calls that make an object appear."""
MARK = "s3nav"
PART = "s3nav-part"
KEPT = "s3nav-kept"
Answer = tuple[AWSResponse, dict[str, object]]
_SLOW_DOWN = frozenset({429, 503})


class TransferContext(msgspec.Struct, kw_only=True):
    """One transfer under way."""

    watch: WriteWatch
    to: S3Uri
    must_be_absent: bool
    begun: BegunPut | None = None
    """An earlier upload that this one goes on with."""
    can_resume: bool = False
    """Its parts may be of use to a later one."""
    upload_id: str = ""
    moved_bytes: int = 0
    done: threading.Event = msgspec.field(default_factory=threading.Event)
    answer: Mapping[str, object] = msgspec.field(default_factory=dict)

    def move(self, count_bytes: int) -> None:
        """Bytes handed over, or taken back."""
        self.moved_bytes += count_bytes
        self.watch.moved(count_bytes)


class Follower(BaseSubscriber):
    """Tells a flight what s3transfer does for it."""

    def __init__(self, flight: TransferContext) -> None:
        self._flight = flight

    def on_progress(self, future: TransferFuture, bytes_transferred: int, **_: object) -> None:
        """Some bytes were read for sending; negative when they are read again."""
        self._flight.move(bytes_transferred)

    def on_done(self, future: TransferFuture, **_: object) -> None:
        """Over, after an upload that failed has been aborted."""
        self._flight.done.set()


def keep_answer(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Keep what S3 says of the object: s3transfer drops it."""
    flight = context.get(MARK)
    if isinstance(flight, TransferContext) and getattr(http_response, "status_code", 0) < 300:
        flight.answer = parsed


def keep_upload(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Note that parts are kept from now on, before the first is sent."""
    flight, upload_id = context.get(MARK), str(parsed.get("UploadId", ""))
    is_good = getattr(http_response, "status_code", 0) < 300
    if isinstance(flight, TransferContext) and is_good and upload_id:
        flight.upload_id = upload_id
        flight.watch.upload_began(flight.to, upload_id)


def go_on(context: Mapping[str, object], **_: object) -> Answer | None:
    """Begin no upload when there is one to go on with."""
    flight = context.get(MARK)
    if not isinstance(flight, TransferContext) or flight.begun is None:
        return None
    return _answer(200, {"UploadId": flight.begun.upload_id})


def note_part(params: Mapping[str, object], context: dict[str, object], **_: object) -> None:
    """Remember which part a request is about: later events do not tell."""
    context[PART] = params.get("PartNumber")


def resumed_part(context: Mapping[str, object], **_: object) -> Answer | None:
    """Answer for S3 when it keeps the part already; its bytes are not even read."""
    flight = context.get(MARK)
    if not isinstance(flight, TransferContext) or flight.begun is None:
        return None
    part = next((one for one in flight.begun.parts if one.number == context.get(PART)), None)
    if part is None:
        return None
    flight.move(part.size_bytes)
    sums = {f"Checksum{name}": value for name, value in part.checksums.items()}
    return _answer(200, {"ETag": f'"{part.etag}"', **sums})


def resumed_abort(context: dict[str, object], **_: object) -> Answer | None:
    """Keep the parts of an upload that is only paused."""
    flight = context.get(MARK)
    is_kept = isinstance(flight, TransferContext) and flight.can_resume and flight.watch.keeps_parts
    if not is_kept:
        return None
    context[KEPT] = True
    return _answer(204, {})


def _answer(status: int, parsed: dict[str, object]) -> Answer:
    """What a call gives back instead of asking S3."""
    return AWSResponse("", status, HTTPHeaders(), None), parsed


def end_upload(http_response: object, context: Mapping[str, object], **_: object) -> None:
    """Note that no parts are kept any more: S3 has made them an object, or dropped them."""
    flight = context.get(MARK)
    is_good = getattr(http_response, "status_code", 0) < 300
    if (
        isinstance(flight, TransferContext)
        and is_good
        and flight.upload_id
        and not context.get(KEPT)
    ):
        flight.watch.upload_ended(flight.upload_id)


def notice_retry(
    response: tuple[object, object] | None,
    operation: object,
    caught_exception: BaseException | None,
    request_dict: Mapping[str, Mapping[str, object]],
    **_: object,
) -> None:
    """Count retries; end them when the flight is stopped, which botocore cannot know."""
    flight = request_dict.get("context", {}).get(MARK)
    if not isinstance(flight, TransferContext):
        return
    is_abort = getattr(operation, "name", "") == "AbortMultipartUpload"
    if caught_exception is not None and flight.watch.is_stopped and not is_abort:
        raise caught_exception
    status = getattr(response[0], "status_code", 0) if response else 0
    if caught_exception is not None or status >= 500 or status in _SLOW_DOWN:
        flight.watch.retried(slow_down=status in _SLOW_DOWN)


def follow(events: BaseEventHooks) -> None:
    """Hear of every call of a client; requests are tied to flights by `MARK` in their context."""
    for call in FINAL_CALLS:
        events.register(f"after-call.s3.{call}", keep_answer)
    spared: dict[str, Callable[..., object]] = {
        "CreateMultipartUpload": go_on,
        "UploadPart": resumed_part,
        "AbortMultipartUpload": resumed_abort,
    }
    for call, answer in spared.items():
        # What such a handler returns is taken for the answer; the stubs do not know.
        events.register(f"before-call.s3.{call}", answer)  # type: ignore[arg-type]
    events.register("after-call.s3.CreateMultipartUpload", keep_upload)
    events.register("before-parameter-build.s3.UploadPart", note_part)
    for call in ("CompleteMultipartUpload", "AbortMultipartUpload"):
        events.register(f"after-call.s3.{call}", end_upload)
    events.register_first("needs-retry.s3", notice_retry)


def sent_of(answer: Mapping[str, object]) -> Sent:
    """What an answer says of the object."""
    copied = answer.get("CopyObjectResult")
    facts = {**answer, **copied} if isinstance(copied, dict) else answer
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
    )
