"""A plan in a file: what a dry run decided, one object a line, for review and replay.

The first line is ``{"s3nav_plan": 1}`` with ``s3``, how the S3 was reached: ``endpoint``,
``region``, ``profile``, ``anonymous``, ``path_style`` and ``account``. Each other line is an object
with ``bucket``, ``key``, ``size_bytes``, ``decision``, ``etag``, ``modified_at``,
``checksum_algorithm``, ``checksum_type``, ``version_id``, ``reason`` and ``storage_class``. Empty
fields and the class STANDARD are left out. A replay lists nothing; it fetches the lines with the
decision ``fetch``, pinned to their ETag. You may remove lines but not change them.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, unquote

import msgspec

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ObjectFact
from s3nav.model.places import S3Connection, key_bytes
from s3nav.model.text.bounded_lines import UNDECODABLE, LineTooLongError, bounded_lines
from s3nav.model.text.plain_messages import misfit, quoted
from s3nav.persistence import create_temporary
from s3nav.transfer.journal import PENDING, PlannedItem, moment
from s3nav.transfer.selection.manifest import refuse_bad_lines
from s3nav.transfer.selection.shards import Shard, Sharing

VERSION = 1
PAGE = 1000
_BUFFER = 1 << 20
_LONGEST_LINE = 1 << 20
"""Bytes; a key has up to 1,024, which may be escaped."""


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line of a plan."""

    s3nav_plan: int
    s3: S3Connection | None = None
    """None in plans of earlier releases."""


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One object of a plan."""

    bucket: str
    key: str
    size_bytes: int
    decision: Literal["fetch", "skip"]
    key_encoding: Literal["", "url"] = ""
    """``url`` if the key is not valid Unicode; it is percent-encoded then."""
    etag: str = ""
    modified_at: datetime | None = None
    checksum_algorithm: str = ""
    checksum_type: str = ""
    version_id: str = ""
    reason: str = ""
    storage_class: str = DEFAULT_STORAGE_CLASS

    @property
    def fact(self) -> ObjectFact:
        """The object, as the listing had it."""
        return ObjectFact(
            key=self.key,
            size_bytes=self.size_bytes,
            etag=self.etag,
            modified_at=self.modified_at,
            checksum_algorithm=self.checksum_algorithm,
            checksum_type=self.checksum_type,
            version_id=self.version_id,
            storage_class=self.storage_class,
        )


class PlanFile(msgspec.Struct, frozen=True, kw_only=True):
    """A plan file that was read once and is valid."""

    path: Path
    digest: str
    is_ordered: bool
    """Lines are sorted by bucket and key, so the plan is read as a stream, not into memory."""
    connection: S3Connection | None = None
    """Which S3 it is of; None when an earlier release wrote it."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raises UsageError that lists the bad lines, at most ten."""
        digest = hashlib.sha256()
        problems: list[str] = []
        is_ordered, before = True, ("", b"")
        files, connection = 0, None
        for number, text in enumerate(_lines(path), start=1):
            digest.update(text)
            try:
                if number == 1:
                    connection = _read_header(text).s3
                    continue
                line = _read(text)
            except UsageError as error:
                problems.append(f"line {number}: {error.message}")
                continue
            if line is None or line.decision == "skip":
                continue
            place = (line.bucket, key_bytes(line.key))
            is_ordered = is_ordered and place > before
            before = place
            files += 1
        refuse_bad_lines(path, problems)
        if not files:
            raise UsageError(f"plan `{path}` fetches nothing", slug="empty-plan")
        return cls(
            path=path, digest=digest.hexdigest(), is_ordered=is_ordered, connection=connection
        )

    def refuse_other_s3(self, here: S3Connection | None) -> None:
        """Raise UsageError when it is known to be of another S3 than this."""
        known = self.connection
        if known is None or here is None or here.same_s3(known):
            return
        options = " ".join(map(quoted, known.options))
        raise UsageError(
            f"plan `{self.path}` is of {known.shown}, not of {here.shown}",
            remedy=f"connect to it: {options}" if options else "connect to AWS",
            slug="other-s3",
        )

    def objects(self, shard: Shard | None = None) -> Iterator[tuple[str, Sequence[ObjectFact]]]:
        """Yield the objects to fetch, or those of a shard, each once, sorted by bucket and key.

        Raises UsageError.
        """
        lines: Iterable[Line] = self._wanted()
        if not self.is_ordered:
            once = {(line.bucket, line.key): line for line in lines}
            lines = sorted(once.values(), key=_order)
        if shard is not None:
            sharing = Sharing(shard)
            lines = (line for line in lines if sharing.takes(line.size_bytes))
        bucket, page = "", list[ObjectFact]()
        for line in lines:
            if page and (line.bucket != bucket or len(page) == PAGE):
                yield bucket, page
                page = []
            bucket = line.bucket
            page.append(line.fact)
        if page:
            yield bucket, page

    def _wanted(self) -> Iterator[Line]:
        for text in islice(_lines(self.path), 1, None):
            line = _read(text)
            if line is not None and line.decision == "fetch":
                yield line


