"""What a server says unasked on a kept connection is never the response to the next request."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from s3nav.aws.http.connection import Connection, Deadlines
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, HttpRequest, Trust
from tests.support.certificate import write_certificate
from tests.support.scripted_server import HANG, ScriptedServer, answer

PATIENT = Deadlines(connect_s=50, read_s=50, first_answer_s=50)
TIMEOUT_OF_S3 = b"<Error><Code>RequestTimeout</Code><Message>too late</Message></Error>"
CLOSE = "Connection: close"
NOTICES = [
    answer(status="408 Request Time-out", headers=[CLOSE]),
    answer(TIMEOUT_OF_S3, status="400 Bad Request", headers=[CLOSE]),
    answer(b"Bad request", status="400 Bad request", headers=[CLOSE, "Content-Type: text/html"]),
]


@pytest.fixture
def http_client() -> Iterator[HttpClient]:
    made = HttpClient(deadlines=PATIENT, trust=Trust())
    yield made
    made.close()


def send(http_client: HttpClient, server: ScriptedServer, method: str = "GET") -> tuple[int, bytes]:
    """The status and the body of the response."""
    request = HttpRequest(
        endpoint=Endpoint.parse(server.url),
        method=method,
        target="/bucket/key",
        header_lines="host: test\r\n",
    )
    response = http_client.send(request)
    return response.head.status, response.read_text()


@pytest.mark.parametrize("unasked", [*NOTICES, answer(b"a whole answer"), b"x"], ids=repr)
def test_a_connection_on_which_something_arrived_is_replaced(
    http_client: HttpClient, unasked: bytes
) -> None:
    with ScriptedServer([answer(b"one"), HANG], [answer(b"two")]) as server:
        assert send(http_client, server) == (200, b"one")
        server.say(unasked)

        assert send(http_client, server) == (200, b"two")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("notice", NOTICES, ids=repr)
def test_a_notice_that_crosses_a_request_makes_it_go_out_again(
    http_client: HttpClient, notice: bytes, method: str
) -> None:
    with ScriptedServer([answer(b"one"), notice], [answer(b"two")]) as server:
        assert send(http_client, server) == (200, b"one")

        assert send(http_client, server, method)[0] == 200
        assert server.connections == 2


@pytest.mark.parametrize("notice", NOTICES, ids=repr)
def test_a_refusal_on_a_fresh_connection_is_the_response(
    http_client: HttpClient, notice: bytes
) -> None:
    with ScriptedServer([notice], [answer(b"two")]) as server:
        assert send(http_client, server)[0] in {400, 408}
        assert server.connections == 1


def test_a_refusal_that_keeps_the_connection_is_the_response(http_client: HttpClient) -> None:
    refusal = answer(b"<Error><Code>InvalidArgument</Code></Error>", status="400 Bad Request")
    with ScriptedServer([answer(b"one"), refusal], [answer(b"two")]) as server:
        send(http_client, server)

        assert send(http_client, server)[0] == 400
        assert server.connections == 1


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server and of a client that trusts it."""
    file = write_certificate(tmp_path_factory.mktemp("tls"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


@contextlib.contextmanager
def tls_pair(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> Iterator[tuple[Connection, ssl.SSLSocket]]:
    """A connection that has read one byte, and the server's end."""
    ours, theirs = socket.socketpair()
    ends: list[ssl.SSLSocket] = []
    shaking = threading.Thread(
        target=lambda: ends.append(contexts[0].wrap_socket(theirs, server_side=True))
    )
    shaking.start()
    client = contexts[1].wrap_socket(ours, server_hostname="localhost")
    shaking.join()
    with client, ends[0]:
        yield Connection(client, PATIENT), ends[0]


def test_a_session_ticket_does_not_end_a_connection(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with tls_pair(contexts) as (connection, server):
        assert server.version() == "TLSv1.3", "only there tickets follow the handshake"

        assert connection.is_quiet


@pytest.mark.parametrize("is_polled", [False, True])
def test_bytes_over_tls_end_a_connection(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], is_polled: bool
) -> None:
    with tls_pair(contexts) as (connection, server):
        if is_polled:
            connection.poll()
        server.sendall(b"unasked")

        assert not connection.is_quiet


def test_bytes_that_tls_has_decrypted_already_end_a_connection(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with tls_pair(contexts) as (connection, server):
        server.sendall(b"asked, unasked")
        assert connection.receive_into(memoryview(bytearray(5))) == 5

        assert not connection.is_quiet


def test_the_end_of_a_connection_is_noticed_over_tls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    with tls_pair(contexts) as (connection, server):
        server.shutdown(socket.SHUT_RDWR)

        assert not connection.is_quiet
