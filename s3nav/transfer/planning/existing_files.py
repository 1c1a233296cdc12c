"""Skip what is already on the disk, looked up directory by directory.

A file counts as fetched if it has the size and time of its object, or if its size is right and the
aws-data-downloader recorded it in ``download_resume.json``. Where downloads from another S3 had the
same target, or a checksum is wanted, its bytes are compared.

A plan can have a million objects. So the names of each directory are read once, and only a file
whose name exists costs a stat call; a target that does not exist costs nothing.
"""

import json
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME
from s3nav.transfer.journal import NS_PER_S, PENDING, SKIPPED, PlannedItem
from s3nav.transfer.selection.manifest import read_text_file

EXISTING_REASON = "already there: same size and time"
RESUME_FILE = "download_resume.json"
"""The record of the aws-data-downloader."""
RECORDED_REASON = "already there: same size, recorded by the aws-data-downloader"
NAMES_KEPT = 10_000
"""Names of a directory kept in memory; in a larger one, every file costs a stat call."""
DIRECTORIES_KEPT = 16
"""Directories whose names are kept. Keys come in order, so few are needed at a time."""


Verify = Callable[[PlannedItem, Path], str]
"""How it was verified that a file of the right size has the bytes of its object; else empty."""


class _Everything(frozenset[str]):
    """Stands for the names of a directory that has too many to keep: it contains any name."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return True


class ExistingFiles:
    """The files of a download directory; each directory is read once if keys come in order."""

    def __init__(
        self,
        target: Path,
        recorded: frozenset[str],
        *,
        folds: bool,
        verify: Verify,
        believes_time: Callable[[], bool],
    ) -> None:
        """`believes_time` is asked at the first file of the right size."""
        self._verify = verify
        self._believes_time = believes_time
        self._folds = folds
        self._root = str(target)
        self._recorded = recorded
        self._directories: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._is_empty = not target.is_dir()

    def skip(self, items: Sequence[PlannedItem]) -> None:
        """Mark the items that need not be fetched.

        Downloads set the time of the object, so a file with its size and time is current. A file
        that aws-data-downloader recorded needs only the right size.
        """
        if self._is_empty:
            return
        directory, names = "", self._names("")
        for item in items:
            path = item.path
            above, _, name = path.rpartition("/")
            if above != directory:
                directory, names = above, self._names(above)
            if name in names and item.state == PENDING and not item.codec:
                reason = self._reason(path, item)
                if reason:
                    item.state, item.reason = SKIPPED, reason

    def _reason(self, path: str, item: PlannedItem) -> str:
        try:
            found = os.stat(f"{self._root}/{path}", follow_symlinks=False)  # noqa: PTH116  # no Path per item
        except (OSError, ValueError):
            return ""
        if found.st_size != item.size_bytes:
            return ""
        if not self._believes_time():
            how = self._verify(item, Path(f"{self._root}/{path}"))
            return f"already there: same size and {how}" if how else ""
        # Whole seconds: the times of S3 and of some file systems are no finer.
        if item.modified_ns is not None and (
            found.st_mtime_ns // NS_PER_S == item.modified_ns // NS_PER_S
        ):
            return EXISTING_REASON
        return RECORDED_REASON if f"{item.bucket}/{item.key}" in self._recorded else ""

    def _names(self, directory: str) -> frozenset[str]:
        """The names in a directory; empty if it does not exist."""
        names = self._directories.get(directory)
        if names is not None:
            self._directories.move_to_end(directory)
            return names
        above, _, name = directory.rpartition("/")
        # A directory that is not among the names of its parent is not read.
        exists = not directory or name in self._names(above)
        names = self._read(directory) if exists else frozenset()
        self._directories[directory] = names
        if len(self._directories) > DIRECTORIES_KEPT:
            self._directories.popitem(last=False)
        return names

    def _read(self, directory: str) -> frozenset[str]:
        if self._folds:  # a name may exist in another spelling
            return _Everything()
        names: set[str] = set()
        for name in _entries(f"{self._root}/{directory}"):
            names.add(name)
            if len(names) > NAMES_KEPT:
                return _Everything()
        return frozenset(names)


def _entries(directory: str) -> Iterator[str]:
    try:
        with os.scandir(directory) as found:
            for entry in found:
                yield entry.name
    except (OSError, ValueError):
        return


def read_resume_file(path: Path) -> frozenset[str]:
    """``bucket/key`` of each file recorded as downloaded. Raises UsageError.

    The record has no sizes, so the plan compares the size of each file with its object.
    """
    content = read_text_file(path, "resume file")
    try:
        parsed: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _not_a_record(path, str(error)) from error
    recorded = parsed.get("downloaded_files") if isinstance(parsed, dict) else None
    if not isinstance(recorded, list) or not all(isinstance(name, str) for name in recorded):
        raise _not_a_record(path, "it has no list `downloaded_files`")
    return frozenset(name.removeprefix(SCHEME) for name in recorded)


def find_resume_file(target: Path) -> Path | None:
    """The record in a download directory or beside it; None without one."""
    for place in (target / RESUME_FILE, target.parent / RESUME_FILE):
        if place.is_file():
            return place
    return None


def _not_a_record(path: Path, why: str) -> UsageError:
    return UsageError(
        f"`{path}` is not a record of the aws-data-downloader: {why}",
        remedy="leave out --import-resume, or remove the file",
        slug="bad-resume-file",
    )
