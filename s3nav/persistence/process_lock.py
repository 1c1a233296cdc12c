"""A lock file that the kernel lets go of when its process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from s3nav.persistence.atomic_files import PRIVATE_FILE_MODE

_PID_BYTES_MAX = 32


class ProcessLock:
    """Held from `acquire` until `release` or the end of the process."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    @classmethod
    def acquire(cls, path: Path) -> Self | None:
        """Take the lock; None when another process, or another holder in this one, has it.

        The file says the number of the process that holds it. Raises OSError.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
        """Let others have it. Calling it twice is fine."""
        if self._descriptor >= 0:
            # Removed while held, so that nobody can hold a file that has no name any more.
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def holder_of(path: Path) -> str:
    """The number of the process that holds a lock, or ``unknown``."""
    try:
        with path.open("rb") as file:
            return file.read(_PID_BYTES_MAX).decode("ascii", "replace") or "unknown"
    except FileNotFoundError:
        return "unknown"


def _is_still_named(descriptor: int, path: Path) -> bool:
    """False when the holder before us removed the file between our open and our lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
