"""Bytes of HTTP answers as S3 sends them, and as it should not."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from urllib.parse import quote
from xml.sax.saxutils import escape

from awscrt import checksums

BUCKET = "faulty"
WEB_PAGE = b"<!DOCTYPE html><html><body>log in first</body></html>"
MODIFIED_S = 1793534400
MODIFIED_ISO = "2026-11-01T12:00:00.000Z"


@dataclass(frozen=True)
class Stored:
    """One object, with what S3 says about it."""

    content: bytes

    @cached_property
    def etag(self) -> str:
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()

    @cached_property
    def crc(self) -> str:
        return base64.b64encode(checksums.crc64nvme(self.content).to_bytes(8, "big")).decode()

    def answer(self, byte_range: str, *, offer_crc: bool) -> tuple[dict[str, str], bytes]:
        """Headers and body of a GET."""
        head = {
            "ETag": f'"{self.etag}"',
            "Last-Modified": formatdate(MODIFIED_S, usegmt=True),
        }
        if not byte_range:
            if offer_crc:
                head["x-amz-checksum-crc64nvme"] = self.crc
                head["x-amz-checksum-type"] = "FULL_OBJECT"
            return head, self.content
        start, _, last = byte_range.removeprefix("bytes=").partition("-")
        body = self.content[int(start) : int(last) + 1 if last else None]
        head["Content-Range"] = f"bytes {start}-{int(start) + len(body) - 1}/{len(self.content)}"
        return head, body


def listing(objects: dict[str, Stored], query: dict[str, list[str]], page_size: int) -> bytes:
    """A page of ListObjectsV2; the token is the last key of the page before."""
    prefix = query.get("prefix", [""])[0]
    after = query.get("continuation-token", query.get("start-after", [""]))[0].encode()
    size = min(page_size, int(query.get("max-keys", ["1000"])[0]))
    ordered = sorted(objects, key=str.encode)
    keys = [key for key in ordered if key.startswith(prefix) and key.encode() > after]
    page, rest = keys[:size], keys[size:]
    token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
    entries = "".join(_entry(key, objects[key]) for key in page)
    return (
        f"<ListBucketResult><Name>{BUCKET}</Name><EncodingType>url</EncodingType>"
        f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{'true' if rest else 'false'}"
        f"</IsTruncated>{token}{entries}</ListBucketResult>"
    ).encode()


def _entry(key: str, stored: Stored) -> str:
    return (
        f"<Contents><Key>{quote(key)}</Key><LastModified>{MODIFIED_ISO}</LastModified>"
        f"<ETag>&quot;{stored.etag}&quot;</ETag><Size>{len(stored.content)}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )


def without_token(page: bytes) -> bytes:
    """The page says that more follows, and not where."""
    head, _, rest = page.partition(b"<NextContinuationToken>")
    _, _, tail = rest.partition(b"</NextContinuationToken>")
    return (head + tail).replace(b"<IsTruncated>false", b"<IsTruncated>true")


def in_circles(page: bytes, token: str) -> bytes:
    """The page says that it is followed by itself."""
    again = f"<NextContinuationToken>{escape(token)}</NextContinuationToken>".encode()
    head, _, tail = without_token(page).partition(b"</IsTruncated>")
    return head + b"</IsTruncated>" + again + tail


def head_bytes(status: int, headers: dict[str, str], length: int | None) -> bytes:
    """Status line and headers; chunked when `length` is None."""
    coding = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"HTTP/1.1 {status} x", coding, *(f"{n}: {v}" for n, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def xml_answer(body: bytes) -> bytes:
    return head_bytes(200, {"Content-Type": "application/xml"}, len(body)) + body


def error(status: int, code: str, verb: str = "GET") -> bytes:
    """An S3 error; a HEAD's answer has no body."""
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    shown = b"" if verb == "HEAD" else body
    return head_bytes(status, {"Content-Type": "application/xml"}, len(shown)) + shown


def two_lengths(headers: dict[str, str], body: bytes) -> bytes:
    """An answer whose headers contradict each other."""
    odd = {**headers, "content-length": str(len(body) // 2), "Bad Header": "\x01"}
    return head_bytes(200, odd, len(body)) + body


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def chunks(body: bytes, size: int) -> Iterable[bytes]:
    """`body` in chunked transfer coding."""
    for piece in pieces(body, size):
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
