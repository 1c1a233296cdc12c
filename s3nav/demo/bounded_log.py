"""Write the demo server's output to a file that is truncated when it grows large."""

import contextlib
import io
import os
import sys
import threading

LOG_BYTES_MAX = 1 << 20


class BoundedLog(io.TextIOBase):
    """A text stream to a file of at most `LOG_BYTES_MAX`. Writing never blocks and never fails."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, text: str, /) -> int:
        """Append `text`, or only its end if it exceeds the limit."""
        content = text.encode(errors="backslashreplace")[-LOG_BYTES_MAX:]
        # A log on a full disk must not stop the server.
        with self._lock, contextlib.suppress(OSError):
            if os.fstat(self._descriptor).st_size + len(content) > LOG_BYTES_MAX:
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, content)
        return len(text)

    def writable(self) -> bool:
        """Return True."""
        return True


def bound_output() -> None:
    """Redirect this process's output to a bounded log, the file that is now its standard error.

    Direct writes to descriptors 1 and 2 are discarded: an unread pipe would fill up and block.
    """
    log = os.dup(sys.stderr.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    sys.stdout = sys.stderr = BoundedLog(log)
