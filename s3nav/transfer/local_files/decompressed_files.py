"""Turn a verified compressed file into the one that gets a name; and what such files are called.

``a.csv.gz`` becomes ``a.csv``, unless the selection has another object, a folder or another
compressed object of that name: then it stays compressed under its own name.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from s3nav.model.text.quantities import MIB
from s3nav.transfer.integrity import SPARE, Running, file_reader, part_digest
from s3nav.transfer.journal import NS_PER_S, PENDING, SKIPPED, Item, PlannedItem, StoredRow
from s3nav.transfer.local_files.decompression import (
    DecompressionError,
    codec_of,
    decompressed,
    without_suffix,
)
from s3nav.transfer.local_files.local_files import Target
from s3nav.transfer.local_files.local_names import MARK

ROOM_CHECKED_EVERY = 64 * MIB
HEAD_BYTES = 200
RESERVE_BYTES = 128 * MIB
"""Left free on the disk: a bomb must not take what others need."""
THERE_REASON = "already there: decompressed from the same object"


def unpack(target: Target, item: Item, buffer: memoryview) -> None:
    """Decompress the verified temporary file of an item into the one that will land.

    Afterwards `landed_bytes` and `digest` of the item are those of the decompressed file. Raises
    DecompressionError and LocalDiskError; nothing but the compressed file is left then.
    """
    packed = target.open_temporary(item, keep=True)
    # From here on the item's temporary name is that of the decompressed file.
    item.landed_bytes = 0
    is_done = False
    try:
        item.landed_bytes = _unpack(target, item, packed.descriptor, buffer)
        is_done = True
    finally:
        packed.close()
        if not is_done:
            target.discard_unpacked(item)
            item.landed_bytes = None


def _unpack(target: Target, item: Item, packed: int, buffer: memoryview) -> int:
    running = Running(SPARE)
    written = 0
    next_check = 0
    with target.open_temporary(item) as plain:
        try:
            pieces = file_reader(packed, buffer)(0, item.size_bytes)
            for piece in decompressed(item.codec, pieces):
                if written >= next_check:
                    _check_room(plain.descriptor, written)
                    next_check = written + ROOM_CHECKED_EVERY
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


def _check_room(descriptor: int, written: int) -> None:
    room = os.fstatvfs(descriptor)
    if room.f_bavail * room.f_frsize < RESERVE_BYTES:
        raise DecompressionError(f"after {written} bytes it would fill the disk")


class Suffixes:
    """Plan which objects lose their suffix. Keys of one source must come in byte order.

    Keeps eight bytes for each path, so that no two objects of a job get the same one.
    """

    def __init__(self, *, folds: bool = False) -> None:
        self._folds = folds
        self._held: list[tuple[PlannedItem, str]] = []
        """Compressed objects, each with its plain path, while a later key may need that name."""
        self._taken: set[bytes] = set()

    def take(self, items: Iterable[PlannedItem]) -> Iterator[PlannedItem]:
        """Yield items whose paths are settled; compressed ones come a little later."""
        for item in items:
            yield from self._settle(item.path)
            codec = codec_of(item.path) if item.state == PENDING else ""
            plain = without_suffix(item.path) if codec else ""
            if plain.rpartition("/")[2]:
                item.codec = codec
                self._held.append((item, plain))
            else:
                yield self._own_name(item)

    def rest(self) -> Iterator[PlannedItem]:
        """Yield what is still held."""
        yield from self._settle("")

    def _settle(self, path: str) -> Iterator[PlannedItem]:
        """Yield the held items that `path`, or anything after it in order, cannot conflict with."""
        still = []
        for item, plain in self._held:
            if path.startswith(plain + "/"):
                item.codec = ""
                yield self._own_name(item)
            elif path.startswith(plain):
                still.append((item, plain))
            else:
                yield self._plain_name(item, plain)
        self._held = still

    def _plain_name(self, item: PlannedItem, plain: str) -> PlannedItem:
        name = self._short(plain)
        if name in self._taken:
            item.codec = ""
            return self._own_name(item)
        self._taken.add(name)
        item.local = plain
        return item

    def _own_name(self, item: PlannedItem) -> PlannedItem:
        name = self._short(item.path)
        if name in self._taken:
            # Only with sources out of order: a compressed object was given this name before.
            directory, _, last = item.path.rpartition("/")
            head = last.encode("utf-8", "ignore")[:HEAD_BYTES].decode("utf-8", "ignore")
            item.local = f"{directory}/{head}{MARK}{self._short(item.key).hex()}"
            name = self._short(item.path)
        self._taken.add(name)
        return item

    def _short(self, path: str) -> bytes:
        text = path.casefold() if self._folds else path
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def skip_unpacked(
    items: Sequence[PlannedItem], target: Path, landed: Callable[[str, str], list[StoredRow]]
) -> None:
    """Skip objects whose decompressed file is there: the journal knows its size and its object."""
    for item in items:
        if item.codec and item.state == PENDING:
            path = target / item.local
            rows = landed(item.bucket, item.key)
            if any(r.path == path and r.etag == item.etag and _is_there(r, item) for r in rows):
                item.state, item.reason = SKIPPED, THERE_REASON


def _is_there(row: StoredRow, item: PlannedItem) -> bool:
    try:
        found = row.path.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return False
    when = item.modified_ns
    return found.st_size == row.size_bytes and (
        when is not None and found.st_mtime_ns // NS_PER_S == when // NS_PER_S
    )
