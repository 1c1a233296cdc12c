"""An S3 that takes uploads in parts, and can give wrong answers about them."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

Headers = dict[str, str]
MADE = (
    "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>U</UploadId>"
    "</InitiateMultipartUploadResult>"
)


class PartStore:
    """One object in parts; use it as a context."""

    def __init__(self) -> None:
        self.part_headers: dict[int, Headers] = {}
        """What is said of a part beside or in place of its MD5."""
        self.is_damaging = False
        """Change a byte of each part before it is kept."""
        self.etag = ""
        """Said of the whole in place of the MD5 of MD5s."""
        self.parts: dict[int, bytes] = {}
        self.calls: list[str] = []

    def __enter__(self) -> Self:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                self._read()
                query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
                store.calls.append("begin" if "uploads" in query else "complete")
                self._say(200, MADE if "uploads" in query else store.completed())

            def do_PUT(self) -> None:
                query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
                store.calls.append("part")
                self._say(200, headers=store.keep(int(query["partNumber"][0]), self._read()))

            def do_DELETE(self) -> None:
                store.calls.append("abort")
                self._say(204)

            def _read(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))

            def _say(self, status: int, body: str = "", headers: Headers | None = None) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="part-store")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def keep(self, number: int, content: bytes) -> Headers:
        """Keep a part, and return the headers of its answer."""
        if self.is_damaging:
            content = bytes([content[0] ^ 1]) + content[1:]
        self.parts[number] = content
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return {"ETag": f'"{etag}"', **self.part_headers.get(number, {})}

    def whole_etag(self) -> str:
        """The MD5 of the MD5s of the parts."""
        digests = [
            hashlib.md5(self.parts[number], usedforsecurity=False).digest()
            for number in sorted(self.parts)
        ]
        joined = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
        return f"{joined}-{len(digests)}"

    def completed(self) -> str:
        """The answer to CompleteMultipartUpload."""
        etag = self.etag or self.whole_etag()
        return f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
