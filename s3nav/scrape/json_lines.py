"""Scrapes as JSON lines: one line for each scrape, then one for each query with its results."""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.text.bounded_lines import UNDECODABLE, LineTooLongError, bounded_lines
from s3nav.model.text.plain_messages import misfit, one_line
from s3nav.persistence import create_temporary
from s3nav.scrape.resources import Entry, ScrapeRecord, is_too_deep

_UNREADABLE = (LineTooLongError, KeyError, TypeError, EOFError, OSError, zlib.error)
MAX_LINE_BYTES = 128 << 20
"""Far above any response of AWS; a small file can unpack to a longer line."""
_encode = msgspec.json.Encoder().encode


def write_lines(
    target: Path, records: Sequence[ScrapeRecord], entries: Iterable[Entry]
) -> tuple[int, int]:
    """Write scrapes and entries; return the numbers of documents and resources. Raises OSError."""
    documents = resources = 0
    temporary, descriptor = create_temporary(target)
    try:
        with (
            os.fdopen(descriptor, "wb") as plain,
            _packed(plain, zipped=target.name.endswith(".gz")) as file,
        ):
            for record in records:
                file.write(_encode({"scrape": record}) + b"\n")
            for entry in entries:
                documents += entry.document is not None
                resources += len(entry.resources)
                file.write(_encode({"entry": entry}) + b"\n")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return documents, resources


def read_lines(source: Path) -> tuple[list[ScrapeRecord], Iterator[Entry]]:
    """Read a file's records; entries follow lazily. Raises UsageError that names the line."""
    records: list[ScrapeRecord] = []
    lines = _lines(source)
    first: list[Entry] = []
    for line in lines:
        if isinstance(line, Entry):
            first.append(line)
            break
        records.append(line)
    if not records:
        raise UsageError(
            f"no scrape in `{source}`",
            remedy="name a file written by `s3nav --headless scrape export FILE.jsonl`",
        )

    def entries() -> Iterator[Entry]:
        yield from first
        for line in lines:
            if isinstance(line, Entry):
                yield line

    return records, entries()


def _lines(source: Path) -> Iterator[ScrapeRecord | Entry]:
    number = 0
    try:
        with _open(source) as file:
            for number, text in enumerate(bounded_lines(file, MAX_LINE_BYTES), 1):  # noqa: B007  # used in the error message
                line = msgspec.json.decode(text)
                if "scrape" in line:
                    yield msgspec.convert(line["scrape"], ScrapeRecord)
                else:
                    entry = msgspec.convert(line["entry"], Entry)
                    if entry.document is not None and is_too_deep(entry.document.response):
                        raise RecursionError
                    yield entry
    except (*UNDECODABLE, *_UNREADABLE) as e:
        raise UsageError(
            f"line {number + 1} of `{source}` cannot be read: {_why(e)}",
            remedy="name a file written by `s3nav --headless scrape export FILE.jsonl`",
        ) from e


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or one_line(str(error))
    return misfit(error)


def _packed(plain: IO[bytes], *, zipped: bool) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile("", "wb", fileobj=plain)) if zipped else plain


def _open(path: Path) -> IO[bytes]:
    zipped = path.name.endswith(".gz")
    return cast("IO[bytes]", gzip.open(path, "rb")) if zipped else path.open("rb")
