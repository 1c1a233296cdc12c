"""Create and remove the engines' private directories, and keep unreadable files for inspection."""

import shutil
import tempfile
from pathlib import Path

from s3nav.persistence import make_private_directory, unusable
from s3nav.scrape.engines.protocol import FileFact

_PREFIX = "s3nav-"


def make_temporary(base: Path, scrape_id: str) -> Path:
    """Create a directory below `base` that only its owner can read. Raises LocalDiskError."""
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{scrape_id}-", dir=base))
    except OSError as error:
        raise unusable(
            base, error, what="cannot make a directory in", instead="TEMP_DIRECTORY_BASE=DIR"
        ) from error


def remove_temporary(directory: Path, scrape_id: str) -> bool:
    """Remove a directory made by `make_temporary`; True when it no longer exists.

    Any other path is left alone: the path comes from a record, which could name any directory.
    """
    if not directory.name.startswith(f"{_PREFIX}{scrape_id}-") or directory.is_symlink():
        return not directory.exists()
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def keep_aside(path: Path, problem: str, directory: Path, *, move: bool) -> FileFact:
    """Move or copy an unreadable file to `directory`, where the user can inspect it."""
    target = directory / path.name
    try:
        make_private_directory(directory)
        if move:
            shutil.move(path, target)
        else:
            shutil.copyfile(path, target)
    except OSError:
        return FileFact(path=str(path), problem=problem, kept_at="")
    return FileFact(path=str(path), problem=problem, kept_at=str(target))