class PlanWriter:
    """Writes a plan file; it gets its name only when it is complete."""

    def __init__(self, path: Path, connection: S3Connection | None = None) -> None:
        """`connection` is which S3 the plan is of."""
        self._path = path
        try:
            self._temporary, descriptor = create_temporary(path)
            self._file = os.fdopen(descriptor, "wb", _BUFFER)
        except OSError as error:
            raise _unwritable(path, error) from error
        self._encoder = msgspec.json.Encoder()
        self._buffer = bytearray()
        header = Header(s3nav_plan=VERSION, s3=connection)
        self._file.write(self._encoder.encode(header) + b"\n")

    def add(self, items: Iterable[PlannedItem]) -> None:
        """Write decisions. Raises LocalDiskError."""
        try:
            for item in items:
                self._file.write(self._encoder.encode(_line_of(item)) + b"\n")
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def finish(self) -> None:
        """Give the file its name. Raises LocalDiskError."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def close(self) -> None:
        """Remove an unfinished file; does nothing after `finish`."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def _line_of(item: PlannedItem) -> Line:
    key = item.key if _is_text(item.key) else quote(item.key, safe="/", errors="surrogatepass")
    return Line(
        bucket=item.bucket,
        key=key,
        key_encoding="" if key == item.key else "url",
        size_bytes=item.size_bytes,
        etag=item.etag,
        modified_at=moment(item.modified_ns),
        checksum_algorithm=item.algorithm,
        checksum_type=item.checksum_type,
        version_id=item.version_id,
        decision="fetch" if item.state == PENDING else "skip",
        reason=item.reason,
        storage_class=item.storage_class,
    )


def _is_text(key: str) -> bool:
    return key.isascii() or not any("\ud800" <= char <= "\udfff" for char in key)


def _order(line: Line) -> tuple[str, bytes]:
    return line.bucket, key_bytes(line.key)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from bounded_lines(file, _LONGEST_LINE)
    except LineTooLongError as error:
        raise UsageError(f"`{path}` is not a plan: {error} bytes", slug="bad-plan") from error
    except OSError as error:
        raise UsageError(f"cannot read plan `{path}`: {error.strerror}", slug="bad-plan") from error


def _read_header(text: bytes) -> Header:
    """The first line of a plan. Raises UsageError."""
    try:
        header = _HEADER_DECODER.decode(text)
    except UNDECODABLE:
        header = None
    if header is None or header.s3nav_plan != VERSION:
        raise UsageError(f'it is not the header of a plan, {{"s3nav_plan":{VERSION}}}')
    return header


def _read(text: bytes) -> Line | None:
    """One line of a plan behind its header; None for an empty line. Raises UsageError."""
    if not text.strip():
        return None
    try:
        line = _DECODER.decode(text)
    except UNDECODABLE as error:
        raise UsageError(misfit(error)) from error
    if not (line.bucket and line.key) or line.size_bytes < 0:
        raise UsageError("it names no object or no size")
    if "/" in line.bucket and not line.bucket.startswith("arn:"):
        raise UsageError(f"`{line.bucket}` is not a bucket")
    if line.key_encoding == "url":
        key = unquote(line.key, errors="surrogatepass")
        return msgspec.structs.replace(line, key=key, key_encoding="")
    return line


_DECODER = msgspec.json.Decoder(Line)
_HEADER_DECODER = msgspec.json.Decoder(Header)


def _unwritable(path: Path, error: OSError) -> LocalDiskError:
    return LocalDiskError(f"cannot write `{path}`: {error.strerror}", remedy="name another file")
