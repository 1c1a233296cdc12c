"""Open the files of an inventory, in S3 or in a local copy, and verify them.

The layout is that of the user guide, "Locating your inventory list".
"""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from s3nav.browse.inventory.inventory_manifest import (
    BAD_INVENTORY,
    CHECKSUM,
    InventoryFile,
    InventoryManifest,
    check_manifest,
    parse_manifest,
)
from s3nav.model.errors import (
    EXIT_INTERRUPTED,
    IntegrityError,
    LocalDiskError,
    NotFoundError,
    S3NavError,
    UsageError,
)
from s3nav.model.objects import DEFAULT_STORAGE_CLASS, ByteRange, GetRequest
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.ports.stores import ObjectStore
from s3nav.model.request_counts import UsageBook, count_in
from s3nav.persistence import make_private_directory
from s3nav.retries import RequestRetries

_BLOCK_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 256 << 20
"""Largest manifest, which is read into memory: about 2,000,000 files."""


class InventoryFiles(msgspec.Struct, kw_only=True):
    """Opens an inventory's files; each is verified before any byte of it is used."""

    open_store: Callable[[], ObjectStore]
    """Called only when a file is in S3."""
    directory: Path
    """For unnamed temporary files, which do not survive a kill."""
    is_cancelled: Callable[[], bool]
    retries: RequestRetries
    requester_pays: bool = False
    requests: int = 0
    """GETs sent."""
    asked: UsageBook = msgspec.field(default_factory=dict)
    """The GETs and their bytes, by bucket."""

    def manifest(self, place: str) -> InventoryManifest:
        """The manifest at a path or S3 place. Raises S3NavError when it fails its checksum."""
        return parse_manifest(self.manifest_bytes(place), place)

    def manifest_bytes(self, place: str) -> bytes:
        """The raw bytes of the manifest. Raises as `manifest` does."""
        content, checksum = (self._small(name) for name in (place, _beside(place, CHECKSUM)))
        check_manifest(content, checksum, place)
        return content

    def open(self, place: str, manifest: InventoryManifest, file: InventoryFile) -> IO[bytes]:
        """Open a file of the inventory at its start; the caller closes it.

        Raises IntegrityError when its size or MD5 differs from the manifest.
        """
        near = None if place.startswith(SCHEME) else _local_copy(Path(place), file)
        if near is not None:
            opened, name = _opened(near), str(near)
        else:
            source = S3Uri(manifest.destination, file.key)
            opened, name = self._fetched(source, file.size_bytes), str(source)
        try:
            _check(opened, file, name)
        except BaseException:
            opened.close()
            raise
        return opened

    def _small(self, place: str) -> bytes:
        if place.startswith(SCHEME):
            with self._fetched(S3Uri.parse(place), None) as file:
                return file.read()
        try:
            return Path(place).read_bytes()
        except OSError as error:
            raise UsageError(
                f"cannot read `{place}`: {error.strerror}",
                remedy=f"manifest.json and {CHECKSUM} belong beside each other",
                slug=BAD_INVENTORY,
            ) from error

    def _fetched(self, source: S3Uri, size_bytes: int | None) -> IO[bytes]:
        """Download an object to a temporary file; a broken GET is resumed."""
        file = temporary_file(self.directory)

        def fetch() -> None:
            if size_bytes is None:
                file.seek(0)
                file.truncate()
            self._get(source, size_bytes, file)

        try:
            self.retries.call(fetch, self.stop_if_cancelled)
            file.seek(0)
        except NotFoundError as error:
            file.close()
            raise NotFoundError(
                f"the inventory's file `{source}` does not exist",
                remedy="inventories expire by the rules of their bucket: take a newer one",
            ) from error
        except OSError as error:
            file.close()
            raise disk_problem(error) from error
        except BaseException:
            file.close()
            raise
        return file

    def _get(self, source: S3Uri, size_bytes: int | None, file: IO[bytes]) -> None:
        """Append the missing bytes of an object of `size_bytes`; None: read a small one whole."""
        have, most = file.tell(), MAX_MANIFEST_BYTES if size_bytes is None else size_bytes
        if have and have == size_bytes:
            return
        span = ByteRange(start=have, stop=size_bytes) if have and size_bytes else None
        self.requests += 1
        usage = count_in(self.asked, source.bucket, DEFAULT_STORAGE_CLASS)
        usage.gets += 1
        request = GetRequest(
            bucket=source.bucket,
            key=source.key,
            span=span,
            expected_bytes=None if size_bytes is None else size_bytes - have,
            requester_pays=self.requester_pays,
            waiting=self.stop_if_cancelled,
        )
        buffer = memoryview(bytearray(_BLOCK_BYTES))
        with self.open_store().get(request) as body:
            while count := body.readinto(buffer):
                self.stop_if_cancelled()
                have += count
                usage.size_bytes += count
                if have > most:
                    raise IntegrityError(
                        f"`{source}` is longer than its manifest says",
                        remedy="take another inventory; nothing was kept",
                        slug="inventory-mismatch",
                    )
                file.write(buffer[:count])

    def stop_if_cancelled(self) -> None:
        """Raise StoppedError when the user has stopped."""
        if self.is_cancelled():
            raise StoppedError


class StoppedError(S3NavError):
    """The user stopped reading an inventory; never leaves this package."""

    slug = "inventory-stopped"
    exit_code = EXIT_INTERRUPTED

    def __init__(self) -> None:
        super().__init__("stopped")


def temporary_file(directory: Path) -> IO[bytes]:
    """A file without a name, removed when closed or killed. Raises LocalDiskError."""
    try:
        make_private_directory(directory)
        return tempfile.TemporaryFile(dir=directory)  # the caller closes it
    except OSError as error:
        raise disk_problem(error) from error


def disk_problem(error: OSError) -> LocalDiskError:
    """The error for a temporary file that cannot be written."""
    return LocalDiskError(
        f"cannot keep what is read while it is sorted: {error.strerror}",
        remedy="free some space in the data directory; nothing was kept",
    )


def _beside(place: str, name: str) -> str:
    return place[: place.rfind("/") + 1] + name


def _local_copy(manifest: Path, file: InventoryFile) -> Path | None:
    """The path of a file in a local copy: beside the manifest or in ``data``, as in S3."""
    name = file.key.rpartition("/")[2]
    if name in {"", ".", ".."}:
        return None
    directory = manifest.absolute().parent
    places = (directory / name, directory / "data" / name, directory.parent / "data" / name)
    return next((place for place in places if place.is_file()), None)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"cannot read `{path}`: {error.strerror}", slug=BAD_INVENTORY) from error


def _check(opened: IO[bytes], file: InventoryFile, name: str) -> None:
    """Raise IntegrityError unless the bytes are those of the manifest; rewinds."""
    digest, have = hashlib.md5(usedforsecurity=False), 0
    while block := opened.read(_BLOCK_BYTES):
        digest.update(block)
        have += len(block)
    if have != file.size_bytes or digest.hexdigest() != file.md5:
        raise IntegrityError(
            f"`{name}` is not the file its manifest names: its size or MD5 differs",
            remedy="copy it again, or take another inventory; nothing was kept",
            slug="inventory-mismatch",
        )
    opened.seek(0)
