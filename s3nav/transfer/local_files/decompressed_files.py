"""Decompress a verified file into the one that gets its final name."""

import os

from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity import SPARE, Running, file_reader, part_digest
from s3nav.transfer.journal import Item
from s3nav.transfer.local_files.decompression import DecompressionError, decompressed
from s3nav.transfer.local_files.target_directory import Target

SPACE_CHECKED_EVERY = 64 * MIB
RESERVE_BYTES = 128 * MIB
"""Bytes left free on the disk: a decompression bomb must not fill it."""


def unpack(target: Target, item: Item, buffer: memoryview) -> None:
    """Decompress the verified temporary file of an item into the one that will be renamed.

    Afterwards `stored_bytes` and `digest` of the item are those of the decompressed file. Raises
    DecompressionError and LocalDiskError; nothing but the compressed file is left then.
    """
    packed = target.open_temporary(item, keep=True)
    # From here on the item's temporary name is that of the decompressed file.
    item.stored_bytes = 0
    is_done = False
    try:
        item.stored_bytes = _unpack(target, item, packed.descriptor, buffer)
        is_done = True
    finally:
        packed.close()
        if not is_done:
            target.discard_unpacked(item)
            item.stored_bytes = None


def _unpack(target: Target, item: Item, packed: int, buffer: memoryview) -> int:
    running = Running(SPARE)
    written = 0
    next_check = 0
    with target.open_temporary(item) as plain:
        try:
            pieces = file_reader(packed, buffer)(0, item.size_bytes)
            for piece in decompressed(item.codec, pieces):
                if written >= next_check:
                    _check_free_space(plain.descriptor, written)
                    next_check = written + SPACE_CHECKED_EVERY
                running.update(memoryview(piece))
                target.write_at(item, plain, memoryview(piece), written)
                written += len(piece)
        except DecompressionError as error:
            raise DecompressionError(
                f"{item.source}: {error.message}",
                remedy="download it without --decompress to have it as it is",
            ) from error
        target.date(plain.descriptor, item)
    item.digest = part_digest(SPARE, running)
    return written


def _check_free_space(descriptor: int, written: int) -> None:
    found = os.fstatvfs(descriptor)
    if found.f_bavail * found.f_frsize < RESERVE_BYTES:
        raise DecompressionError(f"after {written} bytes it would fill the disk")
