"""Requests from a template, heads read by pattern, and pipelined responses matched to requests."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.aws import open_store
from s3nav.aws.http import pipelined_connections
from s3nav.aws.http.response import Shapes, parse_head
from s3nav.aws.http.signing import Keys, Signer, UnsignedRequest, quote_key
from s3nav.aws.s3.request_batch import GetSigner
from s3nav.model.errors import CredentialsError
from s3nav.model.ports.stores import SmallGets
from s3nav.persistence import Directories
from s3nav.settings import Settings
from tests.support.faulty_answers import BUCKET, Stored, head_bytes
from tests.support.faulty_s3 import Fault, FaultyS3
from tests.support.scripted_server import HANG, ScriptedServer, answer

KEYS = Keys(access_key="AKIA", secret_key="secret")
TOKEN = Keys(access_key="ASIA", secret_key="secret", token="to/ken")
CONTENTS = {f"k{n:02}": bytes([n]) * (100 + n) for n in range(40)}


@dataclass
class Wanted:
    bucket: str
    key: str
    size_bytes: int
    etag: str


@pytest.fixture
def pipelined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelined_connections, "SAMPLE_S", -1.0)
    monkeypatch.setattr(pipelined_connections, "LOW_WAIT_SHARE", 2.0)


@contextlib.contextmanager
def opened(url: str, home: Path) -> Iterator[SmallGets[Wanted]]:
    settings = Settings(endpoint_url=url, access_key="key", secret_key="secret", region="us-east-1")
    store = open_store(settings, Directories(config=home, data=home))
    gets: SmallGets[Wanted] | None = store.small_gets(requester_pays=False, waiting=lambda: None)
    assert gets is not None
    with contextlib.closing(gets):
        yield gets
    store.close()


def wanted_of(contents: dict[str, bytes]) -> list[Wanted]:
    return [Wanted(BUCKET, key, len(body), Stored(body).etag) for key, body in contents.items()]


def taken(gets: SmallGets[Wanted]) -> dict[str, bytes]:
    """All objects under way, read by the fast path or the general one."""
    found = {}
    while gets.under_way:
        arrival = gets.next()
        assert arrival.error is None, arrival.error
        if arrival.asked is None:
            found[arrival.wanted.key] = bytes(arrival.content)
            continue
        with arrival.asked.body() as body:
            buffer = bytearray(body.length_bytes)
            assert body.readinto(memoryview(buffer)) == len(buffer)
            found[arrival.wanted.key] = bytes(buffer)
    return found


@given(key=st.text(min_size=1), pays=st.booleans(), keys=st.sampled_from([KEYS, TOKEN, None]))
def test_a_template_signs_as_the_signer_does(key: str, pays: bool, keys: Keys | None) -> None:
    path = f"/{BUCKET}/{quote_key(key)}"
    signer = Signer("eu-central-1", clock=lambda: 1_800_000_000.0)
    payer = [("x-amz-request-payer", "requester")] if pays else []
    request = UnsignedRequest(
        method="GET",
        host="h:1",
        path=path,
        headers=[("x-amz-checksum-mode", "ENABLED"), ("if-match", '"e"'), *payer],
    )
    quick = GetSigner(signer, host="h:1", requester_pays=pays)
    quick.prepare(keys)

    assert sorted(quick.lines(path, "e").split("\r\n")) == sorted(
        signer.header_lines(request, keys).split("\r\n")
    )


@pytest.mark.parametrize("field", ["access_key", "secret_key", "token"])
def test_a_template_refuses_keys_that_would_change_a_header(field: str) -> None:
    keys = Keys(**{"access_key": "A", "secret_key": "s", "token": "t", field: "a\r\nx: y"})
    quick = GetSigner(Signer("eu-central-1"), host="h:1", requester_pays=False)

    with pytest.raises(CredentialsError, match="white space"):
        quick.prepare(keys)


@given(
    values=st.lists(
        st.tuples(st.text(st.characters(codec="latin-1"), max_size=20), st.integers(0, 10**20)),
        max_size=4,
    )
)
def test_a_head_that_matches_a_pattern_is_read_as_the_strict_parser_reads_it(
    values: list[tuple[str, int]],
) -> None:
    shapes = Shapes()
    assert shapes.read(head_bytes(200, {"ETag": '"e"', "Date": "now"}, 5))
    for value, length in values:
        raw = head_bytes(200, {"ETag": value, "Date": value}, length)
        found = shapes.read(raw)
        if found is not None:
            head = parse_head(raw, method="GET")
            assert (head.status, head.is_chunked, head.keeps_alive) == (200, False, True)
            assert found.etag.strip(" \t") == head.headers["etag"]
            assert found.length_bytes == head.length_bytes


@pytest.mark.parametrize(
    "odd",
    [
        b'HTTP/1.1 206 x\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n',
        b"HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n",
        b'HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nETag: "e"\r\n\r\n',
        b'HTTP/1.1 200 x\r\nContent-Length: 5\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n',
        b'HTTP/1.1 200 x\r\nContent-Length: 5\r\nETag: "e"\r\nConnection: close\r\n\r\n',
        b'HTTP/1.0 200 x\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n',
        b'HTTP/1.1 200 x\r\nContent-Length: 5\r\nETag: "e"\r\nBad Name: x\r\n\r\n',
        b'HTTP/1.1 200 x\r\nContent-Length: +5\r\nETag: "e"\r\n\r\n',
    ],
)
def test_an_unusual_head_is_left_to_the_strict_parser(odd: bytes) -> None:
    shapes = Shapes()
    assert shapes.read(b'HTTP/1.1 200 x\r\nContent-Length: 5\r\nETag: "e"\r\n\r\n')
    assert shapes.read(odd) is None
    assert shapes.read(odd) is None


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DRIP], ids=lambda fault: fault.name.lower())
@pytest.mark.usefixtures("pipelined")
def test_pipelined_requests_bring_each_object(tmp_path: Path, fault: Fault) -> None:
    with (
        FaultyS3(plan=lambda _verb, key, _range: fault if key == "k07" else Fault.NONE) as server,
        opened(server.url, tmp_path) as gets,
    ):
        server.put_all(CONTENTS)

        gets.ask(wanted_of(CONTENTS))

        assert taken(gets) == CONTENTS


@pytest.mark.usefixtures("pipelined")
def test_responses_in_the_wrong_order_are_noticed_and_requested_one_by_one(tmp_path: Path) -> None:
    with _disorderly() as (url, connections), opened(url, tmp_path) as gets:
        gets.ask(wanted_of(CONTENTS))

        assert taken(gets) == CONTENTS
        asked_before = len(connections)

        gets.ask(wanted_of(CONTENTS))

        assert taken(gets) == CONTENTS
        assert max(connections[asked_before:]) == 1, "it was not to be done again"


def response_of(key: str) -> bytes:
    head, body = Stored(CONTENTS[key]).answer("", offer_crc=True)
    return head_bytes(200, head, len(body)) + body


def one(key: str) -> list[Wanted]:
    return wanted_of({key: CONTENTS[key]})


def test_an_unasked_response_breaks_its_connection(tmp_path: Path) -> None:
    script = [response_of("k01"), HANG], [response_of("k02")]
    with ScriptedServer(*script) as server, opened(server.url, tmp_path) as gets:
        gets.ask(one("k01"))
        assert taken(gets) == {"k01": CONTENTS["k01"]}
        server.say(response_of("k01"))

        gets.ask(one("k02"))

        assert taken(gets) == {"k02": CONTENTS["k02"]}
        assert server.connections == 2


def test_a_notice_that_crosses_a_request_is_not_its_response(tmp_path: Path) -> None:
    notice = answer(status="408 Request Time-out", headers=["Connection: close"])
    script = [response_of("k01"), notice], [response_of("k02")]
    with ScriptedServer(*script) as server, opened(server.url, tmp_path) as gets:
        gets.ask(one("k01"))
        assert taken(gets) == {"k01": CONTENTS["k01"]}

        gets.ask(one("k02"))

        assert taken(gets) == {"k02": CONTENTS["k02"]}


@contextlib.contextmanager
def _disorderly() -> Iterator[tuple[str, list[int]]]:
    """A server that answers pipelined requests in reverse; records how many came together."""
    together: list[int] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(1 << 20):
                keys = [unquote(k) for k in re.findall(rf"GET /{BUCKET}/(\S+) ", data.decode())]
                together.append(len(keys))
                for key in reversed(keys):
                    head, body = Stored(CONTENTS[key]).answer("", offer_crc=True)
                    connection.sendall(head_bytes(200, head, len(body)) + body)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", together
        listener.shutdown(socket.SHUT_RDWR)
