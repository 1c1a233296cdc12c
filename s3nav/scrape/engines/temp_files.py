"""Private directories for what engines write, their removal, and files kept aside for a person."""

import shutil
import tempfile
from pathlib import Path

from s3nav.persistence import unusable
from s3nav.scrape.engines.protocol import FileFact

_PREFIX = "s3nav-"


def make_temporary(base: Path, scrape_id: str) -> Path:
    """A new directory below `base` that its owner alone can read. Raises LocalDiskError."""
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{scrape_id}-", dir=base))
    except OSError as error:
        raise unusable(
            base, error, what="cannot make a directory in", instead="TEMP_DIRECTORY_BASE=DIR"
        ) from error


def remove_temporary(directory: Path, scrape_id: str) -> bool:
    """Remove a directory that `make_temporary` made, with all in it; True when it is gone.

    Anything else is left alone, whatever a record says.
    """
    if not directory.name.startswith(f"{_PREFIX}{scrape_id}-") or directory.is_symlink():
        return not directory.exists()
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def keep_aside(path: Path, problem: str, directory: Path, *, move: bool) -> FileFact:
    """Keep a file that could not be read where a person can look at it."""
    target = directory / path.name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if move:
            shutil.move(path, target)
        else:
            shutil.copyfile(path, target)
    except OSError:
        return FileFact(path=str(path), problem=problem, kept_at="")
    return FileFact(path=str(path), problem=problem, kept_at=str(target))
