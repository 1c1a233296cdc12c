"""Cache price files on disk, compressed and with a checksum, for conditional and resumed requests.

Each entry is two files: ``NAME.etag`` (JSON: URL, validators, checksum and sizes) and the body
``NAME.json.zst``. ``NAME.json.part`` is an unfinished download.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import zstandard

from s3nav.model.errors import CacheError, S3NavError, UsageError
from s3nav.model.text.bounded_lines import UNDECODABLE
from s3nav.persistence import create_temporary, sync_directory, write_atomically
from s3nav.pricing.price_list.offers import Document

COPY_BYTES = 1 << 20
MIN_RESUMED_BYTES = 1 << 20
"""Smaller downloads restart when interrupted: writing the resume file would cost more."""
ZSTD_LEVEL = 3
_SUFFIX = ".zst"


class DamagedCacheError(CacheError):
    """A cached body does not match its checksum; the entry was dropped and can be fetched again."""

    slug = "damaged-cache"


class Validators(msgspec.Struct, frozen=True, kw_only=True):
    """HTTP validators that identify one version of a URL's content."""

    url: str
    etag: str = ""
    last_modified: str = ""
    total_bytes: int = -1
    """Size of the whole body; -1 when the server sent no Content-Length."""

    @property
    def for_range(self) -> str:
        """Value for `If-Range`: a strong ETag or the date; empty when neither is known."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


class CacheEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The ``.etag`` file of one body."""

    validators: Validators
    sha256: str
    """Hex digest of the body as the server sent it."""
    size_bytes: int


