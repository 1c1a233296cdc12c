"""Ask the kernel to keep what was written: many files at once where it can."""

import ctypes
import os
import sys

_FALLOC_KEEP_DEFAULT = 0
_TMPFS = 0x01021994
_TAKES_DIRECT = frozenset({0xEF53, 0x58465342})
"""ext4 and XFS: in memory it is no use, over a network the cache is of more."""
_STATFS_BYTES = 256
"""More than any kernel's struct statfs, whose first field is the type."""
_UNSUPPORTED = frozenset({95, 38, 22})
"""EOPNOTSUPP, ENOSYS, EINVAL: this file system cannot, which is no error."""


class Kernel:
    """The Linux calls Python does not offer; elsewhere their nearest neighbours."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    @property
    def syncs_many(self) -> bool:
        """True when `sync_filesystem` works: one call for any number of files."""
        return self._libc is not None

    def sync_filesystem(self, descriptor: int) -> None:
        """Wait until all that was written to the file system of `descriptor` is durable.

        Linux only. Reports write errors since Linux 5.8. Raises OSError.
        """
        if self._libc is None or self._libc.syncfs(descriptor) != 0:
            _raise_errno()

    def reserve(self, descriptor: int, size_bytes: int) -> None:
        """Give a file its size and, where that is cheap, its blocks. Raises OSError.

        In memory (tmpfs) blocks are pages: to take them all at once, by one thread, costs what
        eight threads save, and there is nothing to keep in one piece.
        """
        if self._libc is not None and size_bytes > 0 and self._type_of(descriptor) != _TMPFS:
            # Not os.posix_fallocate: where unsupported, glibc writes to every block instead.
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
        """True on local disks whose file system writes past the page cache well."""
        return hasattr(os, "O_DIRECT") and self._type_of(descriptor) in _TAKES_DIRECT

    def _type_of(self, descriptor: int) -> int:
        """The number of the file system's type; 0 when the kernel does not tell."""
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
