"""Read a list of objects to download: URIs, CSV or JSON lines, one object a line.

``s3://bucket/key`` · ``bucket,key[,version_id]`` (quoted as CSV does) · a JSON object with
``source`` or with ``bucket`` and ``key``, and optionally ``version_id``, as in reports and lists
of failed files. Empty lines, lines that start with ``#`` and a CSV header are skipped.
Keys are taken literally; without a version, or with ``null``, the current version is meant.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri, key_bytes

BAD_LINES_SHOWN = 10
_NO_VERSION = frozenset({"", "null"})
_HEADER = ("bucket", "key")


class _Named(msgspec.Struct, frozen=True):
    """The object that a line names."""

    place: S3Uri
    version_id: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Objects named one by one, validated."""

    path: Path
    digest: str
    """SHA-256 of the file; equal manifests are equal selections."""
    keys: Mapping[str, tuple[str, ...]]
    """Bucket to its keys in byte order, each once."""
    versions: Mapping[tuple[str, str], str]
    """Bucket and key to the version id; without an entry, the current version."""

    @property
    def files(self) -> int:
        """The number of objects."""
        return sum(len(keys) for keys in self.keys.values())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raises UsageError that lists the bad lines, at most ten."""
        content = read_text_file(path, "manifest")
        keys: dict[str, set[str]] = {}
        versions: dict[tuple[str, str], str] = {}
        problems: list[str] = []
        for number, line in enumerate(_lines(content), start=1):
            try:
                named = _named(line, is_first=number == 1)
                if named is not None:
                    _add(named, keys, versions)
            except UsageError as error:
                problems.append(f"line {number}: {error.message}")
        refuse_bad_lines(path, problems)
        if not keys:
            raise UsageError(f"manifest `{path}` names no object", slug="empty-manifest")
        return cls(
            path=path,
            digest=hashlib.sha256(content).hexdigest(),
            keys={bucket: tuple(sorted(names, key=key_bytes)) for bucket, names in keys.items()},
            versions={place: version for place, version in versions.items() if version},
        )


def read_text_file(path: Path, what: str) -> bytes:
    """The bytes of a file that the user named. Raises UsageError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {what} `{path}`: {error.strerror}", slug=f"bad-{what.replace(' ', '-')}"
        ) from error


def refuse_bad_lines(path: Path, problems: list[str]) -> None:
    """Raise UsageError that lists the problems of a file, if there are any."""
    if not problems:
        return
    shown = problems[:BAD_LINES_SHOWN]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more")
    lines = "1 bad line" if len(problems) == 1 else f"{len(problems)} bad lines"
    raise UsageError(
        f"`{path}` has {lines}: {'; '.join(shown)}",
        remedy="nothing was started; fix or remove these lines",
        slug="bad-lines",
    )


def _lines(content: bytes) -> Iterator[bytes]:
    return iter(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))


def _add(named: _Named, keys: dict[str, set[str]], versions: dict[tuple[str, str], str]) -> None:
    """Add an object. Raises UsageError for a second version of a key: both have the same path."""
    place = (named.place.bucket, named.place.key)
    if versions.setdefault(place, named.version_id) != named.version_id:
        raise UsageError(f"another line names another version of `{named.place}`")
    keys.setdefault(place[0], set()).add(place[1])


def _named(line: bytes, *, is_first: bool) -> _Named | None:
    """The object of a line; None for empty lines, comments and headers. Raises UsageError."""
    try:
        text = line.decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        raise UsageError("it is not UTF-8") from error
    if not text.strip() or text.startswith("#"):
        return None
    if text.startswith(SCHEME):
        return _Named(_whole(S3Uri.parse(text)))
    if text.startswith("{"):
        return _of_json(text)
    return _of_csv(text, is_first=is_first)


def _of_json(text: str) -> _Named:
    try:
        entry: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not JSON: {error}") from error
    fields = entry if isinstance(entry, dict) else {}
    source, bucket, key = fields.get("source"), fields.get("bucket"), fields.get("key")
    version = _version(fields.get("version_id"))
    if isinstance(source, str) and source.startswith(SCHEME):
        return _Named(_whole(S3Uri.parse(source)), version)
    if isinstance(bucket, str) and isinstance(key, str) and bucket:
        return _Named(_whole(S3Uri(bucket, key)), version)
    raise UsageError("it has neither `source` nor `bucket` and `key`")


def _of_csv(text: str, *, is_first: bool) -> _Named | None:
    try:
        [cells] = csv.reader([text], strict=True)
    except (csv.Error, ValueError) as error:
        raise UsageError(f"it is not CSV: {error}") from error
    if is_first and tuple(cell.strip().lower() for cell in cells[:2]) == _HEADER:
        return None
    if not 2 <= len(cells) <= 3:
        raise UsageError("it is neither s3://bucket/key nor bucket,key[,version_id]")
    if "/" in cells[0] or not cells[0]:
        raise UsageError(f"`{cells[0]}` is not a bucket")
    version = _version(cells[2] if len(cells) == 3 else "")
    return _Named(_whole(S3Uri(cells[0], cells[1])), version)


def _whole(place: S3Uri) -> S3Uri:
    if not place.key:
        raise UsageError(f"`{place}` names no object")
    return place


def _version(found: object) -> str:
    """A version id; empty for the current one. Raises UsageError."""
    if found is None:
        return ""
    version = found.strip() if isinstance(found, str) else ""
    if not isinstance(found, str) or not (version.isascii() and version.isprintable()):
        raise UsageError("its version is not a version id")
    return "" if version in _NO_VERSION else version
