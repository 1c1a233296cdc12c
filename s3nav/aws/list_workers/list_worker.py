"""The program of a list worker: it requests and parses pages for the process that started it.

    python -m s3nav.aws.list_workers.list_worker

Its standard input is a socket, and it exits when the other end closes. It imports little: neither
botocore nor a front end. It makes no decisions: when S3 refuses a request, the starting process
sends the request again itself and handles the error.
"""

import gc
import os
import pickle
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from msgspec.structs import replace

from s3nav.aws.http import BucketEndpoint, HttpClient, Keys, Requester, Signer
from s3nav.aws.list_workers.messages import (
    READY,
    BucketAccess,
    MessageChannel,
    Reply,
    SentPage,
    WorkerRequest,
    WorkerSetup,
    pickled,
)
from s3nav.aws.s3 import list_keys
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import KeyPage

T = TypeVar("T")
MAX_REQUESTS = 64
"""Requests at a time; no listing sends more to one worker."""
GC_THRESHOLDS = (50_000, 20, 20)
"""As in `s3nav/__main__.py`: nearly every object is freed by its reference count."""


class _FixedKeys:
    """The keys that came with a request; they cannot be renewed here."""

    profile = ""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    def freeze(self) -> Keys | None:
        return self._keys

    def renew(self, refused: bytes) -> bool:
        del refused
        return False


class _FixedEndpoint:
    """The endpoint that came with a request; redirects are left to the starting process."""

    def __init__(self, bucket_endpoint: BucketEndpoint) -> None:
        self._bucket_endpoint = bucket_endpoint

    def of(self, bucket: str | None) -> BucketEndpoint:
        del bucket
        return self._bucket_endpoint

    def learn(self, bucket: str | None, region: str) -> bool:
        del bucket, region
        return False


class ListWorker:
    """Handles requests for pages, many at a time."""

    def __init__(self, setup: WorkerSetup, channel: MessageChannel) -> None:
        self._channel = channel
        self._http_client = HttpClient(deadlines=setup.deadlines, trust=setup.trust)
        self._requesters: _LastDecoded[Requester] = _LastDecoded(self._requester)
        self._digests: _LastDecoded[Callable[[KeyPage], object]] = _LastDecoded(pickle.loads)
        self._threads = ThreadPoolExecutor(MAX_REQUESTS, thread_name_prefix="s3nav-list-worker")

    def submit(self, number: int, message: bytearray) -> None:
        """Start handling a message; returns at once."""
        self._threads.submit(self._respond, number, message)

    def _respond(self, number: int, message: bytearray) -> None:
        try:
            reply = pickled(self._reply(pickle.loads(message)))
        except Exception:  # noqa: BLE001 - the starting process meets it in its own attempt
            reply = pickled(None)
        try:
            self._channel.send(number, reply)
        except OSError:
            os._exit(0)  # the starting process is gone

    def _reply(self, worker_request: WorkerRequest) -> Reply:
        request, access, digest = worker_request
        if digest:
            request = replace(request, digest=self._digests.of(digest))
        begun_s = time.thread_time()
        try:
            page = list_keys(self._requesters.of(access), request)
        except UnavailableError as error:
            return error
        return SentPage.of(page, time.thread_time() - begun_s)

    def _requester(self, access: bytes) -> Requester:
        decoded: BucketAccess = pickle.loads(access)
        bucket_endpoint = BucketEndpoint(
            endpoint=decoded.endpoint,
            path_start=decoded.path_start,
            region=decoded.region,
            signer=Signer(decoded.region),
        )
        return Requester(
            http_client=self._http_client,
            login=_FixedKeys(decoded.keys),
            endpoints=_FixedEndpoint(bucket_endpoint),
        )


class _LastDecoded(Generic[T]):
    """Caches what the last message decoded to: the next message is usually the same."""

    def __init__(self, make: Callable[[bytes], T]) -> None:
        self._make = make
        self._last: tuple[bytes, T] | None = None

    def of(self, message: bytes) -> T:
        """The decoded message; decodes only when it differs from the last."""
        last = self._last
        if last is None or last[0] != message:
            last = self._last = (message, self._make(message))
        return last[1]


def main() -> None:
    """Handle requests until the other end of standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*GC_THRESHOLDS)
    channel = MessageChannel(socket.socket(fileno=0))
    setup_message = channel.receive()
    if setup_message is not None:
        worker = ListWorker(pickle.loads(setup_message[1]), channel)
        channel.send(READY, b"")
        while (message := channel.receive()) is not None:
            worker.submit(*message)
    os._exit(0)  # do not wait for threads that wait for S3


if __name__ == "__main__":
    main()
