"""Find the parts of an unfinished upload that have the bytes of the local file."""

import base64
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from s3nav.model.text.quantities import MIB
from s3nav.model.writes import KeptPart
from s3nav.transfer.integrity import Pieces, Running, file_reader

_CRC, _MD5 = "CRC64NVME", "MD5"
_MD5_ETAG = re.compile("[0-9a-f]{32}")
_BUFFER_BYTES = MIB


def same_parts(
    path: Path, parts: Sequence[KeptPart], is_stopped: Callable[[], bool]
) -> tuple[KeptPart, ...]:
    """The parts that match by checksum, in their order; fewer when stopped. Raises OSError.

    A part without a checksum, whose ETag is no MD5 either, does not match.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        read = file_reader(descriptor, memoryview(bytearray(_BUFFER_BYTES)))
        return tuple(part for part in parts if not is_stopped() and _is_same(read, part))
    finally:
        os.close(descriptor)


def _is_same(read: Pieces, part: KeptPart) -> bool:
    """Raises IntegrityError when the file ends before the part does."""
    stop = part.start + part.size_bytes
    if _CRC in part.checksums:
        return base64.b64encode(_sum(read, _CRC, part.start, stop)).decode() == part.checksums[_CRC]
    if _MD5_ETAG.fullmatch(part.etag):
        return _sum(read, _MD5, part.start, stop).hex() == part.etag
    return False


def _sum(read: Pieces, algorithm: str, start: int, stop: int) -> bytes:
    running = Running(algorithm)
    for piece in read(start, stop):
        running.update(piece)
    return running.digest()
