"""What an error of the local disk means for a job, and what to do about it."""

import errno
import os
from pathlib import Path

from s3nav.model.errors import LocalDiskError

DISK_FULL = "disk-full"
TARGET_LOST = "target-lost"
BAD_PLACE = "local-path"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOST = frozenset({errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE})


def disk_error(error: OSError, root: Path, path: str) -> LocalDiskError:
    """The error for a path below a target."""
    where = f"{root}/{path}" if path else str(root)
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return LocalDiskError(
            f"no space for `{where}`: {reason}",
            remedy="free some space, then resume the job",
            slug=DISK_FULL,
        )
    if error.errno == errno.ENOENT:
        # A folder that was open a moment ago is gone: the target is being removed.
        return target_lost(root, "a directory in it was moved or removed")
    is_shut = error.errno in {errno.EACCES, errno.EPERM} and not os.access(root, os.W_OK | os.X_OK)
    if error.errno in _LOST or is_shut:
        return target_lost(root, reason)
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        reason = "a file or a symbolic link is where a directory is needed"
    return LocalDiskError(f"cannot write `{where}`: {reason}", slug=BAD_PLACE)


def target_lost(root: Path, reason: str) -> LocalDiskError:
    """No file of the target can be written."""
    return LocalDiskError(
        f"cannot write to `{root}`: {reason}",
        remedy="bring it back and resume the job, or choose another --download-dir",
        slug=TARGET_LOST,
    )
