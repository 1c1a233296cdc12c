"""Pack a page of a listing into one compressed blob, and unpack it.

Columns are joined as a whole, so a page costs a few calls and none for each key.
"""

import sys
import threading
import zlib
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Self

import msgspec
import zstandard

from s3nav.model.errors import LocalDiskError
from s3nav.model.objects import KeyPage, ObjectFact

_LIMIT_BYTES = 64 << 20
"""Far above any page; a blob that claims more is damaged."""
_ZLIB = b"\x78"
"""The first byte of blobs written by older releases with zlib, which took five times as long."""
_COMPRESSOR = zstandard.ZstdCompressor(level=1, write_checksum=True)
_COMPRESSING = threading.Lock()
"""Threads share one compressor, because each takes half a megabyte."""
_NEWLINE, _NEVER_IN_UTF8 = b"\n", b"\xff"
_WIDE, _NARROW = "q", "I"


class StoredPage(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that a scan stores, of equal length, in byte order of keys."""

    keys: list[str]
    sizes: Sequence[int]
    modified_s: Sequence[int]
    """Seconds since 1970, UTC; -1 when unknown."""
    classes: list[str]

    @classmethod
    def of(cls, page: KeyPage) -> Self:
        """The columns of a page, without copying."""
        return cls(
            keys=page.keys, sizes=page.sizes, modified_s=page.modified_s, classes=page.classes
        )

    def part(self, start: int, stop: int) -> Self:
        """The rows from `start` up to `stop`."""
        return type(self)(
            keys=self.keys[start:stop],
            sizes=self.sizes[start:stop],
            modified_s=self.modified_s[start:stop],
            classes=self.classes[start:stop],
        )

    def in_order(self) -> Self:
        """The rows sorted by key: directory buckets list in no order."""
        rows = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        if rows == list(range(len(rows))):
            return self
        return type(self)(
            keys=[self.keys[row] for row in rows],
            sizes=[self.sizes[row] for row in rows],
            modified_s=[self.modified_s[row] for row in rows],
            classes=[self.classes[row] for row in rows],
        )

    def facts(self) -> list[ObjectFact]:
        """The objects as facts; fields that a scan does not store are empty."""
        rows = zip(self.keys, self.sizes, self.modified_s, self.classes, strict=True)
        return [
            ObjectFact(
                key=key,
                size_bytes=size_bytes,
                modified_at=datetime.fromtimestamp(when, UTC) if when >= 0 else None,
                storage_class=name,
            )
            for key, size_bytes, when, name in rows
        ]


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    separator: bytes
    keys: bytes
    sizes_code: str
    sizes: bytes
    modified: bytes
    class_names: list[str]
    class_numbers: bytes
    """Empty when all objects have one class."""
    modified_code: str = _WIDE
    """Older blobs lack this field and use the wide code."""


def pack(page: StoredPage) -> bytes:
    """Pack and compress columns."""
    separator, keys = _joined(page.keys)
    names = sorted(set(page.classes))
    numbers = b""
    if len(names) > 1:
        by_name = {name: number for number, name in enumerate(names)}
        numbers = bytes(map(by_name.__getitem__, page.classes))
    sizes_code, sizes = _as_bytes(page.sizes)
    modified_code, modified = _as_bytes(page.modified_s)
    packed = _Packed(separator, keys, sizes_code, sizes, modified, names, numbers, modified_code)
    plain = msgspec.msgpack.encode(packed)
    with _COMPRESSING:
        return _COMPRESSOR.compress(plain)


def unpack(blob: bytes) -> StoredPage:
    """Unpack a blob. Raises LocalDiskError when it is damaged."""
    try:
        page = _unpacked(msgspec.msgpack.decode(_plain(blob), type=_Packed))
    except (zlib.error, zstandard.ZstdError, ValueError, IndexError) as error:
        raise _damaged(str(error)) from error
    if not len(page.keys) == len(page.sizes) == len(page.modified_s) == len(page.classes):
        raise _damaged("its columns differ in length")
    return page


def _plain(blob: bytes) -> bytes:
    if blob.startswith(_ZLIB):
        return zlib.decompress(blob)
    if not 0 <= zstandard.frame_content_size(blob) <= _LIMIT_BYTES:
        raise ValueError("its size is missing")
    return zstandard.ZstdDecompressor().decompress(blob)


def _unpacked(packed: _Packed) -> StoredPage:
    pieces = packed.keys.split(packed.separator)
    if packed.separator == _NEWLINE:
        keys = packed.keys.decode("utf-8", "surrogatepass").split("\n")
    else:
        keys = [piece.decode("utf-8", "surrogatepass") for piece in pieces]
    numbers = packed.class_numbers
    names = packed.class_names
    return StoredPage(
        keys=keys,
        sizes=_as_array(packed.sizes_code, packed.sizes),
        modified_s=_as_array(packed.modified_code, packed.modified),
        classes=[names[number] for number in numbers] if numbers else names * len(keys),
    )


def _joined(keys: Sequence[str]) -> tuple[bytes, bytes]:
    """Join keys by newlines, or by a byte that UTF-8 never contains if a key has a newline."""
    text = "\n".join(keys)
    if text.count("\n") == len(keys) - 1:
        return _NEWLINE, text.encode("utf-8", "surrogatepass")
    return _NEVER_IN_UTF8, _NEVER_IN_UTF8.join(
        [key.encode("utf-8", "surrogatepass") for key in keys]
    )


def _as_bytes(numbers: Sequence[int]) -> tuple[str, bytes]:
    """Pack numbers with the narrowest type code that fits all; returns both."""
    try:
        code, column = _NARROW, array(_NARROW, numbers)
    except OverflowError:
        code, column = _WIDE, array(_WIDE, numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return code, column.tobytes()


def _as_array(code: str, raw: bytes) -> "array[int]":
    column: array[int] = array(code)
    column.frombytes(raw)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _damaged(why: str) -> LocalDiskError:
    return LocalDiskError(
        f"a stored scan is damaged: {why}",
        remedy="delete the scan and count again",
        slug="scan-damaged",
    )
