"""A clerk: a process that reads pages of listings for another one, so that all cores work.

    python -m s3nav.aws.list_workers.list_worker

Its standard input is a socket; it ends when that does. It loads little: neither botocore nor a
face. It decides nothing: what S3 refuses, whoever asked sees again for itself.
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
    Line,
    Question,
    Reply,
    SentPage,
    Way,
    WorkerSetup,
    pickled,
)
from s3nav.aws.s3 import list_keys
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import KeyPage

T = TypeVar("T")
AT_ONCE = 64
"""No listing asks for more at once; others wait."""
FEW_COLLECTIONS = (50_000, 20, 20)


class _GivenKeys:
    """The keys of one question; there are no others."""

    profile = ""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    def freeze(self) -> Keys | None:
        return self._keys

    def renew(self, refused: bytes) -> bool:
        del refused
        return False


class _GivenPlace:
    """The place of one question, whatever S3 says."""

    def __init__(self, place: BucketEndpoint) -> None:
        self._place = place

    def of(self, bucket: str | None) -> BucketEndpoint:
        del bucket
        return self._place

    def learn(self, bucket: str | None, region: str) -> bool:
        del bucket, region
        return False


class ListWorker:
    """Answers questions, many at once."""

    def __init__(self, terms: WorkerSetup, line: Line) -> None:
        self._line = line
        self._wire = HttpClient(deadlines=terms.deadlines, trust=terms.trust)
        self._requesters: _Last[Requester] = _Last(self._requester)
        self._digests: _Last[Callable[[KeyPage], object]] = _Last(pickle.loads)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="s3nav-clerk")

    def take(self, number: int, message: bytearray) -> None:
        """Begin to answer; returns at once."""
        self._threads.submit(self._answer, number, message)

    def _answer(self, number: int, message: bytearray) -> None:
        try:
            reply = pickled(self._reply(pickle.loads(message)))
        except Exception:  # noqa: BLE001 - whoever asked meets it in their own process
            reply = pickled(None)
        try:
            self._line.send(number, reply)
        except OSError:
            os._exit(0)  # nobody listens any more

    def _reply(self, question: Question) -> Reply:
        request, way, digest = question
        if digest:
            request = replace(request, digest=self._digests.of(digest))
        begun_s = time.thread_time()
        try:
            page = list_keys(self._requesters.of(way), request)
        except UnavailableError as error:
            return error
        return SentPage.of(page, time.thread_time() - begun_s)

    def _requester(self, way: bytes) -> Requester:
        told: Way = pickle.loads(way)
        place = BucketEndpoint(
            endpoint=told.endpoint,
            path_start=told.path_start,
            region=told.region,
            signer=Signer(told.region),
        )
        return Requester(
            http_client=self._wire, login=_GivenKeys(told.keys), endpoints=_GivenPlace(place)
        )


class _Last(Generic[T]):
    """What was made of the message that came last: the next is mostly the same."""

    def __init__(self, make: Callable[[bytes], T]) -> None:
        self._make = make
        self._made: tuple[bytes, T] | None = None

    def of(self, message: bytes) -> T:
        """Made anew when the message is another."""
        made = self._made
        if made is None or made[0] != message:
            made = self._made = (message, self._make(message))
        return made[1]


def main() -> None:
    """Answer until the other end of standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*FEW_COLLECTIONS)
    line = Line(socket.socket(fileno=0))
    opening = line.receive()
    if opening is not None:
        clerk = ListWorker(pickle.loads(opening[1]), line)
        line.send(READY, b"")
        while (told := line.receive()) is not None:
            clerk.take(*told)
    os._exit(0)  # its threads may wait for S3: nobody wants their answers


if __name__ == "__main__":
    main()
