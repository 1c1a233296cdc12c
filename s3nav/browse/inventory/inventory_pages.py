"""Verify, read and sort the files of an S3 Inventory into pages in byte order of keys."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import IO, TypeVar

import msgspec

from s3nav.browse.inventory.inventory_files import InventoryFiles
from s3nav.browse.inventory.inventory_manifest import InventoryFile, InventoryManifest
from s3nav.browse.inventory.inventory_rows import (
    Columns,
    RowCounts,
    RowFilter,
    csv_columns,
    parquet_columns,
)
from s3nav.browse.inventory.page_sorter import PageSorter
from s3nav.model.errors import IntegrityError

P = TypeVar("P")


class InventoryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an inventory that was read."""

    created_at: datetime
    """When S3 began to create it. Aware, UTC."""
    missing: tuple[str, ...] = ()
    """Columns it lacks; their values are unknown."""
    row_counts: RowCounts = msgspec.field(default_factory=RowCounts)


def read_rows(
    files: InventoryFiles,
    source: tuple[str, InventoryManifest],
    row_filter: RowFilter,
    sorter: PageSorter[P],
    *,
    page_of: Callable[[Columns, RowFilter, RowCounts, str], P],
    report_progress: Callable[[PageSorter[P], int], None] = lambda _sorter, _bytes: None,
) -> RowCounts:
    """Read all files of a manifest, given with its place, into a sorter, one after the other.

    `page_of` makes a page of the selected rows of a file; `report_progress` receives the sorter and
    the bytes of files read so far. Raises S3NavError.
    """
    place, manifest = source
    row_counts, done_bytes = RowCounts(), 0
    for file in manifest.files:
        with files.open(place, manifest, file) as opened:
            size_bytes = max(1, file.size_bytes)
            for columns in _columns(opened, manifest, file, row_filter):
                files.stop_if_cancelled()
                sorter.add(page_of(columns, row_filter, row_counts, file.key))
                report_progress(sorter, done_bytes + min(opened.tell(), size_bytes))
        done_bytes += file.size_bytes
    return row_counts


def each_once(pages: Iterator[P], name: str, keys: Callable[[P], Sequence[str]]) -> Iterator[P]:
    """Pass ordered pages on. Raises IntegrityError for a key that occurs twice."""
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
    opened: IO[bytes], manifest: InventoryManifest, file: InventoryFile, row_filter: RowFilter
) -> Iterator[Columns]:
    if manifest.is_parquet:
        return parquet_columns(opened, file.key, row_filter.used)
    return csv_columns(opened, manifest.columns, file.key, row_filter.used)
