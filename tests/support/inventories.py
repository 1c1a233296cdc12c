"""Inventories as S3 delivers them: a manifest, its checksum, and data files."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

WHEN = datetime(2026, 11, 19, 1, 0, tzinfo=UTC)
COLUMNS = ("Bucket", "Key", "Size", "LastModifiedDate", "ETag", "StorageClass")
VERSIONED = ("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", *COLUMNS[2:])
_PARQUET = {
    "VersionId": "version_id",
    "IsLatest": "is_latest",
    "IsDeleteMarker": "is_delete_marker",
    "LastModifiedDate": "last_modified_date",
    "ETag": "e_tag",
    "StorageClass": "storage_class",
}
Row = Mapping[str, object]
Put = Callable[[str, bytes], None]


def row(key: str, size: int = 1, **more: object) -> Row:
    """An object of the bucket ``roads``."""
    return {
        "Bucket": "roads",
        "Key": key,
        "VersionId": "v1",
        "IsLatest": True,
        "IsDeleteMarker": False,
        "Size": size,
        "LastModifiedDate": WHEN,
        "ETag": "0" * 32,
        "StorageClass": "STANDARD",
    } | more


@dataclass
class Inventory:
    """One delivery; every part of it may be changed before it is put somewhere."""

    files: Sequence[Sequence[Row]]
    columns: Sequence[str] = COLUMNS
    is_parquet: bool = False
    created_at: datetime = WHEN
    document: dict[str, Any] = field(default_factory=dict)
    """In place of what the manifest says."""
    spoil: Callable[[bytes], bytes] = lambda content: content
    """What a data file becomes, with the MD5 of that."""
    prefix: str = "lists/roads/daily/"

    @property
    def manifest_key(self) -> str:
        return f"{self.prefix}2026-11-19T01-00Z/manifest.json"

    def contents(self) -> dict[str, bytes]:
        """Key in the destination bucket to bytes."""
        found: dict[str, bytes] = {}
        named = []
        for number, rows in enumerate(self.files):
            content = self.spoil(self._parquet(rows) if self.is_parquet else self._csv(rows))
            ending = "parquet" if self.is_parquet else "csv.gz"
            key = f"{self.prefix}data/{number}.{ending}"
            found[key] = content
            named.append({"key": key, "size": len(content), "MD5checksum": _md5(content)})
        manifest = {
            "sourceBucket": "roads",
            "destinationBucket": "arn:aws:s3:::lists",
            "version": "2016-11-30",
            "creationTimestamp": str(int(self.created_at.timestamp() * 1000)),
            "fileFormat": "Parquet" if self.is_parquet else "CSV",
            "fileSchema": self._schema(),
            "files": named,
        } | self.document
        text = json.dumps(manifest).encode()
        found[self.manifest_key] = text
        found[self.manifest_key.replace(".json", ".checksum")] = _md5(text).encode()
        return found

    def put(self, put: Put) -> str:
        """Deliver it to the bucket ``lists``; its manifest."""
        for key, content in self.contents().items():
            put(key, content)
        return f"s3://lists/{self.manifest_key}"

    def write(self, directory: Path) -> Path:
        """Copy it to a directory as it lies in S3; its manifest."""
        for key, content in self.contents().items():
            path = directory / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return directory / self.manifest_key

    def _schema(self) -> str:
        if not self.is_parquet:
            return ", ".join(self.columns)
        fields = "".join(f"optional binary {_parquet_name(name)} (UTF8);" for name in self.columns)
        return f"message s3.inventory {{ {fields} }}"

    def _csv(self, rows: Sequence[Row]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([_cell(name, each[name]) for name in self.columns] for each in rows)
        return gzip.compress(text.getvalue().encode())

    def _parquet(self, rows: Sequence[Row]) -> bytes:
        import pyarrow
        from pyarrow import parquet

        types = {"Size": pyarrow.int64(), "LastModifiedDate": pyarrow.timestamp("ms", "UTC")}
        flags = dict.fromkeys(("IsLatest", "IsDeleteMarker"), pyarrow.bool_())
        table = pyarrow.table(
            {
                _parquet_name(name): pyarrow.array(
                    [each[name] for each in rows],
                    type=(types | flags).get(name, pyarrow.string()),
                )
                for name in self.columns
            }
        )
        sink = io.BytesIO()
        parquet.write_table(table, sink)
        return sink.getvalue()


def _parquet_name(column: str) -> str:
    return _PARQUET.get(column, column.lower())


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return quote_plus(str(value)) if name == "Key" else str(value)


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
