"""A request to write to S3, as the user made it."""

import hashlib
import os
from collections.abc import Sequence

import msgspec

from s3nav.model.places import S3Uri

STDIN = "-"
"""The local name of standard input."""


class UploadFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Upload files and directories.

    ``dir`` becomes ``prefix/dir/…``, ``dir/`` and ``.`` become ``prefix/…``; a target that is
    neither empty nor ends with ``/`` is the key of the one file named.
    """

    paths: tuple[str, ...]
    """As typed; ``-`` is standard input."""
    to: S3Uri
    storage_class: str = ""
    overwrite: bool = False

    @property
    def is_stream(self) -> bool:
        """True for standard input, which can be read once."""
        return STDIN in self.paths


class CopyObjects(msgspec.Struct, frozen=True, kw_only=True):
    """Copy objects, or everything below prefixes, inside S3.

    What is below one prefix becomes ``to/…``. Of several sources each keeps its last name, and
    those that end with ``/`` are prefixes: ``a/x/`` becomes ``to/x/…``.
    """

    sources: tuple[S3Uri, ...]
    to: S3Uri
    recursive: bool = False
    storage_class: str = ""
    overwrite: bool = False


UploadRequest = UploadFiles | CopyObjects


class UploadOptions(msgspec.Struct, frozen=True):
    """What the journal keeps of a request beside its items."""

    storage_class: str = ""
    overwrite: bool = False


def upload_command_words(request: UploadRequest) -> tuple[str, ...]:
    """An equivalent command line; empty for a stream, which cannot be read again."""
    options = ["--storage-class", request.storage_class] if request.storage_class else []
    options += ["--overwrite"] * request.overwrite
    options.append("--allow-write")
    if isinstance(request, CopyObjects):
        recursive = ["--recursive"] * request.recursive
        return ("cp", *map(str, request.sources), str(request.to), *recursive, *options)
    if request.is_stream:
        return ()
    paths = [_absolute(path) for path in request.paths]
    return ("put", *paths, str(request.to), *options)


def _absolute(path: str) -> str:
    """The absolute path; a slash at its end is kept, because it changes the keys."""
    ends = "/" * (path.endswith("/") or path == ".")
    return os.path.abspath(path) + ends  # noqa: PTH100  # links are kept as they were typed


def title_of(request: UploadRequest) -> str:
    """The job's name in the queue."""
    froms: Sequence[object] = request.sources if isinstance(request, CopyObjects) else request.paths
    more = f" and {len(froms) - 1} more" if len(froms) > 1 else ""
    return f"{froms[0]}{more} → {request.to}"


def fingerprint(request: UploadRequest) -> str:
    """The same for requests that write the same objects from the same places."""
    if isinstance(request, CopyObjects):
        facts: list[object] = ["copy", *map(str, request.sources), request.recursive]
    else:
        # A slash at the end changes the keys.
        facts = ["put", [(os.path.abspath(p), p.endswith("/")) for p in request.paths]]  # noqa: PTH100  # Path drops the slash
    facts += [str(request.to), request.storage_class, request.overwrite]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
