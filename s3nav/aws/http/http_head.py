"""Parse the status line and headers of an HTTP/1.1 response, strictly.

Anything outside the grammar of RFC 9112 is refused: a head that two parsers read differently lets a
proxy and this client disagree about where a response ends.
"""

import re

import msgspec

from s3nav.model.errors import UnavailableError

HEAD_LIMIT_BYTES = 64 * 1024
HEADER_LIMIT = 256
END_OF_HEAD = b"\r\n\r\n"

_HEAD = re.compile(
    rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*\r\n)*)\r\n"
)
_LENGTH = re.compile(r"[0-9]{1,19}")
NO_BODY_STATUSES = frozenset({204, 304})


class ResponseHead(msgspec.Struct, frozen=True, kw_only=True):
    """The status line and headers of a response."""

    status: int
    headers: dict[str, str]
    """Names in lower case; values of a repeated name joined by a comma."""
    length_bytes: int | None
    """None when the body is chunked, or ends with the connection."""
    is_chunked: bool
    keeps_alive: bool


def malformed(what: str) -> UnavailableError:
    """The error for a response that is not valid HTTP; `what` completes the message."""
    return UnavailableError(
        f"the endpoint sent an invalid response: {what}",
        remedy="check that `--endpoint-url` names an S3 endpoint, not a web page or a proxy",
        slug="bad-answer",
    )


def parse_head(raw: bytes, *, method: str) -> ResponseHead:
    """Parse `raw`, which ends with the empty line. Raises UnavailableError when it is not valid."""
    match = _HEAD.fullmatch(raw)
    if match is None:
        raise malformed("its head is not HTTP/1.1")
    headers = _headers(match[2].decode("latin-1"))
    status = int(match[1])
    length, is_chunked = _framing(headers)
    if method == "HEAD" or status in NO_BODY_STATUSES or status < 200:
        length, is_chunked = 0, False
    connection = headers.get("connection", "").lower()
    keeps_alive = "close" not in connection and (
        raw.startswith(b"HTTP/1.1") or "keep-alive" in connection
    )
    return ResponseHead(
        status=status,
        headers=headers,
        length_bytes=length,
        is_chunked=is_chunked,
        keeps_alive=keeps_alive and (is_chunked or length is not None),
    )


def _headers(block: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    lines = block.split("\r\n")
    if len(lines) > HEADER_LIMIT:
        raise malformed("too many headers")
    lines.pop()
    for line in lines:
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip(" \t")
        if name in headers:
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers


def _framing(headers: dict[str, str]) -> tuple[int | None, bool]:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        # Both headers at once is the classic response smuggling attack (RFC 9112, section 6.3).
        if length is not None or coding.lower() != "chunked":
            raise malformed("it has both a length and a transfer encoding")
        return None, True
    if length is None:
        return None, False
    if _LENGTH.fullmatch(length) is None:
        raise malformed("its Content-Length is not a number")
    return int(length), False
