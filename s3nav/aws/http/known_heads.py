"""Parse the head of a GET response with a pattern learnt from earlier responses.

One server sends the same headers in the same order for every object. Once a head has been parsed
strictly, a regular expression made from it reads the next ones in a single match, which matters
when thousands of small objects arrive each second.
"""

import re
from typing import NamedTuple

import msgspec

from s3nav.aws.http.response import ResponseHead, parse_head
from s3nav.model.errors import S3NavError

SHAPES_KEPT = 4
LEARN_MOST = 32
"""Patterns compiled in total: a server whose headers always differ offers nothing to learn."""
_CHECKSUM_START = "x-amz-checksum-"
_CRC64NVME = "x-amz-checksum-crc64nvme"
_ENCRYPTION_START = "x-amz-server-side-encryption"
_VALUES = {
    "etag": "([^\r\n\0]*)",
    "content-length": "([0-9]{1,19})",
    _CRC64NVME: "([^\r\n\0]*)",
}
_ONE_OF_EACH = ("etag", "content-length")


class HeadValues(NamedTuple):
    """The header values needed to accept a response to a GET of a whole object."""

    etag: str
    """As sent, with its quotes."""
    length_bytes: int
    crc64nvme: str
    is_plain: bool
    """The head names neither a checksum nor encryption."""


class Shapes:
    """Patterns of successful heads: status 200, a length, and a connection that stays open.

    Threads may share it. A head matches only if it has the same header names in the same order, so
    a match is as strict as `parse_head`.
    """

    def __init__(self) -> None:
        self._shapes: tuple[_Shape, ...] = ()
        self._learnt = 0

    def read(self, raw: bytes) -> HeadValues | None:
        """The values of a head; None when the strict parser has to decide."""
        text = raw.decode("latin-1")
        for shape in self._shapes:
            match = shape.pattern.fullmatch(text)
            if match is not None:
                etag, length = match[shape.etag], int(match[shape.length])
                crc = match[shape.crc64nvme] if shape.crc64nvme else ""
                return HeadValues(etag, length, crc, shape.is_plain)
        return self._study(raw, text)

    def _study(self, raw: bytes, text: str) -> HeadValues | None:
        try:
            head = parse_head(raw, method="GET")
        except S3NavError:
            return None
        is_good = head.status == 200 and head.keeps_alive and head.length_bytes is not None
        if not is_good or "etag" not in head.headers:
            return None
        if self._learnt < LEARN_MOST:
            self._learnt += 1
            shape = _shape_of(text, head)
            if shape is None:
                return None
            self._shapes = (shape, *self._shapes[: SHAPES_KEPT - 1])
        return HeadValues(
            head.headers["etag"],
            head.length_bytes or 0,
            head.headers.get(_CRC64NVME, ""),
            _is_plain(head),
        )


class _Shape(msgspec.Struct, frozen=True):
    pattern: re.Pattern[str]
    etag: int
    length: int
    crc64nvme: int
    """`etag`, `length` and `crc64nvme` are group numbers; 0 means there is none."""
    is_plain: bool


def _shape_of(text: str, head: ResponseHead) -> _Shape | None:
    """The pattern of a head; None when ETag, length or CRC occurs twice or not at all."""
    pieces = [r"HTTP/1\.1 200(?: [^\r\n]*)?\r\n"]
    groups: dict[str, int] = {}
    for line in text.split("\r\n")[1:-2]:
        name = line.partition(":")[0]
        lower = name.lower()
        if lower == "connection":
            pieces.append(re.escape(line) + r"\r\n")
        elif lower in _VALUES:
            if lower in groups:
                return None
            groups[lower] = len(groups) + 1
            pieces.append(rf"{re.escape(name)}:[ \t]*{_VALUES[lower]}\r\n")
        else:
            pieces.append(rf"{re.escape(name)}:[^\r\n\0]*\r\n")
    if not all(name in groups for name in _ONE_OF_EACH) or not text.startswith("HTTP/1.1"):
        return None
    return _Shape(
        re.compile("".join([*pieces, r"\r\n"])),
        groups["etag"],
        groups["content-length"],
        groups.get(_CRC64NVME, 0),
        _is_plain(head),
    )


def _is_plain(head: ResponseHead) -> bool:
    return not any(name.startswith((_CHECKSUM_START, _ENCRYPTION_START)) for name in head.headers)
