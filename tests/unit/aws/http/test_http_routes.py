"""The HTTP client over TLS and through proxies."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from s3nav.aws.http.connection import Deadlines
from s3nav.aws.http.endpoints import Endpoint
from s3nav.aws.http.http_client import HttpClient, HttpRequest, Trust
from s3nav.model.errors import UnavailableError
from tests.support.certificate import write_certificate
from tests.support.scripted_server import HANG, ScriptedServer, answer

Start = Callable[[list[bytes]], str]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key in the same file."""
    return write_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Start]:
    """Starts a TLS server for one connection; one read is taken for one request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def serve(script: list[bytes]) -> None:
        connection, _ = listener.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as channel:
                for said in script:
                    if not channel.recv(65536):
                        return
                    if said == HANG:
                        stopping.wait(300)
                        return
                    channel.sendall(said)
        except OSError:
            connection.close()

    def start(script: list[bytes]) -> str:
        threads.append(threading.Thread(target=serve, args=[script]))
        threads[-1].start()
        return f"https://localhost:{listener.getsockname()[1]}"

    yield start
    stopping.set()
    for thread in threads:
        thread.join()
    listener.close()


def fetch(new_client: HttpClient, url: str) -> bytes:
    request = HttpRequest(
        endpoint=Endpoint.parse(url), method="GET", target="/b/k?x=1", header_lines="host: h\r\n"
    )
    return new_client.send(request).read_text()


def new_client(trust: Trust | None = None, *, read_s: float = 50.0) -> HttpClient:
    deadlines = Deadlines(connect_s=50, read_s=read_s, first_answer_s=50)
    return HttpClient(deadlines=deadlines, trust=trust or Trust())


def test_a_self_signed_certificate_is_refused(tls_server: Start) -> None:
    with pytest.raises(UnavailableError) as caught:
        fetch(new_client(), tls_server([answer()]))

    assert caught.value.reference == "tls"
    assert "--ca-bundle" in caught.value.remedy


def test_silence_over_tls_ends_at_the_deadline(tls_server: Start, certificate: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        fetch(new_client(Trust(ca_bundle=str(certificate)), read_s=0.5), tls_server([HANG]))

    assert caught.value.reference == "stalled"


@pytest.mark.parametrize("verify", [True, False])
def test_large_responses_arrive_over_tls_on_one_connection(
    tls_server: Start, certificate: Path, verify: bool
) -> None:
    trusting = new_client(Trust(verify=verify, ca_bundle=str(certificate) if verify else None))
    url = tls_server([answer(b"x" * 300_000), answer(b"two")])

    assert fetch(trusting, url) == b"x" * 300_000
    assert fetch(trusting, url) == b"two"
    trusting.close()


def test_a_bundle_that_cannot_be_read_is_reported(tls_server: Start, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        fetch(new_client(Trust(ca_bundle=str(tmp_path / "none.pem"))), "https://127.0.0.1:1")

    assert caught.value.reference == "bad-ca-bundle"


def test_plain_http_goes_through_a_proxy_with_the_whole_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ScriptedServer([answer(b"one")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:pw@"))
        through = new_client()

        assert fetch(through, "http://s3.example:9000") == b"one"
        through.close()

    (sent,) = proxy.requests
    assert sent.startswith(b"GET http://s3.example:9000/b/k?x=1 HTTP/1.1\r\nhost: h\r\n")
    assert b"proxy-authorization: Basic bWU6cHc=\r\n" in sent


def test_https_asks_the_proxy_for_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([answer(status="407 Proxy Authentication Required")]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)

        with pytest.raises(UnavailableError) as caught:
            fetch(new_client(), "https://s3.example")

    assert caught.value.reference == "proxy-refused"
    assert proxy.requests[0].startswith(b"CONNECT s3.example:443 HTTP/1.1\r\n")
