"""Decompress a stream in bounded memory: gz, zst, lz4 and bz2, one frame after another."""

import bz2
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import Protocol

from s3nav.model.errors import PartialFailureError

CODECS = {".gz": "gz", ".zst": "zst", ".lz4": "lz4", ".bz2": "bz2"}
"""Suffix of a key, lower case, to its codec."""
PIECE_BYTES = 1 << 20
"""Most bytes decompressed at once, except for zst."""
ZST_SLICE_BYTES = 1 << 10
"""A zst decoder has no output limit: 4 bytes may become 128 KiB, so these at most 32 MiB."""


class DecompressionError(PartialFailureError):
    """A verified object is not the compressed stream its name says, or too large for the disk."""

    slug = "cannot-decompress"


class _Stream(Protocol):
    """A decoder of one frame, as bz2, lz4 and zstandard have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...


class _Bounded(_Stream, Protocol):
    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Unbounded(_Stream, Protocol):
    def decompress(self, data: bytes) -> bytes: ...


Feed = Callable[[bytes], Iterator[bytes]]
Frame = tuple[_Stream, Feed]


def codec_of(key: str) -> str:
    """The codec that the suffix of a key names; empty for none."""
    name = PurePosixPath(key).name
    return CODECS.get(PurePosixPath(name).suffix.lower(), "")


def without_suffix(path: str) -> str:
    """A path without the suffix of its codec."""
    return path[: -len(PurePosixPath(path).suffix)]


def decompressed(codec: str, pieces: Iterable[memoryview]) -> Iterator[bytes]:
    """Yield the plain bytes of all frames, in pieces of bounded size.

    Raises DecompressionError for anything but whole frames.
    """
    frame: Frame | None = None
    frames = 0
    for data in _slices(codec, pieces):
        left = data
        while left:
            if frame is None and frames and not left.strip(b"\0"):
                break  # tape archives are padded with zeros
            stream, feed = frame = frame or _frame(codec)
            yield from _explained(codec, feed, left)
            left = b""
            if stream.eof:
                left, frame, frames = bytes(stream.unused_data or b""), None, frames + 1
    if frame is not None or not frames:
        raise DecompressionError(f"the {codec} stream is truncated")


def _slices(codec: str, pieces: Iterable[memoryview]) -> Iterator[bytes]:
    slice_bytes = ZST_SLICE_BYTES if codec == "zst" else PIECE_BYTES
    for piece in pieces:
        for start in range(0, len(piece), slice_bytes):
            yield bytes(piece[start : start + slice_bytes])


def _explained(codec: str, feed: Feed, data: bytes) -> Iterator[bytes]:
    try:
        yield from feed(data)
    except (zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise DecompressionError(f"not a {codec} stream: {error}") from error


def _frame(codec: str) -> Frame:
    match codec:
        case "gz":
            inflater = zlib.decompressobj(wbits=31)
            return inflater, lambda data: _inflate(inflater, data)
        case "bz2":
            return _bounded(bz2.BZ2Decompressor())
        case "lz4":
            import lz4.frame  # noqa: PLC0415  # few downloads need it

            return _bounded(lz4.frame.LZ4FrameDecompressor())
        case _:
            return _zst_frame()


def _zst_frame() -> Frame:
    import zstandard  # noqa: PLC0415  # few downloads need it

    decoder = zstandard.ZstdDecompressor().decompressobj()

    def feed(data: bytes) -> Iterator[bytes]:
        try:
            yield decoder.decompress(data)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error

    return decoder, feed


def _bounded(stream: _Bounded) -> Frame:
    def feed(data: bytes) -> Iterator[bytes]:
        while True:
            yield stream.decompress(data, PIECE_BYTES)
            data = b""
            if stream.eof or stream.needs_input:
                return

    return stream, feed


def _inflate(inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    while True:
        plain = inflater.decompress(data, PIECE_BYTES)
        yield plain
        data = inflater.unconsumed_tail
        if inflater.eof or (not data and len(plain) < PIECE_BYTES):
            return
