"""Read a list of objects to download: URIs, CSV or JSON lines, one object a line.

``s3://bucket/key`` · ``bucket,key[,version]`` (quoted as CSV does) · a JSON object with ``source``
or with ``bucket`` and ``key``, as reports and lists of failed files have them. Empty lines, lines
that start with ``#`` and a CSV header are passed over. Keys are taken as they stand.
"""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri

BAD_LINES_SHOWN = 10
_NO_VERSION = frozenset({"", "null"})
_HEADER = ("bucket", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Objects named one by one; read whole and found good."""

    path: Path
    digest: str
    """Of the file's bytes: the same manifest is the same selection."""
    keys: Mapping[str, tuple[str, ...]]
    """Bucket to its keys in byte order, each once."""

    @property
    def files(self) -> int:
        """How many objects it names."""
        return sum(len(keys) for keys in self.keys.values())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raises UsageError that names every bad line, or the first ten."""
        content = read_text_file(path, "manifest")
        keys: dict[str, set[str]] = {}
        problems: list[str] = []
        for number, line in enumerate(_lines(content), start=1):
            try:
                place = _place(line, is_first=number == 1)
            except UsageError as error:
                problems.append(f"line {number}: {error.message}")
                continue
            if place is not None:
                keys.setdefault(place.bucket, set()).add(place.key)
        refuse_bad_lines(path, problems)
        if not keys:
            raise UsageError(f"manifest `{path}` names no object", slug="empty-manifest")
        return cls(
            path=path,
            digest=hashlib.sha256(content).hexdigest(),
            keys={
                bucket: tuple(sorted(names, key=lambda k: k.encode("utf-8", "surrogatepass")))
                for bucket, names in keys.items()
            },
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
    """Raise UsageError that lists what is wrong with the lines of a file, if anything is."""
    if not problems:
        return
    shown = problems[:BAD_LINES_SHOWN]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown)} more")
    lines = "1 bad line" if len(problems) == 1 else f"{len(problems)} bad lines"
    raise UsageError(
        f"`{path}` has {lines}: {'; '.join(shown)}",
        remedy="nothing was started; mend or remove them",
        slug="bad-lines",
    )


def _lines(content: bytes) -> Iterator[bytes]:
    return iter(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))


def _place(line: bytes, *, is_first: bool) -> S3Uri | None:
    """The object a line names; None when it names none by intention. Raises UsageError."""
    try:
        text = line.decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        raise UsageError("it is not UTF-8") from error
    if not text.strip() or text.startswith("#"):
        return None
    if text.startswith(SCHEME):
        return _whole(S3Uri.parse(text))
    if text.startswith("{"):
        return _of_json(text)
    return _of_csv(text, is_first=is_first)


def _of_json(text: str) -> S3Uri:
    try:
        entry: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not JSON: {error}") from error
    fields = entry if isinstance(entry, dict) else {}
    source, bucket, key = fields.get("source"), fields.get("bucket"), fields.get("key")
    _refuse_version(str(fields.get("version_id") or ""))
    if isinstance(source, str) and source.startswith(SCHEME):
        return _whole(S3Uri.parse(source))
    if isinstance(bucket, str) and isinstance(key, str) and bucket:
        return _whole(S3Uri(bucket, key))
    raise UsageError("it has neither `source` nor `bucket` and `key`")


def _of_csv(text: str, *, is_first: bool) -> S3Uri | None:
    try:
        [cells] = csv.reader([text], strict=True)
    except (csv.Error, ValueError) as error:
        raise UsageError(f"it is not CSV: {error}") from error
    if is_first and tuple(cell.strip().lower() for cell in cells[:2]) == _HEADER:
        return None
    if not 2 <= len(cells) <= 3:
        raise UsageError("it is neither s3://bucket/key nor bucket,key[,version]")
    _refuse_version(cells[2] if len(cells) == 3 else "")
    if "/" in cells[0] or not cells[0]:
        raise UsageError(f"`{cells[0]}` is no bucket")
    return _whole(S3Uri(cells[0], cells[1]))


def _whole(place: S3Uri) -> S3Uri:
    if not place.key:
        raise UsageError(f"`{place}` names no object")
    return place


def _refuse_version(version: str) -> None:
    if version not in _NO_VERSION:
        raise UsageError(f"version `{version}`: only current versions can be downloaded")