class OfferCache:
    """One cache directory. Its methods raise CacheError when the disk fails."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the directory against other processes.

        Raises UsageError while another process holds the lock, and CacheError.
        """
        with self._disk("write"):
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"another s3nav is fetching prices into `{self.directory}`",
                    remedy="wait for it, or name another --cache-dir",
                    slug="cache-locked",
                ) from None
            yield
        finally:
            os.close(descriptor)

    def entry(self, document: Document) -> CacheEntry | None:
        """Return the cached entry of a document's URL; None when missing or unreadable."""
        try:
            entry = msgspec.json.decode(self._meta(document).read_bytes(), type=CacheEntry)
        except (OSError, *UNDECODABLE):
            return None
        fits = entry.validators.url == document.url
        return entry if fits and self._body(document).is_file() else None

    def partial(self, document: Document) -> tuple[Path, Validators | None, int]:
        """Return a document's unfinished download: its file, validators and size in bytes."""
        file = self._beside(document, document.suffix + ".part")
        try:
            known = msgspec.json.decode(self._part_meta(document).read_bytes(), type=Validators)
            size_bytes = file.stat().st_size
        except (OSError, *UNDECODABLE):
            return file, None, 0
        if known.url != document.url or not known.for_range:
            return file, None, 0
        return file, known, size_bytes

    def begin(self, document: Document, validators: Validators) -> Path:
        """Start a download from its first byte: create an empty part file and return it."""
        with self._disk("write"):
            file = self._beside(document, document.suffix + ".part")
            file.parent.mkdir(parents=True, exist_ok=True)
            self._part_meta(document).unlink(missing_ok=True)
            file.unlink(missing_ok=True)  # it may be a link made by another user
            file.touch(exist_ok=False)
            if not 0 <= validators.total_bytes < MIN_RESUMED_BYTES:
                write_atomically(self._part_meta(document), msgspec.json.encode(validators))
        return file

    def discard(self, document: Document) -> None:
        """Delete an unfinished download."""
        with self._disk("write"):
            self._beside(document, document.suffix + ".part").unlink(missing_ok=True)
            self._part_meta(document).unlink(missing_ok=True)

    def keep(self, document: Document, validators: Validators) -> CacheEntry:
        """Compress a finished download into the cache; the part file stays for `publish`."""
        part = self._beside(document, document.suffix + ".part")
        body = self._body(document)
        digest = hashlib.sha256()
        with self._disk("write"):
            temporary, descriptor = create_temporary(body)
            try:
                with os.fdopen(descriptor, "wb") as file, part.open("rb") as source:
                    with _packing(file) as packed:
                        while piece := source.read(COPY_BYTES):
                            digest.update(piece)
                            packed.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                    size_bytes = source.tell()
                if validators.total_bytes not in {-1, size_bytes}:
                    raise self._damaged(document, None)
                temporary.replace(body)
            finally:
                temporary.unlink(missing_ok=True)
            entry = CacheEntry(
                validators=validators, sha256=digest.hexdigest(), size_bytes=size_bytes
            )
            write_atomically(self._meta(document), msgspec.json.encode(entry))
        return entry

    def publish(
        self, document: Document, entry: CacheEntry, target: Path, *, is_fresh: bool
    ) -> None:
        """Write the cached body to `target`; with `is_fresh` the part file is moved, not copied.

        Raises DamagedCacheError, leaving `target` unchanged, when the body fails its checksum.
        """
        part = self._beside(document, document.suffix + ".part")
        with self._disk("write"):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary, descriptor = create_temporary(target)
            os.close(descriptor)
            try:
                if is_fresh and part.exists():
                    _move(part, temporary)
                    self._part_meta(document).unlink(missing_ok=True)
                elif is_same(target, entry):
                    return
                else:
                    self._unpack(document, entry, temporary)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)
            sync_directory(target.parent)

    def content(self, document: Document, entry: CacheEntry) -> bytes:
        """Return a small body. Raises DamagedCacheError when it fails its checksum."""
        with self._disk("read"), self._body(document).open("rb") as file:
            packed = _unpacking(file)
            content = b"".join(iter(lambda: self._piece(document, packed), b""))
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise self._damaged(document, None)
        return content

    def _unpack(self, document: Document, entry: CacheEntry, temporary: Path) -> None:
        digest = hashlib.sha256()
        body = self._body(document)
        with body.open("rb") as file, temporary.open("wb") as out:
            packed = _unpacking(file)
            while piece := self._piece(document, packed):
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != entry.sha256:
            raise self._damaged(document, None)

    def _piece(self, document: Document, packed: BinaryIO) -> bytes:
        try:
            return packed.read(COPY_BYTES)
        except zstandard.ZstdError as error:
            raise self._damaged(document, error) from error

    def _damaged(self, document: Document, error: Exception | None) -> DamagedCacheError:
        self._meta(document).unlink(missing_ok=True)
        return DamagedCacheError(
            f"the cached `{document.name}{document.suffix}` is damaged"
            + (f": {error}" if error else ": its checksum differs"),
            remedy="the next `pricing download` fetches it again",
        )

    def _beside(self, document: Document, suffix: str) -> Path:
        return self.directory / f"{document.kept_as or document.name}{suffix}"

    def _meta(self, document: Document) -> Path:
        return self._beside(document, ".etag" if document.suffix == ".json" else ".csv.etag")

    def _part_meta(self, document: Document) -> Path:
        return self._beside(document, document.suffix + ".part.etag")

    def _body(self, document: Document) -> Path:
        return self._beside(document, document.suffix + _SUFFIX)

    @contextmanager
    def _disk(self, verb: str) -> Iterator[None]:
        try:
            yield
        except S3NavError:
            raise
        except OSError as error:
            raise disk_error(error, self.directory, verb) from error


def disk_error(error: OSError, place: Path, verb: str = "write") -> CacheError:
    """Turn an OSError into a CacheError with a remedy."""
    return CacheError(
        f"cannot {verb} below `{place}`: {error.strerror or error}",
        remedy="free some space, or name another --cache-dir and --output-dir",
    )


def is_same(file: Path, entry: CacheEntry) -> bool:
    """True when a file already has the entry's size and checksum."""
    try:
        if file.stat().st_size != entry.size_bytes:
            return False
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == entry.sha256
    except OSError:
        return False


def _move(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        os.fsync(file.fileno())
    try:
        source.replace(target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        source.unlink()


def _packing(file: BinaryIO) -> BinaryIO:
    writer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(file, closefd=False)
    return cast(BinaryIO, writer)


def _unpacking(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, zstandard.ZstdDecompressor().stream_reader(file))
