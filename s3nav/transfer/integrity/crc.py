"""The CRCs of S3, computed by the AWS Common Runtime.

Importing `awscrt` starts the whole runtime: it seeds its random numbers and reads the system's
certificates for a TLS of its own, 37 ms of CPU that no checksum needs. So the import waits for the
first checksum. A plan that finds something to fetch begins it in a thread: it must not begin
earlier, as the import holds the interpreter lock and would delay the first request of the listing.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from s3nav.model.lazy_names import Deferred
from s3nav.model.waits import join

if TYPE_CHECKING:
    from awscrt import checksums
else:
    checksums = Deferred("awscrt.checksums")


class Crc(msgspec.Struct, frozen=True):
    """One CRC of S3: its width and the name of its function in `awscrt.checksums`."""

    bits: int
    function: str

    @property
    def update(self) -> Callable[[memoryview, int], int]:
        """Takes the next bytes and the value so far, which is 0 at first."""
        return _function(self.function)

    @property
    def combine(self) -> Callable[[int, int, int], int]:
        """Takes the values of two neighbours and the length of the second, in bytes."""
        return _function(f"combine_{self.function}")


@functools.cache
def _function(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(checksums, name)
    return function


CRCS = {
    "CRC64NVME": Crc(64, "crc64nvme"),
    "CRC32C": Crc(32, "crc32c"),
    "CRC32": Crc(32, "crc32"),
}
"""By S3's names; the fastest first."""


class CrcLoading:
    """Imports the runtime in a thread, once. A checksum computed meanwhile waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Return at once; after the first call, do nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=_load, name="s3nav-load-crcs")
                self._thread.start()

    def close(self) -> None:
        """Wait for the end of the thread."""
        with self._lock:
            if self._thread is not None:
                join(self._thread)


def _load() -> None:
    for crc in CRCS.values():
        _function(crc.function)
