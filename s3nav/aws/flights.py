"""Follow a transfer through s3transfer and botocore: its progress, its retries, S3's answer."""

import threading
from collections.abc import Mapping

import msgspec
from s3transfer.futures import TransferFuture
from s3transfer.subscribers import BaseSubscriber

from s3nav.model.places import S3Uri
from s3nav.model.ports import SendWatch
from s3nav.model.sending import Sent

FINAL_CALLS = ("PutObject", "CopyObject", "CompleteMultipartUpload")
"""The calls that make an object appear."""
MARK = "s3nav"
_SLOW_DOWN = frozenset({429, 503})


class Flight(msgspec.Struct, kw_only=True):
    """One transfer under way."""

    watch: SendWatch
    to: S3Uri
    must_be_absent: bool
    upload_id: str = ""
    done: threading.Event = msgspec.field(default_factory=threading.Event)
    answer: Mapping[str, object] = msgspec.field(default_factory=dict)


class Follower(BaseSubscriber):
    """Tells a flight what s3transfer does for it."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight

    def on_progress(self, future: TransferFuture, bytes_transferred: int, **_: object) -> None:
        """Some bytes were read for sending; negative when they are read again."""
        self._flight.watch.moved(bytes_transferred)

    def on_done(self, future: TransferFuture, **_: object) -> None:
        """Over, after an upload that failed has been aborted."""
        self._flight.done.set()


def keep_answer(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Keep what S3 says of the object: s3transfer drops it."""
    flight = context.get(MARK)
    if isinstance(flight, Flight) and getattr(http_response, "status_code", 0) < 300:
        flight.answer = parsed


def keep_upload(
    http_response: object, parsed: Mapping[str, object], context: Mapping[str, object], **_: object
) -> None:
    """Note that parts are kept from now on, before the first is sent."""
    flight, upload_id = context.get(MARK), str(parsed.get("UploadId", ""))
    is_good = getattr(http_response, "status_code", 0) < 300
    if isinstance(flight, Flight) and is_good and upload_id:
        flight.upload_id = upload_id
        flight.watch.upload_began(flight.to, upload_id)


def end_upload(http_response: object, context: Mapping[str, object], **_: object) -> None:
    """Note that no parts are kept any more: S3 has made them an object, or dropped them."""
    flight = context.get(MARK)
    is_good = getattr(http_response, "status_code", 0) < 300
    if isinstance(flight, Flight) and is_good and flight.upload_id:
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
    if not isinstance(flight, Flight):
        return
    is_abort = getattr(operation, "name", "") == "AbortMultipartUpload"
    if caught_exception is not None and flight.watch.is_stopped and not is_abort:
        raise caught_exception
    status = getattr(response[0], "status_code", 0) if response else 0
    if caught_exception is not None or status >= 500 or status in _SLOW_DOWN:
        flight.watch.retried(slow_down=status in _SLOW_DOWN)


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
