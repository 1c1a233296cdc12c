"""Rows of an inventory's files as columns, a few thousand at a time."""

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TypeVar
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

ROWS = 5000
"""Read at a time."""
_SIZES_END = 1 << 63
_TIMES_END = 253_402_300_800
"""Seconds; the year 10000."""
_MOST_CLASSES = 200
"""S3 has a dozen; a stored page has room for 256."""
USED = (BUCKET, KEY, SIZE, MODIFIED, CLASS, IS_LATEST, IS_MARKER)
"""What a count takes from a row."""
_T = TypeVar("_T", int, str)
Columns = Mapping[str, Sequence[object]]
"""By plain name, all of one length; a column the inventory has not is absent."""


class RowCounts(msgspec.Struct, kw_only=True):
    """What was met in the rows of an inventory; first what is no current object of the place."""

    old_versions: int = 0
    delete_markers: int = 0
    elsewhere: int = 0
    """Current objects outside the prefix that was asked for."""
    classes: set[str] = msgspec.field(default_factory=set)
    """Storage classes of those that are taken."""


def csv_columns(
    file: IO[bytes], names: Sequence[str], name: str, used: Collection[str] = USED
) -> Iterator[Columns]:
    """Rows of a CSV file, gzip; keys as S3 has them. Raises IntegrityError."""
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            text = io.TextIOWrapper(unpacked, encoding="utf-8", newline="")
            reader = csv.reader(text, strict=True)
            while rows := list(itertools.islice(reader, ROWS)):
                yield _typed(names, rows, used)
    except (OSError, EOFError, zlib.error, csv.Error, ValueError) as error:
        raise damaged(name, error) from error


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


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of an inventory."""

    bucket: str
    prefix: str | tuple[str, ...] = ""
    """Keys that begin with it, or with one of several."""
    used: tuple[str, ...] = USED
    """Columns, by plain names."""


def current_page(columns: Columns, taking: Taking, tally: RowCounts, name: str) -> StoredPage:
    """The current objects below a prefix among some rows; counts the others.

    Raises IntegrityError for rows of another bucket, or without a key or a size.
    """
    return current_rows(columns, taking, tally, name)[0]


def current_rows(
    columns: Columns, taking: Taking, tally: RowCounts, name: str
) -> tuple[StoredPage, Sequence[int]]:
    """The same, and which of the rows they are."""
    bucket, prefix = taking.bucket, taking.prefix
    if BUCKET in columns and set(columns[BUCKET]) - {bucket}:
        raise damaged(name, "it lists another bucket than its manifest says")
    rows: Sequence[int] = range(len(columns[KEY]))
    kept = _flagged(rows, columns.get(IS_MARKER), is_wanted=False, name=name)
    tally.delete_markers += len(rows) - len(kept)
    rows = _flagged(kept, columns.get(IS_LATEST), is_wanted=True, name=name)
    tally.old_versions += len(kept) - len(rows)
    keys, sizes = columns[KEY], columns[SIZE]
    picked: list[str] = []
    numbers: list[int] = []
    here: list[int] = []
    for row in rows:
        key, size_bytes = keys[row], sizes[row]
        if not isinstance(key, str) or not key or not isinstance(size_bytes, int):
            raise damaged(name, "an object has no key or no size")
        if not 0 <= size_bytes < _SIZES_END:
            raise damaged(name, "an object has an odd size")
        if key.startswith(prefix):
            picked.append(key)
            numbers.append(size_bytes)
            here.append(row)
    tally.elsewhere += len(rows) - len(here)
    modified_s = _picked(columns.get(MODIFIED), here, int, UNKNOWN_S)
    classes = _picked(columns.get(CLASS), here, str, UNKNOWN_CLASS)
    if not all(UNKNOWN_S <= when < _TIMES_END for when in modified_s):
        raise damaged(name, "an object has an odd time")
    tally.classes.update(classes)
    if len(tally.classes) > _MOST_CLASSES:
        raise damaged(name, "it has more storage classes than there can be")
    page = StoredPage(keys=picked, sizes=numbers, modified_s=modified_s, classes=classes)
    return page, here


def _flagged(
    rows: Sequence[int], flags: Sequence[object] | None, *, is_wanted: bool, name: str
) -> Sequence[int]:
    """The rows but those whose flag is another; a flag that is not set says nothing."""
    if flags is None:
        return rows
    if set(flags) - {True, False, None}:
        raise damaged(name, "a flag is neither true nor false")
    return [row for row in rows if flags[row] is None or flags[row] == is_wanted]


def _picked(
    column: Sequence[object] | None, rows: Sequence[int], kind: type[_T], unknown: _T
) -> list[_T]:
    """A column's values in some rows; what is missing is `unknown`."""
    if column is None:
        return [unknown] * len(rows)
    found = (column[row] for row in rows)
    return [value if isinstance(value, kind) and value != "" else unknown for value in found]


def _typed(names: Sequence[str], rows: Sequence[Sequence[str]], used: Collection[str]) -> Columns:
    """Cells of CSV as what they mean. Raises ValueError."""
    if any(len(row) != len(names) for row in rows):
        raise ValueError("a row has not the columns of the manifest")
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
    """What a file that is not what an inventory's file is means."""
    return IntegrityError(
        f"the inventory's file `{name}` cannot be read: {why}",
        remedy="take another inventory; nothing was kept",
        slug="inventory-damaged",
    )
