"""What decompressed files are called, and which of them are there already.

``a.csv.gz`` becomes ``a.csv``, unless the selection has another object, a folder or another
compressed object of that name: then it stays compressed under its own name.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.transfer.journal import NS_PER_S, PENDING, SKIPPED, PlannedItem
from s3nav.transfer.local_files import MARK, codec_of, without_suffix

if TYPE_CHECKING:
    from s3nav.transfer.journal import StoredRow

HEAD_BYTES = 200
THERE_REASON = "already there: decompressed from the same object"


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
    items: Sequence[PlannedItem], target: Path, landed: Callable[[str, str], "list[StoredRow]"]
) -> None:
    """Skip objects whose decompressed file is there: the journal knows its size and its object."""
    for item in items:
        if item.codec and item.state == PENDING:
            path = target / item.local
            rows = landed(item.bucket, item.key)
            if any(r.path == path and r.etag == item.etag and _is_there(r, item) for r in rows):
                item.state, item.reason = SKIPPED, THERE_REASON


def _is_there(row: "StoredRow", item: PlannedItem) -> bool:
    try:
        found = row.path.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return False
    when = item.modified_ns
    return found.st_size == row.size_bytes and (
        when is not None and found.st_mtime_ns // NS_PER_S == when // NS_PER_S
    )
