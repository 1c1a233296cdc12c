"""Make written files durable: fsync, and on Linux syncfs for many files at once."""

import ctypes
import os
import sys

_FALLOC_KEEP_DEFAULT = 0
_TMPFS = 0x01021994
_TAKES_DIRECT = frozenset({0xEF53, 0x58465342})
"""ext4 and XFS: O_DIRECT is useless on tmpfs and slower than the cache on network file systems."""
_STATFS_BYTES = 256
"""Larger than struct statfs of any kernel; its first field is the type."""
_UNSUPPORTED = frozenset({95, 38, 22})
"""EOPNOTSUPP, ENOSYS, EINVAL: the file system does not support fallocate, which is not an error."""


class Kernel:
    """Linux system calls that Python lacks, with portable substitutes elsewhere."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    @property
    def syncs_many(self) -> bool:
        """True when `sync_filesystem` is available."""
        return self._libc is not None

    def sync_filesystem(self, descriptor: int) -> None:
        """Wait until everything written to the file system of `descriptor` is durable.

        Linux only; it reports write errors since Linux 5.8 (man 2 syncfs). Raises OSError.
        """
        if self._libc is None or self._libc.syncfs(descriptor) != 0:
            _raise_errno()

    def reserve(self, descriptor: int, size_bytes: int) -> None:
        """Set a file's size and, where that is cheap, allocate its blocks. Raises OSError.

        Not on tmpfs, whose blocks are memory pages: allocating all of them in one thread takes the
        time that eight writer threads save, and there is no fragmentation to avoid.
        """
        if self._libc is not None and size_bytes > 0 and self._type_of(descriptor) != _TMPFS:
            # Not os.posix_fallocate: glibc emulates it by writing to every block.
            answer = self._libc.fallocate(
                descriptor,
                ctypes.c_int(_FALLOC_KEEP_DEFAULT),
                ctypes.c_int64(0),
                ctypes.c_int64(size_bytes),
            )
            if answer == 0:
                return
            if ctypes.get_errno() not in _UNSUPPORTED:
                _raise_errno()
        os.ftruncate(descriptor, size_bytes)

    def takes_direct(self, descriptor: int) -> bool:
        """True when O_DIRECT writes are fast on the file system."""
        return hasattr(os, "O_DIRECT") and self._type_of(descriptor) in _TAKES_DIRECT

    def _type_of(self, descriptor: int) -> int:
        """Return the file system's type (man 2 statfs); 0 when unknown."""
        answer = ctypes.create_string_buffer(_STATFS_BYTES)
        if self._libc is None or self._libc.fstatfs(descriptor, answer) != 0:
            return 0
        return ctypes.c_long.from_buffer(answer).value


def sync_file(descriptor: int) -> None:
    """Wait until the bytes of one file are durable. Raises OSError."""
    if sys.platform == "darwin":
        os.fsync(descriptor)
    else:
        os.fdatasync(descriptor)


def _raise_errno() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))
