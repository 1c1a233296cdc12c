"""Replace small files atomically: a reader sees the old or the new content, never a mix."""

import os
from pathlib import Path

PRIVATE_FILE_MODE = 0o600


def write_atomically(path: Path, content: bytes, *, mode: int = PRIVATE_FILE_MODE) -> None:
    """Write `content` to `path`: temporary file, fsync, rename, fsync of the directory.

    Raises OSError after deleting the temporary file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames in `directory` survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
