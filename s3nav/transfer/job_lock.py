"""One process runs a job: a lock file that the kernel lets go of when the process ends."""

import fcntl
import os
from pathlib import Path
from typing import Self

from s3nav.model.errors import LocalDiskError, UsageError

PRIVATE_FILE_MODE = 0o600
_PID_BYTES_MAX = 32


class JobLock:
    """Held from `acquire` until `release` or the end of the process, however it ends."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path

    @classmethod
    def acquire(cls, directory: Path, job_id: str) -> Self:
        """Take the lock of a job. Raises UsageError that names the process holding it."""
        path = directory / f"{job_id}.lock"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _open_locked(path)
        except OSError as error:
            raise LocalDiskError(f"cannot lock `{path}`: {error.strerror}") from error
        if descriptor is None:
            owner = _read_owner(path)
            raise UsageError(
                f"job `{job_id}` is being run by another s3nav (process {owner})",
                remedy="wait for it, or pause it there",
                slug="job-locked",
                context={"pid": owner},
            )
        return cls(descriptor, path)

    def release(self) -> None:
        """Let another process run the job. Calling it twice is fine."""
        if self._descriptor >= 0:
            # Removed while held, so that nobody can hold a file that has no name any more.
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def _open_locked(path: Path) -> int | None:
    """Open and lock the file at `path`; None when somebody else holds it."""
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
            return descriptor
        os.close(descriptor)


def _is_still_named(descriptor: int, path: Path) -> bool:
    """False when the holder before us removed the file between our open and our lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _read_owner(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_PID_BYTES_MAX).decode("ascii", "replace") or "unknown"
    except FileNotFoundError:
        return "unknown"
