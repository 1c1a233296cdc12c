"""A lock file that the kernel releases when its process ends, even if it is killed."""

import fcntl
import os
from pathlib import Path
from typing import Self

from s3nav.persistence.atomic_files import PRIVATE_FILE_MODE
from s3nav.persistence.directories import make_private_directory

_PID_BYTES_MAX = 32


class ProcessLock:
    """Held from `acquire` until `release` or the end of the process."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    @classmethod
    def acquire(cls, path: Path) -> Self | None:
        """Take the lock; None when this or another process already holds it.

        The file contains the holder's process id. Raises OSError.
        """
        make_private_directory(path.parent)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE_MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if _is_still_named(descriptor, path):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return cls(descriptor, path)
            os.close(descriptor)

    def release(self) -> None:
        """Release the lock; may be called twice."""
        if self._descriptor >= 0:
            # Unlink before releasing: otherwise another process could lock the file and then lose
            # its name to this unlink.
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def holder_of(path: Path) -> str:
    """Return the process id in a lock file, or ``unknown``."""
    try:
        with path.open("rb") as file:
            return file.read(_PID_BYTES_MAX).decode("ascii", "replace") or "unknown"
    except FileNotFoundError:
        return "unknown"


def _is_still_named(descriptor: int, path: Path) -> bool:
    """False when the previous holder unlinked the file between our open and our lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
