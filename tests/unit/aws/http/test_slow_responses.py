"""A response that only drips is given up, and one that is slow for our own reasons is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.aws import open_store
from s3nav.aws.http import speed
from s3nav.aws.http.connection import Deadlines
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, HttpRequest, Trust
from s3nav.aws.http.speed import LEAST_BYTES, LONGEST_SILENCE_S, WINDOW_S, SpeedWatch
from s3nav.model.errors import UnavailableError
from s3nav.model.objects import ListRequest
from s3nav.model.ports.stores import ObjectStore, SmallGets
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.dripping_server import DrippingServer

LATE = Deadlines(connect_s=3000, read_s=3000, first_answer_s=3000)
"""Silence alone never ends a test."""
WITH_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ETAG = "0123456789abcdef0123456789abcdef"


def test_a_byte_every_three_seconds_is_too_slow_after_a_fast_beginning() -> None:
    watch = SpeedWatch(set())
    watch.count(64 * 1024, 0.2)

    seconds = 0
    while not watch.is_too_slow:
        watch.count(1, 3.0)
        seconds += 3

    assert WINDOW_S <= seconds <= WINDOW_S + 6


def test_the_least_speed_is_not_too_slow() -> None:
    watch = SpeedWatch(set())

    for _ in range(100):
        watch.count(int(LEAST_BYTES / WINDOW_S) + 1, 1.0)
        assert not watch.is_too_slow


def test_time_that_is_not_waited_does_not_count() -> None:
    watch = SpeedWatch(set())

    for _ in range(100_000):
        watch.count(1, 0.0)

    assert not watch.is_too_slow


def test_a_silence_is_left_to_the_read_timeout() -> None:
    watch = SpeedWatch(set())

    watch.count(1, 10 * WINDOW_S)

    assert not watch.is_too_slow
    for _ in range(int(WINDOW_S / LONGEST_SILENCE_S)):
        watch.count(1, 10 * WINDOW_S)
    assert watch.is_too_slow


def test_responses_that_share_a_slow_line_are_not_too_slow() -> None:
    line: set[SpeedWatch] = set()
    watches = [SpeedWatch(line) for _ in range(32)]

    for _ in range(50):
        for watch in watches:
            watch.count(LEAST_BYTES // 600, 1.0)

    assert not any(watch.is_too_slow for watch in watches)
    for ended in watches[1:]:
        ended.end()
    for _ in range(int(WINDOW_S)):
        watches[0].count(LEAST_BYTES // 600, 1.0)
    assert watches[0].is_too_slow


def test_responses_that_all_drip_are_all_too_slow() -> None:
    line: set[SpeedWatch] = set()
    watches = [SpeedWatch(line) for _ in range(256)]

    for watch in watches:
        for _ in range(int(WINDOW_S / 3) + 1):
            watch.count(1, 3.0)

    assert all(watch.is_too_slow for watch in watches)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is fast enough, and that is seen soon."""
    monkeypatch.setattr(speed, "WINDOW_S", 0.2)
    monkeypatch.setattr(speed, "SAMPLE_S", 0.05)
    monkeypatch.setattr(speed, "LEAST_BYTES", 1 << 40)
    monkeypatch.setattr("s3nav.aws.http.connection.SLOW_READ_S", 0.0)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (WITH_LENGTH + b"x" * 70_000, b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"fffff\r\n", b"x"),
        (CHUNKED + b"1;", b"x"),
        (CHUNKED + b"0\r\n", b"x"),
    ],
    ids=["length", "to the end", "chunks", "one chunk", "length of a chunk", "trailer"],
)
def test_a_body_that_drips_is_given_up(start: bytes, drop: bytes) -> None:
    http_client = HttpClient(deadlines=LATE, trust=Trust())
    with DrippingServer(start, drop) as server:
        request = HttpRequest(
            endpoint=Endpoint.parse(server.url), method="GET", target="/", header_lines=""
        )
        response = http_client.send(request)

        with pytest.raises(UnavailableError) as caught:
            response.read_text()

    assert caught.value.reference == "too-slow"
    http_client.close()


def opened(server: DrippingServer, home: Path) -> ObjectStore:
    settings = Settings(
        endpoint_url=server.url,
        access_key="key",
        secret_key="secret",
        connect_timeout_s=3000,
        read_timeout_s=3000,
    )
    return open_store(settings, Directories(config=home, data=home))


class Small:
    bucket = "b"
    key = "k"
    size_bytes = 100_000
    etag = ETAG


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX: ",
        b'HTTP/1.1 200 OK\r\nETag: "%b"\r\nContent-Length: 100000\r\n\r\nx' % ETAG.encode(),
    ],
    ids=["head", "body"],
)
def test_a_small_object_that_drips_is_given_up(tmp_path: Path, start: bytes) -> None:
    with DrippingServer(start, b"x") as server:
        store = opened(server, tmp_path)
        gets: SmallGets[Small] | None = store.small_gets(requester_pays=False, waiting=lambda: None)
        assert gets is not None
        gets.ask([Small()])

        error = gets.next().error

        gets.close()
        store.close()
    assert error is not None
    assert error.reference == "too-slow"


@pytest.mark.usefixtures("soon")
def test_a_page_that_drips_is_given_up(tmp_path: Path) -> None:
    with DrippingServer(WITH_LENGTH + b"<ListBucketResult>", b" ") as server:
        store = opened(server, tmp_path)

        with pytest.raises(UnavailableError) as caught:
            store.list_keys(ListRequest(bucket="b"))

        store.close()
    assert caught.value.reference == "too-slow"


@pytest.fixture
def short_reads() -> Iterator[HttpClient]:
    made = HttpClient(deadlines=Deadlines(connect_s=50, read_s=0.3), trust=Trust())
    yield made
    made.close()


def test_a_head_that_drips_is_given_up_at_the_read_timeout(short_reads: HttpClient) -> None:
    with DrippingServer(b"HTTP/1.1 200 OK\r\nX: ", b"x") as server:
        request = HttpRequest(
            endpoint=Endpoint.parse(server.url), method="HEAD", target="/", header_lines=""
        )
        with pytest.raises(UnavailableError) as caught:
            short_reads.send(request)

    assert caught.value.reference == "stalled"
