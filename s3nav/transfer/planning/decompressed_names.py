"""Name decompressed files, and skip objects whose decompressed file exists.

``a.csv.gz`` becomes ``a.csv``, unless another object, a directory or another compressed object of
the selection needs that name; then it stays compressed under its own name.
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
DECOMPRESSED_REASON = "already there: decompressed from the same object"


class Suffixes:
    """Decide which objects lose their suffix. Keys of one source must come in byte order.

    Keeps a hash of eight bytes for each path, so that no two objects of a job get the same path.
    """

    def __init__(self, *, folds: bool = False) -> None:
        self._folds = folds
        self._held: list[tuple[PlannedItem, str]] = []
        """Compressed objects with their plain paths, while a later key may need the plain path."""
        self._taken: set[bytes] = set()

    def take(self, items: Iterable[PlannedItem]) -> Iterator[PlannedItem]:
        """Yield items whose paths are final; compressed ones follow a little later."""
        for item in items:
            yield from self._release(item.path)
            codec = codec_of(item.path) if item.state == PENDING else ""
            plain = without_suffix(item.path) if codec else ""
            if plain.rpartition("/")[2]:
                item.codec = codec
                self._held.append((item, plain))
            else:
                yield self._own_name(item)

    def rest(self) -> Iterator[PlannedItem]:
        """Yield the items still held; call it after the last `take`."""
        yield from self._release("")

    def _release(self, path: str) -> Iterator[PlannedItem]:
        """Yield the held items that no path from `path` on can conflict with."""
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
            # Only if sources are out of order: a compressed object already has this name.
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
    items: Sequence[PlannedItem],
    target: Path,
    stored_files: Callable[[str, str], "list[StoredRow]"],
) -> None:
    """Skip objects whose decompressed file exists, with its recorded size.

    `stored_files` returns the recorded files of an object, by bucket and key.
    """
    for item in items:
        if item.codec and item.state == PENDING:
            path = target / item.local
            rows = stored_files(item.bucket, item.key)
            if any(r.path == path and r.etag == item.etag and _is_unchanged(r, item) for r in rows):
                item.state, item.reason = SKIPPED, DECOMPRESSED_REASON


def _is_unchanged(row: "StoredRow", item: PlannedItem) -> bool:
    try:
        found = row.path.stat(follow_symlinks=False)
    except (OSError, ValueError):
        return False
    when = item.modified_ns
    return found.st_size == row.size_bytes and (
        when is not None and found.st_mtime_ns // NS_PER_S == when // NS_PER_S
    )
