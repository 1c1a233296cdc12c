"""An S3 Inventory as pages in the byte order of keys: its files verified, read and sorted."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO

import msgspec

from s3nav.browse.inventory_files import InventoryFiles
from s3nav.browse.inventory_manifest import InventoryFile, InventoryManifest
from s3nav.browse.inventory_rows import Columns, Tally, csv_columns, current_page, parquet_columns
from s3nav.browse.page_codec import StoredPage
from s3nav.browse.page_sorter import PageSorter
from s3nav.model.errors import IntegrityError


class InventoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of an inventory that was read."""

    created_at: datetime
    """When S3 began to make it. Aware, UTC."""
    missing: tuple[str, ...] = ()
    """Columns it does not have: what they tell is unknown."""
    tally: Tally = msgspec.field(default_factory=Tally)


def read_rows(
    files: InventoryFiles,
    source: tuple[str, InventoryManifest],
    prefix: str,
    sorter: PageSorter,
    *,
    say: Callable[[PageSorter, int], None],
) -> Tally:
    """Read all files of a manifest (its place, what it says) into a sorter, one after the other.

    `say` is told the objects and how many bytes of the files were read. Raises S3NavError.
    """
    place, manifest = source
    tally, done_bytes = Tally(), 0
    for file in manifest.files:
        with files.open(place, manifest, file) as opened:
            size_bytes = max(1, file.size_bytes)
            for columns in _columns(opened, manifest, file):
                files.stop_if_cancelled()
                sorter.add(current_page(columns, manifest.bucket, prefix, tally, file.key))
                say(sorter, done_bytes + min(opened.tell(), size_bytes))
        done_bytes += file.size_bytes
    return tally


def each_once(pages: Iterator[StoredPage], name: str) -> Iterator[StoredPage]:
    """Pages in order, passed on. Raises IntegrityError for a key that comes twice."""
    last = None
    for page in pages:
        for key in page.keys:
            if key == last:
                raise IntegrityError(
                    f"the inventory `{name}` lists `{key}` twice as current",
                    remedy="take another inventory; nothing was kept",
                    slug="inventory-damaged",
                )
            last = key
        yield page


def _columns(
    opened: IO[bytes], manifest: InventoryManifest, file: InventoryFile
) -> Iterator[Columns]:
    if manifest.is_parquet:
        return parquet_columns(opened, file.key)
    return csv_columns(opened, manifest.columns, file.key)
