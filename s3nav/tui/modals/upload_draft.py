"""The line a user types for an upload or a copy, and the request made from it."""

import os
from collections.abc import Callable, Sequence
from itertools import islice

import msgspec

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.present.formatting import safe_text
from s3nav.transfer import CopyObjects, UploadFiles

SOURCES_SHOWN = 4
COMPLETED_MOST = 200
"""Completions looked for in one directory."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A question, and how its answer becomes a request."""

    verb: str
    """``upload`` or ``copy``; the user types it to agree if nothing is replaced."""
    noun: str
    """``file`` or ``object``."""
    intro: tuple[str, ...]
    """Lines above the question."""
    question: str
    text: str
    """The answer filled in at first."""
    complete: Callable[[str], Sequence[str]]
    """Completions of a text; may read the disk."""
    request: Callable[[str, bool], UploadFiles | CopyObjects]
    """Makes the request from the answer and `overwrite`. Raises UsageError."""


def upload_draft(to: S3Uri) -> Draft:
    """Ask what to upload to the directory shown."""

    def request(text: str, overwrite: bool) -> UploadFiles:
        if not text.strip():
            raise UsageError("nothing to upload was named", remedy="type a file or a directory")
        path = _expanded(text)
        # Completion adds a slash to directories. As in `put`, it would mean "without the name".
        return UploadFiles(paths=(path.rstrip("/") or "/",), to=to, overwrite=overwrite)

    return Draft(
        verb="upload",
        noun="file",
        intro=(f"to {safe_text(str(to))}",),
        question="a local file or directory; DIR/. uploads its content without its name",
        text="",
        complete=local_paths,
        request=request,
    )


def copy_draft(sources: Sequence[S3Uri], words: str, *, at: S3Uri, buckets: Sequence[str]) -> Draft:
    """Ask where to copy objects of the directory `at`; `words` describe them.

    A prefix keeps its own name at the target, except `at` itself: then its content is copied.
    """
    is_prefix = [not place.key or place.key.endswith("/") for place in sources]

    def request(text: str, overwrite: bool) -> CopyObjects:
        if not text.startswith(SCHEME):
            raise UsageError(f"`{text}` is not in S3", remedy="write s3://bucket/prefix/")
        to = S3Uri.parse(text)
        if len(sources) == 1 and is_prefix[0] and sources[0] != at and _is_folder(to):
            to = to.child(sources[0].key.removesuffix("/").rpartition("/")[2] + "/")
        return CopyObjects(
            sources=tuple(sources), to=to, recursive=any(is_prefix), overwrite=overwrite
        )

    more = len(sources) - SOURCES_SHOWN
    places = tuple(f"  {safe_text(str(place))}" for place in sources[:SOURCES_SHOWN])
    known = [str(at), *(f"{SCHEME}{name}/" for name in buckets)]
    return Draft(
        verb="copy",
        noun="object",
        intro=(words, *places, *([f"  and {more:,} more"] if more > 0 else [])),
        question="to a prefix that ends with /; each object keeps its name",
        text=SCHEME,
        complete=lambda text: [place for place in known if place.startswith(text)],
        request=request,
    )


def _is_folder(place: S3Uri) -> bool:
    return not place.key or place.key.endswith("/")


def _expanded(text: str) -> str:
    """Expand ``~`` as a shell does."""
    try:
        return os.path.expanduser(text)  # noqa: PTH111  # Path drops a slash at the end
    except RuntimeError:
        return text


def local_paths(text: str) -> list[str]:
    """Paths that start with `text`; directories end with a slash.

    Hidden names are included if the last name of `text` is not empty.
    """
    head, slash, start = text.rpartition("/")
    try:
        directory = _expanded(head + slash) if slash else "."
        with os.scandir(directory) as entries:
            matching = (e for e in entries if e.name.startswith(start) and e.name.isprintable())
            shown = (e for e in matching if start or not e.name.startswith("."))
            return sorted(
                head + slash + entry.name + "/" * entry.is_dir()
                for entry in islice(shown, COMPLETED_MOST)
            )
    except (OSError, ValueError):
        return []
