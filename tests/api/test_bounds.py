"""Clients that send too much or too slowly are refused, and cost little."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from s3nav.api import bounds, create_app
from s3nav.api.bounds import MAX_BODY_BYTES
from s3nav.api.serving import config_of
from s3nav.scrape import Scrapes
from tests.support.waiting import eventually

DEADLINE_S = 60.0
HEAD = b"POST /api/scrapes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WHOLE = b"GET /api/stats HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


@pytest.fixture
def server(scrapes: Scrapes) -> uvicorn.Server:
    return uvicorn.Server(config_of(create_app(scrapes, token=None)))


@pytest.fixture
def address(server: uvicorn.Server) -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listener],), name="served")
    thread.start()
    try:
        yield listener.getsockname()[:2]
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        listener.close()


@contextlib.contextmanager
def client(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, DEADLINE_S) as opened:
        yield opened


def answer(opened: socket.socket) -> bytes:
    """All that comes until the connection is closed."""
    got = b""
    with contextlib.suppress(ConnectionError):
        while piece := opened.recv(65536):
            got += piece
    return got


def test_a_chunked_body_is_counted_as_it_comes(address: tuple[str, int]) -> None:
    sent, got = 0, b""
    with client(address) as opened:
        opened.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while sent < 64 * MAX_BODY_BYTES:
                opened.sendall(CHUNK)
                sent += len(CHUNK)
        got = answer(opened)

    assert sent < 64 * MAX_BODY_BYTES
    assert got == b"" or b" 413 " in got


def test_a_chunked_body_that_is_small_is_read(address: tuple[str, int]) -> None:
    with client(address) as opened:
        opened.sendall(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        opened.sendall(b'd\r\n{"unknown":1}\r\n0\r\n\r\n')

        assert b" 422 " in answer(opened)


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10 * MAX_BODY_BYTES])
def test_the_answer_to_a_body_too_large_is_413(address: tuple[str, int], size: int) -> None:
    with client(address) as opened:
        opened.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        opened.sendall(f"{size:x}\r\n".encode() + b" " * (MAX_BODY_BYTES + 1))
        got = answer(opened)

    assert b" 413 " in got
    assert b"urn:s3nav:problem:too-large" in got


@pytest.mark.parametrize("begun", [b"", b"GET /api/st", b"GET /api/stats HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(
    address: tuple[str, int], begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HEAD_S", 0.1)

    with client(address) as opened:
        opened.sendall(begun)

        assert answer(opened) == b""


def test_the_head_of_a_later_request_must_come_too(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(address) as opened:
        monkeypatch.setattr(bounds, "HEAD_S", DEADLINE_S)
        opened.sendall(WHOLE)
        assert b" 200 " in opened.recv(65536)
        monkeypatch.setattr(bounds, "HEAD_S", 0.1)
        opened.sendall(WHOLE + b"GET /api/st")  # what is left waits from the second answer on

        assert b" 200 " in answer(opened)


def test_a_body_that_does_not_come_is_408(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "BODY_S", 0.1)

    with client(address) as opened:
        opened.sendall(HEAD + b"Content-Length: 100\r\nConnection: close\r\n\r\n{")

        assert b" 408 " in answer(opened)


def test_a_client_that_takes_nothing_is_left(
    address: tuple[str, int], server: uvicorn.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "SEND_S", 0.1)
    with client(address) as opened:
        opened.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 8000)
        assert opened.recv(1, socket.MSG_PEEK)  # the first answer comes; none is taken

        eventually(lambda: not server.server_state.connections)


HANGS = """
import signal, threading
import uvicorn
from s3nav.api import serving

async def nothing(scope, receive, send):
    pass

serving.END_S = 0.1
serving._Server(serving.config_of(nothing)).handle_exit(signal.SIGTERM, None)
threading.Event().wait(600)
"""


def test_a_signal_ends_the_process_whatever_hangs() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, check=False)

    assert (ended.returncode, ended.stderr) == (130, b"")


def test_what_limits_answer_is_documented(scrapes: Scrapes) -> None:
    paths = create_app(scrapes, token=None).openapi()["paths"]

    for methods in paths.values():
        for operation in methods.values():
            assert {"408", "413", "422", "503"} <= set(operation["responses"])
