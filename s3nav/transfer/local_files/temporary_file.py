"""A file under its temporary name; it takes bytes past the page cache where that is faster.

Bytes that go from the buffer they arrived in straight to the disk (O_DIRECT) cost a third of the
CPU, and what is to be durable need not be waited for a second time. Nothing depends on it: what
the kernel does not take that way, and the odd end of a file, goes through the page cache.
"""

import errno
import os
import time
from collections.abc import Callable
from typing import Self

from s3nav.persistence.fsync import Kernel

ALIGNED_BYTES = 4096
"""Offsets, lengths and buffers that are not multiples of it go through the page cache."""
TIMED_WRITES = 16
"""Writes that are timed before the speed of the disk is estimated."""
SLOW_S = 0.05
"""On a slower disk the page cache is faster, because it sorts the writes."""


class TemporaryFile:
    """An open file that several threads write, each its own stretch. Methods raise OSError."""

    def __init__(
        self, descriptor: int, direct: int = -1, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.descriptor = descriptor
        self._direct = direct
        """The same file past the page cache; negative when it cannot be had."""
        self.is_direct = direct >= 0
        self._clock = clock
        self._timed = 0
        self._waited_s = 0.0

    def write(self, content: memoryview, offset: int) -> None:
        """Write all of `content` at `offset`."""
        if self.is_direct and offset % ALIGNED_BYTES == 0:
            written = self._write_direct(content, offset)
            content, offset = content[written:], offset + written
        while content:
            written = os.pwrite(self.descriptor, content, offset)
            content, offset = content[written:], offset + written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Calling it twice is fine."""
        for descriptor in (self.descriptor, self._direct):
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptor = self._direct = -1

    def _write_direct(self, content: memoryview, offset: int) -> int:
        """How many bytes were written, from the front."""
        aligned = len(content) - len(content) % ALIGNED_BYTES
        if not aligned:
            return 0
        begun_s = self._clock()
        try:
            written = os.pwrite(self._direct, content[:aligned], offset)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self.is_direct = False  # larger blocks than we think, or no such way after all
            return 0
        # Several threads may miss a count; the estimate is as good with fifteen writes.
        self._timed += 1
        self._waited_s += self._clock() - begun_s
        if self._timed >= TIMED_WRITES:
            self.is_direct = self._waited_s < SLOW_S * self._timed
            self._timed, self._waited_s = 0, 0.0
        return written - written % ALIGNED_BYTES


def reserve(kernel: Kernel, descriptor: int, size_bytes: int) -> None:
    """Give a new file its size, and its blocks. Raises OSError; the file is closed then."""
    try:
        if os.fstat(descriptor).st_size != size_bytes:
            os.ftruncate(descriptor, size_bytes)
            kernel.reserve(descriptor, size_bytes)
    except OSError:
        os.close(descriptor)
        raise


def open_direct(name: str, folder: int) -> int:
    """Open the file again, past the page cache; negative when that is not possible."""
    try:
        return os.open(
            name, os.O_WRONLY | os.O_DIRECT | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
        )
    except OSError:
        return -1
