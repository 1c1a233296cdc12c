"""Read rows of an inventory's files as columns, a few thousand at a time."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Self, TypeVar
from urllib.parse import unquote_plus

import msgspec

from s3nav.browse.inventory.inventory_manifest import (
    BUCKET,
    CLASS,
    IS_LATEST,
    IS_MARKER,
    KEY,
    MODIFIED,
    SIZE,
    check_columns,
    plain_name,
)
from s3nav.browse.pages import StoredPage
from s3nav.extras import require
from s3nav.model.errors import IntegrityError
from s3nav.model.objects import UNKNOWN_CLASS, UNKNOWN_S, seconds_of
from s3nav.model.text.bounded_lines import bounded_lines

ROWS = 5000
"""Rows read at a time."""
_LONGEST_LINE = 1 << 16
"""Letters; a key has up to 3,072 when it is encoded, and an access control list some 30,000."""
_BATCH_LETTERS = 1 << 23
_SIZES_END = 1 << 63
_TIMES_END = 253_402_300_800
"""The year 10000, in seconds."""
_MAX_CLASSES = 200
"""S3 has a dozen; a stored page has room for 256."""
USED = (BUCKET, KEY, SIZE, MODIFIED, CLASS, IS_LATEST, IS_MARKER)
"""Columns that a count uses."""
_T = TypeVar("_T", int, str)
Columns = Mapping[str, Sequence[object]]
"""By plain name, all of one length; a column the inventory has not is absent."""


class RowCounts(msgspec.Struct, kw_only=True):
    """Counts of rows that were left out, and the storage classes of the others."""

    old_versions: int = 0
    delete_markers: int = 0
    elsewhere: int = 0
    """Current objects outside the requested prefix."""
    classes: set[str] = msgspec.field(default_factory=set)
    """Storage classes of the selected objects."""


def csv_columns(
    file: IO[bytes], names: Sequence[str], name: str, used: Collection[str] = USED
) -> Iterator[Columns]:
    """Rows of a gzipped CSV file, with keys decoded. Raises IntegrityError."""
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            text = io.TextIOWrapper(unpacked, encoding="utf-8", newline="")
            lines = _MeteredLines(text)
            reader = csv.reader(lines, strict=True)
            while rows := _batch(reader, lines):
                yield _typed(names, rows, used)
    except (OSError, EOFError, zlib.error, csv.Error, ValueError) as error:
        raise damaged(name, error) from error


class _MeteredLines:
    """Lines of bounded length, counted: a small gzip file can unpack to endless ones."""

    def __init__(self, text: IO[str]) -> None:
        self.letters = 0
        self._lines = bounded_lines(text, _LONGEST_LINE)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.letters += len(line)
        return line


def _batch(reader: Iterator[list[str]], lines: _MeteredLines) -> list[list[str]]:
    """The next rows: `ROWS` of them, or fewer if they are long."""
    rows: list[list[str]] = []
    lines.letters = 0
    for row in reader:
        rows.append(row)
        if len(rows) == ROWS or lines.letters > _BATCH_LETTERS:
            break
    return rows


def parquet_columns(
    file: IO[bytes], name: str, wanted: Collection[str] = USED
) -> Iterator[Columns]:
    """Rows of a Parquet file. Raises IntegrityError, and UsageError without pyarrow."""
    require("parquet", f"the Parquet file `{name}`", instead="configure the inventory as CSV")
    import pyarrow as arrow  # noqa: PLC0415  # an extra, and large
    from pyarrow import parquet  # noqa: PLC0415

    try:
        table = parquet.ParquetFile(file, pre_buffer=False)
        found = {plain_name(column): column for column in table.schema_arrow.names}
        check_columns(tuple(found), name)
        used = {plain: found[plain] for plain in wanted if plain in found}
        for batch in table.iter_batches(ROWS, columns=list(used.values()), use_threads=False):
            columns = {plain: batch.column(column) for plain, column in used.items()}
            if MODIFIED in columns:
                whole = columns[MODIFIED].cast(arrow.timestamp("s"), safe=False)
                columns[MODIFIED] = whole.cast(arrow.int64())
            yield {plain: column.to_pylist() for plain, column in columns.items()}
    except (arrow.ArrowException, OSError, ValueError, KeyError) as error:
        raise damaged(name, error) from error


class RowFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows and columns of an inventory are used."""

    bucket: str
    prefix: str | tuple[str, ...] = ""
    """Keys that begin with it, or with one of several."""
    used: tuple[str, ...] = USED
    """Columns, by plain names."""


