"""A price list on loopback: ETag, 304, Range, and every way in which the real one fails."""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PUBLISHED = 1_777_000_000
Fault = Callable[["Asked"], "Answer | None"]


@dataclass(frozen=True)
class Answer:
    """In place of what the server would say."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    send_bytes: int | None = None
    """Cut the body off after this number of bytes, and close."""
    length: bool = True
    """False: no Content-Length; the end of the connection is the end of the body."""
    halfway: Callable[[], None] | None = None
    """Called when half of the body is sent."""


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    at_once: int
    """How many requests were under way, this one included."""


class PriceList:
    """Serves `files`; `faults` are asked first, and take part or not."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.faults: list[Fault] = []
        self.asked: list[Asked] = []
        self.body_bytes = 0
        self.head_bytes = 0
        """Of the answers: what travels even when nothing changed."""
        self.statuses: list[int] = []
        self.most_at_once = 0
        self.latency_s = 0.0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="price-list"
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/offers/v1.0/aws"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self) -> None:
        """Count from here."""
        self.asked, self.statuses, self.most_at_once = [], [], 0
        self.body_bytes = self.head_bytes = 0

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            asked = Asked(path, headers, self._at_once)
            self.asked.append(asked)
        time.sleep(self.latency_s)
        for fault in self.faults:
            if (instead := fault(asked)) is not None:
                return instead
        return self.honest(path, headers)

    def ended(self, status: int, head_bytes: int, body_bytes: int) -> None:
        with self._lock:
            self._at_once -= 1
            self.statuses.append(status)
            self.head_bytes += head_bytes
            self.body_bytes += body_bytes

    def honest(self, path: str, headers: dict[str, str]) -> Answer:
        """What a server without faults says."""
        body = self.files.get(path)
        if body is None:
            return Answer(404, b"<html>no such key</html>")
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        facts = {
            "ETag": etag,
            "Last-Modified": formatdate(PUBLISHED, usegmt=True),
            "Accept-Ranges": "bytes",
            "Content-Type": "application/octet-stream",
        }
        if headers.get("if-none-match") == etag:
            return Answer(304, b"", facts)
        span = headers.get("range", "")
        if span and headers.get("if-range") in {etag, facts["Last-Modified"]}:
            start = int(span.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return Answer(416, b"", facts)
            facts["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            return Answer(206, body[start:], facts)
        return Answer(200, body, facts)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = server.answer(self.path, headers)
                sent = 0, 0
                try:
                    sent = self._send(answer)
                except OSError:
                    self.close_connection = True
                finally:
                    server.ended(answer.status, *sent)

            def _send(self, answer: Answer) -> tuple[int, int]:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.length and answer.status != 304:
                    self.send_header("Content-Length", str(len(answer.body)))
                cut = answer.send_bytes is not None or not answer.length
                if cut:
                    self.send_header("Connection", "close")
                    self.close_connection = True
                lines: list[bytes] = vars(self)["_headers_buffer"]
                head_bytes = len(b"".join(lines)) + len(b"\r\n")
                self.end_headers()
                body = answer.body[: answer.send_bytes]
                half = len(body) // 2 if answer.halfway else 0
                self.wfile.write(body[:half])
                if answer.halfway:
                    answer.halfway()
                self.wfile.write(body[half:])
                self.wfile.flush()
                return head_bytes, len(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        return Handler


def first(times: int, answer: Answer, *, path: str = "") -> Fault:
    """Give `answer` to the first requests whose path contains `path`."""
    left = [times]
    lock = threading.Lock()

    def fault(asked: Asked) -> Answer | None:
        with lock:
            if path not in asked.path or left[0] <= 0:
                return None
            left[0] -= 1
            return answer

    return fault


def crowded(most: int, status: int = 403) -> Fault:
    """Refuse a request while `most` are under way, as the real list does."""
    return lambda asked: Answer(status, b"denied") if asked.at_once > most else None
