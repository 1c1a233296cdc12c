"""Output of the demo server, in a file that starts over when it has grown large."""

import contextlib
import io
import os
import sys
import threading

LOG_BYTES_MAX = 1 << 20


class BoundedLog(io.TextIOBase):
    """A text stream into a file of at most `LOG_BYTES_MAX`. Writing never waits and never fails."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, text: str, /) -> int:
        """Append `text`, or its end if it is larger than the file may be."""
        content = text.encode(errors="backslashreplace")[-LOG_BYTES_MAX:]
        # A log on a full disk must not stop the server.
        with self._lock, contextlib.suppress(OSError):
            if os.fstat(self._descriptor).st_size + len(content) > LOG_BYTES_MAX:
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, content)
        return len(text)

    def writable(self) -> bool:
        """Say so to those who ask."""
        return True


def bound_output() -> None:
    """Send what this process prints to a bounded log: the file that is its standard error now.

    What is written to the descriptors themselves goes nowhere; a pipe would fill up.
    """
    log = os.dup(sys.stderr.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    sys.stdout = sys.stderr = BoundedLog(log)
