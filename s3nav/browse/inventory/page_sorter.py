"""Sort more rows than fit into memory: write sorted runs to a temporary file, then merge them."""

import heapq
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import msgspec

from s3nav.browse.inventory.inventory_files import disk_problem, temporary_file
from s3nav.browse.pages import StoredPage, pack, unpack

RUN_ROWS = 200_000
"""Rows sorted in memory, about 50 MB."""
RUNS_AT_ONCE = 128
"""Runs merged at a time, each with one page in memory."""
PAGE_ROWS = 1000
_LENGTH_BYTES = 4
_Row = tuple[Any, ...]
"""Its key first, then its size."""
P = TypeVar("P")
_Run = tuple[int, int]
"""Where it begins and ends in the file."""


class PageShape(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """How a type of page is split into columns, rebuilt, packed and unpacked."""

    columns: Callable[[P], tuple[Sequence[Any], ...]]
    """Columns of equal length: keys first, then sizes."""
    page: Callable[[list[list[Any]]], P]
    """Rebuilds a page from such columns."""
    pack: Callable[[P], bytes]
    unpack: Callable[[bytes], P]


def _stored_page(columns: list[list[Any]]) -> StoredPage:
    keys, sizes, modified_s, classes = columns
    return StoredPage(keys=keys, sizes=sizes, modified_s=modified_s, classes=classes)


STORED: PageShape[StoredPage] = PageShape(
    columns=lambda page: (page.keys, page.sizes, page.modified_s, page.classes),
    page=_stored_page,
    pack=pack,
    unpack=unpack,
)
"""The pages of scans."""


class PageSorter(Generic[P]):
    """Takes pages in any order and returns them in byte order of keys. For one thread."""

    def __init__(
        self,
        directory: Path,
        shape: PageShape[P],
        *,
        run_rows: int = RUN_ROWS,
        runs_at_once: int = RUNS_AT_ONCE,
    ) -> None:
        self._shape = shape
        self._file = temporary_file(directory)
        self._run_rows = run_rows
        self._at_once = runs_at_once
        self._rows: list[_Row] = []
        self._levels: list[list[_Run]] = [[]]
        """Runs by level: unmerged ones first, then runs merged once, twice…"""
        self.rows = self.size_bytes = 0
        """Total size of the objects added so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, page: P) -> None:
        """Add a page. Raises LocalDiskError."""
        columns = self._shape.columns(page)
        self._rows += zip(*columns, strict=True)
        self.rows += len(columns[0])
        self.size_bytes += sum(columns[1])
        if len(self._rows) >= self._run_rows:
            self._spill()

    def pages(self) -> Iterator[P]:
        """All rows in order; call it after the last `add`. Raises LocalDiskError."""
        if not self._levels[0] and len(self._levels) == 1:
            self._rows.sort()
            yield from self._paged(self._rows)
            return
        self._spill()
        runs = [run for level in self._levels for run in level]
        yield from self._paged(heapq.merge(*map(self._read, runs)))

    def _spill(self) -> None:
        if self._rows:
            self._rows.sort()
            self._add_run(0, self._write(self._rows))
            self._rows = []

    def _add_run(self, level: int, run: _Run) -> None:
        if level == len(self._levels):
            self._levels.append([])
        runs = self._levels[level]
        runs.append(run)
        if len(runs) == self._at_once:
            self._add_run(level + 1, self._write(heapq.merge(*map(self._read, runs))))
            runs.clear()

    def _write(self, rows: Iterable[_Row]) -> _Run:
        file = self._file
        try:
            start = file.seek(0, os.SEEK_END)
            for page in self._paged(rows):
                blob = self._shape.pack(page)
                file.write(len(blob).to_bytes(_LENGTH_BYTES, "big"))
                file.write(blob)
                file.flush()  # a merge reads the same descriptor
            return start, file.tell()
        except OSError as error:
            raise disk_problem(error) from error

    def _read(self, run: _Run) -> Iterator[_Row]:
        position, stop = run
        # `pread` takes its position as an argument, so merged runs can share one open file.
        descriptor = self._file.fileno()
        while position < stop:
            length = int.from_bytes(os.pread(descriptor, _LENGTH_BYTES, position), "big")
            page = self._shape.unpack(os.pread(descriptor, length, position + _LENGTH_BYTES))
            position += _LENGTH_BYTES + length
            yield from zip(*self._shape.columns(page), strict=True)

    def _paged(self, rows: Iterable[_Row]) -> Iterator[P]:
        left = iter(rows)
        while part := list(itertools.islice(left, PAGE_ROWS)):
            yield self._shape.page([list(column) for column in zip(*part, strict=True)])
