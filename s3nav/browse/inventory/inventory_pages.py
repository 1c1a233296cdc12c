"""An S3 Inventory as pages in the byte order of keys: its files verified, read and sorted."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import IO, TypeVar

import msgspec

from s3nav.browse.inventory.inventory_files import InventoryFiles
from s3nav.browse.inventory.inventory_manifest import InventoryFile, InventoryManifest
from s3nav.browse.inventory.inventory_rows import (
    Columns,
    RowCounts,
    Taking,
    csv_columns,
    parquet_columns,
)
from s3nav.browse.inventory.page_sorter import PageSorter
from s3nav.model.errors import IntegrityError

P = TypeVar("P")


class InventoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of an inventory that was read."""

    created_at: datetime
    """When S3 began to make it. Aware, UTC."""
    missing: tuple[str, ...] = ()
    """Columns it does not have: what they tell is unknown."""
    tally: RowCounts = msgspec.field(default_factory=RowCounts)


def read_rows(
    files: InventoryFiles,
    source: tuple[str, InventoryManifest],
    taking: Taking,
    sorter: PageSorter[P],
    *,
    page_of: Callable[[Columns, Taking, RowCounts, str], P],
    say: Callable[[PageSorter[P], int], None] = lambda _sorter, _bytes: None,
) -> RowCounts:
    """Read all files of a manifest (its place, what it says) into a sorter, one after the other.

    `page_of` takes what is wanted from rows of a named file; `say` is told the objects and how many
    bytes of the files were read. Raises S3NavError.
    """
    place, manifest = source
    tally, done_bytes = RowCounts(), 0
    for file in manifest.files:
        with files.open(place, manifest, file) as opened:
            size_bytes = max(1, file.size_bytes)
            for columns in _columns(opened, manifest, file, taking):
                files.stop_if_cancelled()
                sorter.add(page_of(columns, taking, tally, file.key))
                say(sorter, done_bytes + min(opened.tell(), size_bytes))
        done_bytes += file.size_bytes
    return tally


def each_once(pages: Iterator[P], name: str, keys: Callable[[P], Sequence[str]]) -> Iterator[P]:
    """Pages in order, passed on. Raises IntegrityError for a key that comes twice."""
    last = None
    for page in pages:
        for key in keys(page):
            if key == last:
                raise IntegrityError(
                    f"the inventory `{name}` lists `{key}` twice as current",
                    remedy="take another inventory; nothing was kept",
                    slug="inventory-damaged",
                )
            last = key
        yield page


def _columns(
    opened: IO[bytes], manifest: InventoryManifest, file: InventoryFile, taking: Taking
) -> Iterator[Columns]:
    if manifest.is_parquet:
        return parquet_columns(opened, file.key, taking.used)
    return csv_columns(opened, manifest.columns, file.key, taking.used)
