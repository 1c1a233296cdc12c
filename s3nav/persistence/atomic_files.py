"""Replace small files atomically: a reader sees the old or the new content, never a mix."""

import os
from pathlib import Path

PRIVATE_FILE_MODE = 0o600
PUBLIC_FILE_MODE = 0o666
"""What the umask leaves of it: the mode of a file that the user named."""
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME_CHARACTERS = 40


def write_atomically(path: Path, content: bytes, *, mode: int = PRIVATE_FILE_MODE) -> None:
    """Write `content` to `path`: temporary file, fsync, rename, fsync of the directory.

    Raises OSError after deleting the temporary file.
    """
    temporary, descriptor = create_temporary(path, mode=mode)
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


def create_temporary(path: Path, *, mode: int = PUBLIC_FILE_MODE) -> tuple[Path, int]:
    """Create a file beside `path` to be renamed to it; returns its path and a descriptor.

    Its name cannot be guessed and must be free: others who may write in the directory can lay no
    link there that would be followed. Raises OSError.
    """
    name = f".{path.name[:_NAME_CHARACTERS]}.{os.urandom(8).hex()}.tmp"
    temporary = path.with_name(name)
    return temporary, os.open(temporary, _FRESH, mode)


def sync_directory(directory: Path) -> None:
    """Make renames in `directory` survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