def current_page(
    columns: Columns, row_filter: RowFilter, row_counts: RowCounts, name: str
) -> StoredPage:
    """Select the current objects below a prefix; count the other rows.

    Raises IntegrityError for rows of another bucket, or without a key or a size.
    """
    return current_rows(columns, row_filter, row_counts, name)[0]


def current_rows(
    columns: Columns, row_filter: RowFilter, row_counts: RowCounts, name: str
) -> tuple[StoredPage, Sequence[int]]:
    """As `current_page`, with the numbers of the selected rows."""
    bucket, prefix = row_filter.bucket, row_filter.prefix
    if BUCKET in columns and set(columns[BUCKET]) - {bucket}:
        raise damaged(name, "it lists another bucket than its manifest says")
    rows: Sequence[int] = range(len(columns[KEY]))
    kept = _flagged(rows, columns.get(IS_MARKER), is_wanted=False, name=name)
    row_counts.delete_markers += len(rows) - len(kept)
    rows = _flagged(kept, columns.get(IS_LATEST), is_wanted=True, name=name)
    row_counts.old_versions += len(kept) - len(rows)
    keys, sizes = columns[KEY], columns[SIZE]
    picked: list[str] = []
    numbers: list[int] = []
    inside: list[int] = []
    for row in rows:
        key, size_bytes = keys[row], sizes[row]
        if not isinstance(key, str) or not key or not isinstance(size_bytes, int):
            raise damaged(name, "an object has no key or no size")
        if not 0 <= size_bytes < _SIZES_END:
            raise damaged(name, "an object has an invalid size")
        if key.startswith(prefix):
            picked.append(key)
            numbers.append(size_bytes)
            inside.append(row)
    row_counts.elsewhere += len(rows) - len(inside)
    modified_s = _picked(columns.get(MODIFIED), inside, int, UNKNOWN_S)
    classes = _picked(columns.get(CLASS), inside, str, UNKNOWN_CLASS)
    if not all(UNKNOWN_S <= when < _TIMES_END for when in modified_s):
        raise damaged(name, "an object has an invalid time")
    row_counts.classes.update(classes)
    if len(row_counts.classes) > _MAX_CLASSES:
        raise damaged(name, f"it has more than {_MAX_CLASSES} storage classes")
    page = StoredPage(keys=picked, sizes=numbers, modified_s=modified_s, classes=classes)
    return page, inside


def _flagged(
    rows: Sequence[int], flags: Sequence[object] | None, *, is_wanted: bool, name: str
) -> Sequence[int]:
    """The rows whose flag is `is_wanted` or not set."""
    if flags is None:
        return rows
    if set(flags) - {True, False, None}:
        raise damaged(name, "a flag is neither true nor false")
    return [row for row in rows if flags[row] is None or flags[row] == is_wanted]


def _picked(
    column: Sequence[object] | None, rows: Sequence[int], kind: type[_T], unknown: _T
) -> list[_T]:
    """The values of a column in some rows; missing ones become `unknown`."""
    if column is None:
        return [unknown] * len(rows)
    found = (column[row] for row in rows)
    return [value if isinstance(value, kind) and value != "" else unknown for value in found]


def _typed(names: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[str]) -> Columns:
    """Convert cells of CSV to the types of their columns. Raises ValueError."""
    if any(len(row) != len(names) for row in rows):
        raise ValueError("a row does not have the columns of the manifest")
    texts = dict(zip(names, zip(*rows, strict=True), strict=True))
    return {
        name: [_READ[name](cell) for cell in texts[name]] if name in _READ else texts[name]
        for name in texts
        if name in used
    }


def _key(cell: str) -> str:
    return unquote_plus(cell, errors="strict") if "%" in cell or "+" in cell else cell


def _size(cell: str) -> int | None:
    return int(cell) if cell else None


def _moment(cell: str) -> int:
    if not cell:
        return UNKNOWN_S
    moment = datetime.fromisoformat(cell)
    return seconds_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _flag(cell: str) -> bool:
    if cell not in {"true", "false"}:
        raise ValueError(f"`{cell[:20]}` is neither true nor false")
    return cell == "true"


_READ: Mapping[str, Callable[[str], object]] = {
    KEY: _key,
    SIZE: _size,
    MODIFIED: _moment,
    IS_LATEST: _flag,
    IS_MARKER: _flag,
}


def damaged(name: str, why: object) -> IntegrityError:
    """The error for a file of an inventory that is not valid."""
    return IntegrityError(
        f"the inventory's file `{name}` cannot be read: {why}",
        remedy="take another inventory; nothing was kept",
        slug="inventory-damaged",
    )
