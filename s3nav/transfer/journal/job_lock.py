"""One process runs a job: its lock, and who has it when somebody else does."""

from pathlib import Path

from s3nav.model.errors import LocalDiskError, UsageError
from s3nav.persistence import ProcessLock, holder_of


def lock_job(directory: Path, job_id: str) -> ProcessLock:
    """Take the lock of a job. Raises UsageError that names the process holding it."""
    path = directory / f"{job_id}.lock"
    try:
        lock = ProcessLock.acquire(path)
    except OSError as error:
        raise LocalDiskError(f"cannot lock `{path}`: {error.strerror}") from error
    if lock is None:
        holder = holder_of(path)
        raise UsageError(
            f"job `{job_id}` is being run by another s3nav (process {holder})",
            remedy="wait for it, or pause it there",
            slug="job-locked",
            context={"pid": holder},
        )
    return lock
