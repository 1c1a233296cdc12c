"""Find the local files of an upload and name their keys, in the byte order of keys.

Links are followed where the user named one, and inside a directory when they lead to a file of
that same directory; links out of it, links to directories and broken ones are left out, each with a
reason. Nothing but regular files is ever opened. Empty directories have no place in S3.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from s3nav.model.errors import LocalDiskError, NotFoundError, UsageError
from s3nav.transfer.upload.upload_request import STDIN, UploadFiles

KEY_BYTES_MAX = 1024
LINK_OUT = "a link that leads out of the directory"
LINK_TO_DIRECTORY = "a link to a directory"
LINK_BROKEN = "a link that leads nowhere"
NOT_A_FILE = "not a regular file"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A local file and the key it will have."""

    path: str
    """Absolute; ``-`` for standard input."""
    key: str
    size_bytes: int = 0
    modified_ns: int | None = None
    left_out: str = ""
    """Why it is not sent; empty when it is."""


class _Start(msgspec.Struct, frozen=True):
    """One path of the command line."""

    path: str
    key: str
    """Of the file; for a directory the prefix of its files."""
    is_directory: bool


def check(request: UploadFiles) -> list[tuple[str, Iterator[Found]]]:
    """Look at what was named; key prefixes, each with the walk of its files.

    Raises UsageError for names that make no sense together, NotFoundError for a missing path.
    """
    if not request.paths:
        raise UsageError("nothing to upload was named", remedy="name a file or a directory")
    starts = [_start(path, request) for path in request.paths]
    _refuse_same_keys(starts, request.to.key)
    return [(start.key, _walk(start)) for start in starts]


def _start(path: str, request: UploadFiles) -> _Start:
    folder = not request.to.key or request.to.key.endswith("/")
    if path == STDIN:
        if folder or len(request.paths) > 1:
            raise UsageError(
                "standard input has no name", remedy="write the whole key: s3://bucket/key"
            )
        return _Start(path, request.to.key, is_directory=False)
    try:
        facts = os.stat(path)  # noqa: PTH116  # a slash at the end matters
    except FileNotFoundError:
        raise NotFoundError(f"no file or directory `{path}`", slug="no-such-file") from None
    except (OSError, ValueError) as error:
        raise LocalDiskError(f"cannot read `{path}`: {error}", slug="unreadable") from error
    is_directory = stat.S_ISDIR(facts.st_mode)
    if not is_directory and not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"`{path}` is no regular file", remedy="send a stream with `-`")
    if not folder and (is_directory or len(request.paths) > 1):
        raise UsageError(
            f"`{request.to}` names one object", remedy=f"end it with a slash: {request.to}/"
        )
    absolute = os.path.abspath(path)  # noqa: PTH100  # resolve() would follow links
    if not folder:
        return _Start(absolute, _key(request.to.key, absolute), is_directory=False)
    name = os.path.basename(absolute)  # noqa: PTH119
    if not is_directory:
        return _Start(absolute, _key(request.to.key + name, absolute), is_directory=False)
    contents_only = path.endswith(("/", "/.", "/..")) or path in {".", ".."}
    prefix = request.to.key if contents_only or not name else f"{request.to.key}{name}/"
    return _Start(absolute, _key(prefix, absolute), is_directory=True)


def _refuse_same_keys(starts: list[_Start], top: str) -> None:
    """Refuse paths that could meet at one key, by the first names below the target."""
    seen: dict[str, str] = {}
    for start in starts:
        names = [start.key.rstrip("/")]
        if start.is_directory and start.key == top and len(starts) > 1:
            names = [start.key + entry for entry in _entries(start.path)]
        for name in names:
            if name in seen:
                raise UsageError(
                    f"`{seen[name]}` and `{start.path}` would both get the key `{name}`",
                    remedy="upload them one after the other, to different prefixes",
                    slug="same-key",
                )
            seen[name] = start.path


def _entries(path: str) -> list[str]:
    try:
        return os.listdir(path)  # noqa: PTH208  # names only
    except OSError as error:
        raise LocalDiskError(
            f"cannot read `{path}`: {error.strerror}", slug="unreadable"
        ) from error


def _walk(start: _Start) -> Iterator[Found]:
    if start.path == STDIN:
        yield Found(path=STDIN, key=start.key)
    elif start.is_directory:
        root = Path(start.path).resolve()
        yield from _below(start.path, start.key, str(root) + "/")
    else:
        facts = os.stat(start.path)  # noqa: PTH116
        yield Found(
            path=start.path,
            key=start.key,
            size_bytes=facts.st_size,
            modified_ns=facts.st_mtime_ns,
        )


def _below(directory: str, prefix: str, root: str) -> Iterator[Found]:
    """Files below `directory`, depth first; keys come in byte order."""
    try:
        with os.scandir(directory) as entries:
            named = [(_is_folder(e), e) for e in entries]
    except OSError as error:
        raise LocalDiskError(
            f"cannot read `{directory}`: {error.strerror}", slug="unreadable"
        ) from error
    named.sort(key=lambda pair: os.fsencode(pair[1].name) + b"/" * pair[0])
    for is_folder, entry in named:
        key = _key(prefix + entry.name, entry.path)
        if is_folder:
            yield from _below(entry.path, key + "/", root)
        else:
            yield _found(entry, key, root)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _found(entry: os.DirEntry[str], key: str, root: str) -> Found:
    left_out = _why_not(entry, root)
    if left_out:
        return Found(path=entry.path, key=key, left_out=left_out)
    facts = entry.stat()
    return Found(path=entry.path, key=key, size_bytes=facts.st_size, modified_ns=facts.st_mtime_ns)


def _why_not(entry: os.DirEntry[str], root: str) -> str:
    if entry.is_symlink():
        end = os.path.realpath(entry.path)
        if not os.path.exists(end):  # noqa: PTH110
            return LINK_BROKEN
        if not end.startswith(root):
            return LINK_OUT
        if os.path.isdir(end):  # noqa: PTH112
            return LINK_TO_DIRECTORY
        return "" if os.path.isfile(end) else NOT_A_FILE  # noqa: PTH113
    return "" if entry.is_file(follow_symlinks=False) else NOT_A_FILE


def _key(key: str, path: str) -> str:
    """The key, when S3 can hold it. Raises UsageError."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise UsageError(
            f"the name {os.fsencode(path)!r} is not UTF-8, and keys must be",
            remedy="rename the file, or leave it out",
            slug="bad-name",
        ) from None
    if length > KEY_BYTES_MAX:
        raise UsageError(
            f"the key of `{path}` would have {length} bytes, and S3 takes {KEY_BYTES_MAX}",
            remedy="rename the file, or choose a shorter prefix",
            slug="bad-name",
        )
    return key
