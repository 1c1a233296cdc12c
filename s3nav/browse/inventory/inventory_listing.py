"""Use an S3 Inventory in place of a listing: its objects, each pinned to its ETag."""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from s3nav.browse.inventory.inventory_files import InventoryFiles
from s3nav.browse.inventory.inventory_manifest import BAD_INVENTORY, ETAG, VERSION, parse_manifest
from s3nav.browse.inventory.inventory_pages import InventoryFacts, each_once, read_rows
from s3nav.browse.inventory.inventory_rows import (
    USED,
    Columns,
    RowCounts,
    RowFilter,
    current_rows,
    damaged,
)
from s3nav.browse.inventory.page_sorter import PageShape, PageSorter
from s3nav.browse.pages import StoredPage, pack, unpack
from s3nav.model.errors import UsageError
from s3nav.model.objects import ObjectFact
from s3nav.model.places import SCHEME
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import UsageBook
from s3nav.retries import RequestRetries

RUN_ROWS = 100_000
"""Rows sorted in memory: half of a scan's, because ETags and versions double their size."""
_LEVEL = 1
_NO_VERSION = frozenset({"", "null"})
_PRINTABLE = re.compile(r"[!-~]+")
"""Characters allowed in a header or a query."""


class _PinnedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page with the ETags and versions that identify its objects; columns of equal length."""

    stored: StoredPage
    etags: Sequence[str]
    version_ids: Sequence[str]
    """Empty for the current version."""

    def facts(self) -> list[ObjectFact]:
        """The objects as facts, with their versions."""
        return [
            ObjectFact(
                key=key,
                size_bytes=size_bytes,
                etag=etag,
                modified_at=datetime.fromtimestamp(when, UTC) if when >= 0 else None,
                storage_class=name,
                version_id=version,
            )
            for key, size_bytes, when, name, etag, version in zip(*_columns(self), strict=True)
        ]


def _columns(page: _PinnedPage) -> tuple[Sequence[Any], ...]:
    stored = page.stored
    return (
        stored.keys,
        stored.sizes,
        stored.modified_s,
        stored.classes,
        page.etags,
        page.version_ids,
    )


def _page(columns: list[list[Any]]) -> _PinnedPage:
    keys, sizes, modified_s, classes, etags, version_ids = columns
    stored = StoredPage(keys=keys, sizes=sizes, modified_s=modified_s, classes=classes)
    return _PinnedPage(stored=stored, etags=etags, version_ids=version_ids)


def _pack(page: _PinnedPage) -> bytes:
    pins = zlib.compress("\n".join([*page.etags, *page.version_ids]).encode(), _LEVEL)
    return msgspec.msgpack.encode((pack(page.stored), pins))


def _unpack(blob: bytes) -> _PinnedPage:
    stored, pins = msgspec.msgpack.decode(blob, type=tuple[bytes, bytes])
    texts = zlib.decompress(pins).decode().split("\n")
    half = len(texts) // 2
    return _PinnedPage(stored=unpack(stored), etags=texts[:half], version_ids=texts[half:])


_PINNED: PageShape[_PinnedPage] = PageShape(
    columns=_columns, page=_page, pack=_pack, unpack=_unpack
)


class InventoryListing:
    """Implements the port ``Inventory``: a verified manifest; its files are read later."""

    def __init__(self, files: InventoryFiles, place: str) -> None:
        self.name = place if place.startswith(SCHEME) else str(Path(place).absolute())
        content = files.manifest_bytes(self.name)
        self._files = files
        self._manifest = parse_manifest(content, self.name)
        if ETAG not in self._manifest.columns:
            raise UsageError(
                f"the inventory `{self.name}` has no column ETag",
                remedy="add ETag to the inventory configuration: it shows if an object changed",
                slug=BAD_INVENTORY,
            )
        self.digest = hashlib.sha256(content).hexdigest()
        self._row_counts = RowCounts()

    @property
    def bucket(self) -> str:
        """The bucket it lists."""
        return self._manifest.bucket

    @property
    def created_at(self) -> datetime:
        """When S3 began to create it. Aware, UTC."""
        return self._manifest.created_at

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns it lacks, by S3's names; their values are unknown."""
        return self._manifest.missing

    @property
    def files(self) -> int:
        """The number of its files."""
        return len(self._manifest.files)

    @property
    def size_bytes(self) -> int:
        """The total size of its files."""
        return self._manifest.size_bytes

    @property
    def asked(self) -> UsageBook:
        """The requests sent to S3 for reading it."""
        return self._files.asked

    @property
    def facts(self) -> InventoryFacts:
        """The facts of the inventory; with row counts after its objects were read."""
        return InventoryFacts(
            created_at=self.created_at, missing=self.missing, row_counts=self._row_counts
        )

    def objects(
        self, heads: Sequence[str], check: Callable[[], None]
    ) -> Iterator[Sequence[ObjectFact]]:
        """Current objects whose keys begin with one of `heads`, by pages, in key order.

        All files are read, verified and sorted before the first page. `check` is called meanwhile
        and may raise. Raises S3NavError.
        """

        def is_cancelled() -> bool:
            check()
            return False

        files = replace(self._files, is_cancelled=is_cancelled)
        row_filter = RowFilter(bucket=self.bucket, prefix=tuple(heads), used=(*USED, ETAG, VERSION))
        with PageSorter(files.directory, _PINNED, run_rows=RUN_ROWS) as sorter:
            source = (self.name, self._manifest)
            self._row_counts = read_rows(files, source, row_filter, sorter, page_of=_pinned_page)
            for page in each_once(sorter.pages(), self.name, lambda each: each.stored.keys):
                check()
                yield page.facts()


def open_inventory(
    place: str,
    *,
    open_store: Callable[[], ObjectStore],
    directory: Path,
    retry_attempts: int,
    requester_pays: bool = False,
) -> InventoryListing:
    """Read the manifest.json at a path or an S3 place; sorting it uses `directory`.

    Raises UsageError when it is not a manifest or lacks columns, IntegrityError when it is damaged,
    and what the store raises.
    """
    files = InventoryFiles(
        open_store=open_store,
        directory=directory,
        is_cancelled=lambda: False,
        retries=RequestRetries(retry_attempts),
        requester_pays=requester_pays,
    )
    return InventoryListing(files, place)


def _pinned_page(
    columns: Columns, row_filter: RowFilter, row_counts: RowCounts, name: str
) -> _PinnedPage:
    """The current objects among some rows. Raises IntegrityError for one without an ETag."""
    stored, rows = current_rows(columns, row_filter, row_counts, name)
    etags = [str(columns[ETAG][row] or "").strip('"') for row in rows]
    if not all(map(_PRINTABLE.fullmatch, etags)):
        raise damaged(name, "an object has no valid ETag")
    return _PinnedPage(stored=stored, etags=etags, version_ids=_versions(columns, rows, name))


def _versions(columns: Columns, rows: Sequence[int], name: str) -> list[str]:
    if VERSION not in columns:
        return [""] * len(rows)
    found = [str(columns[VERSION][row] or "") for row in rows]
    if not all(_PRINTABLE.fullmatch(version) for version in found if version):
        raise damaged(name, "an object has an invalid version id")
    return ["" if version in _NO_VERSION else version for version in found]
