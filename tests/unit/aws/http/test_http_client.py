"""The HTTP client against a server that misbehaves on purpose."""

import os
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s3nav.aws.http.connection import Connection, DeadConnectionError, Deadlines
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, HttpRequest, Trust
from s3nav.aws.http.response import Response, read_head
from s3nav.model.errors import UnavailableError
from tests.support.scripted_server import HANG, ScriptedServer, answer

PATIENT = Deadlines(connect_s=50, read_s=50, first_answer_s=50)
"""Long enough for a server that responds on a slow machine."""
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def http_client() -> Iterator[HttpClient]:
    made = HttpClient(deadlines=PATIENT, trust=Trust())
    yield made
    made.close()


@pytest.fixture
def short_deadlines() -> Iterator[HttpClient]:
    made = HttpClient(deadlines=Deadlines(connect_s=50, read_s=0.3), trust=Trust())
    yield made
    made.close()


def send(http_client: HttpClient, server: ScriptedServer, method: str = "GET") -> Response:
    return http_client.send(
        HttpRequest(
            endpoint=Endpoint.parse(server.url),
            method=method,
            target="/bucket/key",
            header_lines="host: test\r\n",
        )
    )


def read(http_client: HttpClient, server: ScriptedServer) -> bytes:
    return send(http_client, server).read_text()


def test_a_closed_port_is_unreachable(http_client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    request = HttpRequest(
        endpoint=Endpoint.parse(f"http://127.0.0.1:{port}"),
        method="GET",
        target="/",
        header_lines="host: test\r\n",
    )

    with pytest.raises(UnavailableError) as caught:
        http_client.send(request)

    assert caught.value.reference == "unreachable"


def test_an_endpoint_that_never_responded_gets_a_shorter_deadline_than_a_slow_one() -> None:
    http_client = HttpClient(
        deadlines=Deadlines(connect_s=50, read_s=1.5, first_answer_s=1.0), trust=Trust()
    )
    with ScriptedServer([HANG], [answer(b"alive")], [HANG]) as server:
        said = []
        for _ in range(3):
            try:
                said.append(read(http_client, server).decode())
            except UnavailableError as error:
                said.append(error.message)
    http_client.close()

    assert said == [
        "the endpoint was silent for 1 s",
        "alive",
        "the endpoint was silent for 1.5 s",
    ]


@pytest.mark.parametrize(
    "said", [HANG, b"HTTP/1.1 200 OK\r\nContent-Le", answer(b"whole")[:-2]], ids=repr
)
def test_silence_ends_at_the_deadline(short_deadlines: HttpClient, said: bytes) -> None:
    script = [said] if said == HANG else [said, HANG]
    with ScriptedServer(script) as server, pytest.raises(UnavailableError) as caught:
        # The script waits for a second request, so the connection stays open in silence.
        read(short_deadlines, server)

    assert caught.value.reference == "stalled"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        answer(b"whole")[:-2],
        CHUNKED.encode(),
        CHUNKED.encode() + b"5\r\nwho",
        CHUNKED.encode() + b"5\r\nwhole\r\n",
        CHUNKED.encode() + b"5\r\nwhole\r\n0\r\n",
    ],
    ids=repr,
)
def test_a_response_that_ends_early_is_truncated(http_client: HttpClient, said: bytes) -> None:
    with ScriptedServer([said]) as server, pytest.raises(UnavailableError) as caught:
        read(http_client, server)

    assert caught.value.reference == "truncated"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        CHUNKED.encode() + b"zz\r\n",
        CHUNKED.encode() + b"\r\n\r\n",
        CHUNKED.encode() + b"-5\r\n",
        CHUNKED.encode() + b"1" * 20 + b"\r\n",
        CHUNKED.encode() + b"1;" + b"x" * 70_000,
        CHUNKED.encode() + b"3\r\nwhole\r\n0\r\n\r\n",
        CHUNKED.encode() + b"0\r\n" + b"t: 1\r\n" * 100,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ],
    ids=lambda said: repr(said[:60]),
)
def test_garbage_is_refused(http_client: HttpClient, said: bytes) -> None:
    with ScriptedServer([said]) as server, pytest.raises(UnavailableError) as caught:
        read(http_client, server)

    assert caught.value.reference == "bad-answer"


def test_a_request_is_not_repeated_when_nothing_comes_back(http_client: HttpClient) -> None:
    with ScriptedServer([], []) as server:
        with pytest.raises(UnavailableError) as caught:
            read(http_client, server)

        assert server.connections == 1
    assert caught.value.reference == "truncated"


def test_plain_http_at_a_tls_endpoint_is_reported(http_client: HttpClient) -> None:
    with ScriptedServer([answer()]) as server:
        request = HttpRequest(
            endpoint=Endpoint.parse(server.url.replace("http", "https")),
            method="GET",
            target="/",
            header_lines="",
        )
        # A TLS hello contains no end of head: the server hangs, or responds with nonsense.
        with pytest.raises(UnavailableError):
            HttpClient(deadlines=Deadlines(connect_s=0.3, read_s=0.3), trust=Trust()).send(request)


