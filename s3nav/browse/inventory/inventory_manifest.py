"""Parse the manifest of an S3 Inventory: its bucket, its time, its columns and its files.

The format is that of the user guide, "Inventory manifest".
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from s3nav.model.errors import IntegrityError, UsageError
from s3nav.model.text.bounded_lines import UNDECODABLE
from s3nav.model.text.plain_messages import misfit

MANIFEST = "manifest.json"
CHECKSUM = "manifest.checksum"
BAD_INVENTORY = "bad-inventory"
BUCKET, KEY, SIZE = "bucket", "key", "size"
MODIFIED, CLASS = "lastmodifieddate", "storageclass"
NEEDED = {KEY: "Key", SIZE: "Size"}
OPTIONAL = {MODIFIED: "LastModifiedDate", CLASS: "StorageClass"}
"""Columns that a count can do without, by S3's names."""
VERSION, IS_LATEST, IS_MARKER = "versionid", "islatest", "isdeletemarker"
ETAG = "etag"
_LATEST_MS = 253_402_300_799_000
"""The last moment of the year 9999."""
_TIME_DIGITS = 19
"""Longer than any time, and short enough to become a number."""


class InventoryFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an inventory."""

    key: str
    """The key in the destination bucket."""
    size_bytes: int
    md5: str
    """MD5 of the file as stored, in hexadecimal."""


class InventoryManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed manifest."""

    bucket: str
    """The bucket it lists."""
    destination: str
    """The bucket with its files."""
    created_at: datetime
    """When S3 began to create the inventory. Aware, UTC."""
    is_parquet: bool
    columns: tuple[str, ...]
    """Names in lower case without underscores; for CSV in the order of the file."""
    files: tuple[InventoryFile, ...]

    @property
    def size_bytes(self) -> int:
        """The total size of its files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def missing(self) -> tuple[str, ...]:
        """Optional columns that the inventory lacks, by S3's names."""
        return tuple(name for column, name in OPTIONAL.items() if column not in self.columns)


class _File(msgspec.Struct, frozen=True):
    key: str
    size: int
    md5: str = msgspec.field(name="MD5checksum")


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    source_bucket: str
    destination_bucket: str
    creation_timestamp: str
    file_format: str
    file_schema: str
    files: list[_File]


def check_manifest(content: bytes, checksum: bytes, name: str) -> None:
    """Raise IntegrityError unless the manifest has the MD5 in its checksum file."""
    expected = checksum.decode("ascii", "replace").strip().lower()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != expected:
        raise IntegrityError(
            f"`{name}` does not match its {CHECKSUM}",
            remedy="copy both again, or take another inventory; nothing was kept",
            slug="inventory-mismatch",
        )


def parse_manifest(content: bytes, name: str) -> InventoryManifest:
    """Parse a manifest. Raises UsageError when it is not valid or lacks needed columns."""
    try:
        document = msgspec.json.decode(content, type=_Document)
    except UNDECODABLE as error:
        raise _refused(f"`{name}` is not a manifest of an inventory: {misfit(error)}") from error
    created_ms = _milliseconds(document.creation_timestamp, name)
    if not 0 < created_ms <= _LATEST_MS or not document.source_bucket:
        raise _refused(f"`{name}` names no bucket, or no time")
    if any(file.size < 0 or not file.key for file in document.files):
        raise _refused(f"`{name}` names a file without a key or with an invalid size")
    kind = document.file_format.upper()
    if kind not in {"CSV", "PARQUET"}:
        raise UsageError(
            f"`{name}` is an inventory in {document.file_format or 'no format'}",
            remedy="s3nav reads CSV and Parquet: configure the inventory for one of them",
            slug=BAD_INVENTORY,
        )
    columns = _columns(document.file_schema, is_parquet=kind == "PARQUET")
    check_columns(columns, name)
    return InventoryManifest(
        bucket=document.source_bucket,
        destination=document.destination_bucket.rpartition(":")[2],
        created_at=datetime.fromtimestamp(created_ms / 1000, UTC),
        is_parquet=kind == "PARQUET",
        columns=columns,
        files=tuple(
            InventoryFile(key=file.key, size_bytes=file.size, md5=file.md5.lower())
            for file in document.files
        ),
    )


def _milliseconds(text: str, name: str) -> int:
    """A time of a manifest; 0 when out of range, which means none. Raises UsageError."""
    if not text.removeprefix("-").isdecimal():
        raise _refused(f"`{name}` is not a manifest of an inventory: its time is not a number")
    return int(text) if len(text) <= _TIME_DIGITS else 0


def check_columns(columns: Sequence[str], name: str) -> None:
    """Raise UsageError when a column that a count needs is missing."""
    needed = dict(NEEDED)
    if VERSION in columns:
        needed[IS_LATEST] = "IsLatest"
    lacking = [said for column, said in needed.items() if column not in columns]
    if lacking:
        raise UsageError(
            f"the inventory `{name}` has no column {' and '.join(lacking)}",
            remedy="add it to the inventory configuration: a count needs it",
            slug=BAD_INVENTORY,
        )


def plain_name(column: str) -> str:
    """``IsLatest`` and ``is_latest`` are one name."""
    return column.strip().lower().replace("_", "")


def _columns(schema: str, *, is_parquet: bool) -> tuple[str, ...]:
    """``Bucket, Key`` of CSV, ``message s3.inventory { required binary key (UTF8); … }``."""
    if not is_parquet:
        return tuple(plain_name(column) for column in schema.split(","))
    inside = schema.partition("{")[2].rpartition("}")[0]
    fields = (field.partition("(")[0].split() for field in inside.split(";"))
    return tuple(plain_name(words[2]) for words in fields if len(words) >= 3)


def _refused(why: str) -> UsageError:
    return UsageError(why, remedy="name the manifest.json of an S3 Inventory", slug=BAD_INVENTORY)
