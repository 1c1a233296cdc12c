"""What a user wants to be written to S3, before anything has been looked at."""

import hashlib
import os
from collections.abc import Sequence

import msgspec

from s3nav.model.places import S3Uri

STDIN = "-"
"""The local name of standard input."""


class Putting(msgspec.Struct, frozen=True, kw_only=True):
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


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """Copy objects, or everything below prefixes, inside S3.

    What is below one prefix becomes ``to/…``. Of several sources each keeps its last name, and
    those that end with ``/`` are prefixes: ``a/x/`` becomes ``to/x/…``.
    """

    sources: tuple[S3Uri, ...]
    to: S3Uri
    recursive: bool = False
    storage_class: str = ""
    overwrite: bool = False


UploadRequest = Putting | Copying


class UploadOptions(msgspec.Struct, frozen=True):
    """What the journal keeps of a wish beside its items."""

    storage_class: str = ""
    overwrite: bool = False


def upload_command_words(wish: UploadRequest) -> tuple[str, ...]:
    """An equivalent command line; empty for a stream, which cannot be read again."""
    options = ["--storage-class", wish.storage_class] if wish.storage_class else []
    options += ["--overwrite"] * wish.overwrite
    options.append("--allow-write")
    if isinstance(wish, Copying):
        recursive = ["--recursive"] * wish.recursive
        return ("cp", *map(str, wish.sources), str(wish.to), *recursive, *options)
    if wish.is_stream:
        return ()
    paths = [_absolute(path) for path in wish.paths]
    return ("put", *paths, str(wish.to), *options)


def _absolute(path: str) -> str:
    """Whether it ends with a slash means something."""
    ends = "/" * (path.endswith("/") or path == ".")
    return os.path.abspath(path) + ends  # noqa: PTH100  # links are kept as they were typed


def title_of(wish: UploadRequest) -> str:
    """The job's name in the queue."""
    froms: Sequence[object] = wish.sources if isinstance(wish, Copying) else wish.paths
    more = f" and {len(froms) - 1} more" if len(froms) > 1 else ""
    return f"{froms[0]}{more} → {wish.to}"


def fingerprint(wish: UploadRequest) -> str:
    """The same for requests that write the same objects from the same places."""
    if isinstance(wish, Copying):
        facts: list[object] = ["copy", *map(str, wish.sources), wish.recursive]
    else:
        # A slash at the end changes the keys.
        facts = ["put", [(os.path.abspath(p), p.endswith("/")) for p in wish.paths]]  # noqa: PTH100  # Path drops the slash
    facts += [str(wish.to), wish.storage_class, wish.overwrite]
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()