def test_requests_follow_each_other_on_one_connection(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one"), answer(b""), answer(b"two")]) as server:
        assert [read(http_client, server) for _ in range(3)] == [b"one", b"", b"two"]
        assert server.connections == 1


def test_a_kept_connection_found_dead_is_replaced_silently(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one")], [answer(b"two")]) as server:
        read(http_client, server)

        assert read(http_client, server) == b"two"
        assert server.connections == 2


def test_a_replacement_that_is_dead_too_is_reported(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one")], []) as server:
        read(http_client, server)

        with pytest.raises(UnavailableError):
            read(http_client, server)
        assert server.connections == 2


def test_a_request_is_not_repeated_when_its_response_breaks_off(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one"), b"HTTP/1.1 2"], [answer(b"two")]) as server:
        read(http_client, server)

        with pytest.raises(UnavailableError):
            read(http_client, server)
        assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        answer(b"one", headers=["Connection: close"]),
        answer(b"one") + b"more than it said",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\none",
        b"HTTP/1.1 200 OK\r\n\r\none",
    ],
    ids=repr,
)
def test_a_connection_that_cannot_serve_again_is_dropped(
    http_client: HttpClient, first: bytes
) -> None:
    script = [[first], [answer(b"two")]]
    with ScriptedServer(*script) as server:
        assert read(http_client, server) == b"one"

        assert read(http_client, server) == b"two"
        assert server.connections == 2


def test_a_half_read_body_drops_its_connection(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one")], [answer(b"two")]) as server:
        half = send(http_client, server)
        half.readinto(memoryview(bytearray(1)))
        half.close()
        half.close()

        assert read(http_client, server) == b"two"
        assert server.connections == 2


@pytest.mark.parametrize("size_bytes", [1, 65_000, 65_536, 400_000])
@pytest.mark.parametrize("buffer_bytes", [1000, 1 << 20])
def test_a_body_fills_the_callers_buffer(
    http_client: HttpClient, size_bytes: int, buffer_bytes: int
) -> None:
    content = os.urandom(size_bytes)
    buffer = memoryview(bytearray(buffer_bytes))
    received = b""
    with ScriptedServer([answer(content)]) as server:
        body = send(http_client, server)
        while count := body.readinto(buffer):
            received += buffer[:count]

    assert received == content


def test_chunks_are_put_together(http_client: HttpClient) -> None:
    large = os.urandom(200_000)
    said = (
        CHUNKED.encode()
        + b"3;name=value\r\none\r\n"
        + f"{len(large):x}\r\n".encode()
        + large
        + b"\r\n0\r\nTrailer: 1\r\n\r\n"
    )
    with ScriptedServer([said, answer(b"two")]) as server:
        assert read(http_client, server) == b"one" + large
        assert read(http_client, server) == b"two"
        assert server.connections == 1


def test_interim_responses_are_skipped(http_client: HttpClient) -> None:
    with ScriptedServer([b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"one")]) as server:
        assert read(http_client, server) == b"one"


def test_a_head_has_no_body(http_client: HttpClient) -> None:
    said = answer(b"")[:-5] + b"7\r\n\r\n"
    with ScriptedServer([said, answer(b"two")]) as server:
        head = send(http_client, server, method="HEAD")

        assert head.read_text() == b""
        assert head.head.headers["content-length"] == "7"
        assert read(http_client, server) == b"two"
        assert server.connections == 1


def test_idle_connections_are_closed_with_the_client(http_client: HttpClient) -> None:
    with ScriptedServer([answer(b"one"), answer(b"two")], [answer(b"three")]) as server:
        read(http_client, server)
        http_client.close()
        http_client.close()

        assert read(http_client, server) == b"three"


def test_a_request_is_sent_as_it_was_written(http_client: HttpClient) -> None:
    with ScriptedServer([answer()]) as server:
        read(http_client, server)

    assert server.requests[0].startswith(b"GET /bucket/key HTTP/1.1\r\nhost: test\r\n")
    assert server.requests[0].endswith(b"accept-encoding: identity\r\n\r\n")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    said=st.binary(max_size=400)
    | st.binary(max_size=200).map(lambda raw: CHUNKED.encode() + raw)
    | st.binary(max_size=200).map(lambda raw: answer(b"", length=False) + raw),
)
def test_arbitrary_responses_never_hang_or_crash(said: bytes) -> None:
    ours, other = socket.socketpair()
    connection = Connection(ours, Deadlines(connect_s=3000, read_s=3000))
    other.sendall(said)
    other.shutdown(socket.SHUT_WR)
    try:
        connection.send(b"GET / HTTP/1.1\r\n\r\n")
        head = read_head(connection, "GET")
        Response(head, connection, lambda kept: kept.close()).read_text()
    except (UnavailableError, DeadConnectionError):
        pass
    finally:
        connection.close()
        other.close()
