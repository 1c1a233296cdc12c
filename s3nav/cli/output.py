"""Write results to standard output: text, table, JSON, JSON lines or CSV. Nothing else does."""

import csv
import errno
import io
import itertools
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, TextIO, get_args

from s3nav.model.errors import LocalDiskError
from s3nav.present.formatting import Column, Datum, Row, cells, padded, safe_text

Format = Literal["table", "json", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)

ROWS_MEASURED = 1000
"""Rows that determine the widths of a table's columns; one page of a listing."""
_GAP = "  "
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""As OWASP's page on CSV injection has them."""


class ReaderGone(Exception):  # noqa: N818  # not an error: the reader needs no more
    """The reader of standard output closed it, as ``head`` does."""


def as_format(name: str) -> Format:
    """Return the format named `name`, which the option has checked."""
    return next(known for known in FORMATS if known == name)


def point_nowhere(stream: TextIO) -> None:
    """Redirect `stream` to the null device, so that flushing it at exit raises no error."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Output:
    """Writes the results of one command in the chosen format."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_terminal = stream is not None and stream.isatty()
        self.format: Format | None = None
        """None when the user chose none: each command then prints its own plain text."""
        self.is_csv_safe = False
        """True to write a ``'`` before texts that a spreadsheet would take for formulas."""
        self._copy: io.StringIO | None = None

    def keep_copy(self) -> None:
        """Keep a copy of everything written from now on."""
        self._copy = io.StringIO()

    @property
    def copied(self) -> str:
        """Everything written since `keep_copy`."""
        return self._copy.getvalue() if self._copy else ""

    def line(self, text: str = "") -> None:
        """Write one line of plain text, made safe for a terminal. Raises ReaderGone."""
        self._write(safe_text(text) + "\n")

    def rows(self, columns: Sequence[Column], rows: Iterable[Row]) -> bool:
        """Write rows as they arrive, in the chosen format or as a table. Raises ReaderGone.

        Returns False without rows; then a table has no head either.
        """
        remaining = iter(rows)
        first = next(remaining, None)
        found = itertools.chain([] if first is None else [first], remaining)
        match self.format:
            case "json":
                self._json_list(columns, found)
            case "jsonl":
                for row in found:
                    self._write(_json(_record(columns, row)) + "\n")
            case "csv":
                self._csv(columns, found)
            case "table" | None if first is not None:
                self._table(columns, found)
        return first is not None

    def row(self, columns: Sequence[Column], row: Row) -> None:
        """Write one result: an object in JSON, one row otherwise. Raises ReaderGone."""
        if self.format == "json":
            self._write(json.dumps(_record(columns, row), indent=2) + "\n")
        else:
            self.rows(columns, [row])

    def objects(self, values: Iterable[Mapping[str, object]]) -> None:
        """Write objects of any shape: as a list in JSON, one a line otherwise."""
        if self.format != "json":
            for value in values:
                self._write(json.dumps(value) + "\n")
            return
        opened = False
        for value in values:
            self._write((",\n " if opened else "[\n ") + json.dumps(value))
            opened = True
        self._write("\n]\n" if opened else "[]\n")

    def object(self, value: Mapping[str, object]) -> None:
        """Write one object of any shape."""
        self._write(json.dumps(value, indent=2 if self.format == "json" else None) + "\n")

    @property
    def is_json(self) -> bool:
        """True for JSON and JSON lines."""
        return self.format in {"json", "jsonl"}

    def flush(self) -> None:
        """Flush the stream. Raises ReaderGone."""
        if self._stream is not None:
            with self._reporting():
                self._stream.flush()

    def _write(self, text: str) -> None:
        if self._copy is not None:
            self._copy.write(text)
        if self._stream is not None:
            with self._reporting():
                self._stream.write(text)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Raise ReaderGone or LocalDiskError when standard output cannot be written."""
        try:
            yield
        except BrokenPipeError as error:
            self._abandon()
            raise ReaderGone from error
        except OSError as error:
            is_gone = error.errno == errno.EIO and self._is_terminal
            self._abandon()
            if is_gone:
                raise ReaderGone from error
            raise LocalDiskError(
                f"cannot write standard output: {error.strerror}",
                remedy="write to another file or disk",
            ) from error

    def _abandon(self) -> None:
        """Stop writing, and redirect the descriptor so that the flush at exit raises no error."""
        if self._stream is not None:
            point_nowhere(self._stream)
        self._stream = None

    def _json_list(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        opened = False
        for row in rows:
            self._write((",\n " if opened else "[\n ") + _json(_record(columns, row)))
            opened = True
        self._write("\n]\n" if opened else "[]\n")

    def _csv(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        safe = self._stream is not None and self._stream.isatty()
        line = io.StringIO()
        writer = csv.writer(line, lineterminator="\n")
        for texts in itertools.chain([[c.key for c in columns]], map(self._csv_cells, rows)):
            writer.writerow([safe_text(text) for text in texts] if safe else texts)
            self._write(line.getvalue())
            line.seek(0)
            line.truncate()

    def _csv_cells(self, row: Row) -> list[str]:
        return [
            "" if value is None
            else json.dumps(value) if not isinstance(value, str)
            else f"'{value}" if self.is_csv_safe and value.startswith(_FORMULA_STARTS)
            else value
            for value in row.values
        ]  # fmt: skip

    def _table(self, columns: Sequence[Column], rows: Iterable[Row]) -> None:
        remaining = iter(rows)
        measured = list(itertools.islice(remaining, ROWS_MEASURED))
        titles = [column.title for column in columns]
        lines = [titles, *([safe_text(cell) for cell in row.cells] for row in measured)]
        widths = [max(cells(line[index]) for line in lines) for index in range(len(columns))]
        for line in itertools.chain(lines, _safe_cells(remaining)):
            self._write(_table_line(columns, widths, line))


def _safe_cells(rows: Iterable[Row]) -> Iterator[list[str]]:
    return ([safe_text(cell) for cell in row.cells] for row in rows)


def _table_line(columns: Sequence[Column], widths: Sequence[int], texts: Sequence[str]) -> str:
    shown = [
        padded(text, width, right=column.is_number)
        for column, width, text in zip(columns, widths, texts, strict=True)
    ]
    return _GAP.join(shown).rstrip() + "\n"


def _record(columns: Sequence[Column], row: Row) -> dict[str, Datum]:
    return {column.key: value for column, value in zip(columns, row.values, strict=True)}


def _json(record: dict[str, Datum]) -> str:
    """JSON in ASCII, which is safe in every terminal and locale."""
    return json.dumps(record)
