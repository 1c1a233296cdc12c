"""The only file that touches the target disk: directories, temporary files, renames.

A file is written as ``.NAME.s3nav-JOB-ITEM.part`` beside its final name and renamed when its bytes
are verified and durable. Directories are opened one by one without following symbolic links, so
nothing is written outside the target even when its tree contains links.
"""

import errno
import os
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError
from s3nav.persistence.fsync import Kernel, sync_file
from s3nav.transfer.integrity import has_all
from s3nav.transfer.journal import Item
from s3nav.transfer.local_files.local_names import NAME_BYTES_MAX
from s3nav.transfer.local_files.temporary_file import TemporaryFile

DISK_FULL = "disk-full"
TARGET_LOST = "target-lost"
BAD_PLACE = "local-path"
FOLDERS_KEPT = 32
_FILE_MODE = 0o666
_FOLDER_MODE = 0o777
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FRESH_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LOST = frozenset({errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE})


class Target:
    """The open download directory of a job and the folders one thread has open below it.

    Not for several threads: each worker opens its own. Raises LocalDiskError whose reference is
    ``disk-full`` (free some space and go on), ``target-lost`` (no file can be written) or
    ``local-path`` (this file cannot).
    """

    def __init__(self, root: Path, job_id: str) -> None:
        self.root = root
        self._job_id = job_id
        self._kernel = Kernel()
        self._folders: OrderedDict[str, int] = OrderedDict()
        self._synced_folders: set[str] = set()
        self._root = _open_root(root)

    def close(self) -> None:
        """Close every folder. Calling it twice is fine."""
        for descriptor in self._folders.values():
            os.close(descriptor)
        self._folders.clear()
        if self._root >= 0:
            os.close(self._root)
            self._root = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def temporary_name(self, item: Item) -> str:
        """The name an item has until it is renamed; the same in every run of its job.

        A compressed item has another one from when its plain bytes are being written.
        """
        return self._part_name(item, item.path.rpartition("/")[2])

    def _part_name(self, item: Item, name: str) -> str:
        end = "part" if item.stored_bytes is None else "plain"
        tail = f".s3nav-{self._job_id}-{item.number:x}.{end}"
        limit_bytes = NAME_BYTES_MAX - len(tail) - 1
        if len(name) > limit_bytes or not name.isascii():
            name = _cut(name, limit_bytes)
        return f".{name}{tail}"

    def write_small(self, item: Item, content: memoryview) -> None:
        """Write a small file under its temporary name in one go, with the time of its object."""
        folder, _, name = item.path.rpartition("/")
        try:
            descriptor = os.open(
                self._part_name(item, name), _FRESH_FLAGS, _FILE_MODE, dir_fd=self._folder(folder)
            )
            try:
                written = os.pwrite(descriptor, content, 0)
                while written < len(content):
                    written += os.pwrite(descriptor, content[written:], written)
                if item.modified_ns is not None:
                    os.utime(descriptor, ns=(item.modified_ns, item.modified_ns))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def open_temporary(
        self, item: Item, *, keep: bool = False, size_bytes: int = 0, direct: bool = False
    ) -> TemporaryFile:
        """Open the temporary file for writing; emptied unless `keep`, then sized.

        `direct`: it is not read again soon, so it need not stay in the page cache.
        """
        folder, _, _ = item.path.rpartition("/")
        name = self.temporary_name(item)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        if not keep:
            flags |= os.O_TRUNC
        try:
            descriptor = os.open(name, flags, _FILE_MODE, dir_fd=self._folder(folder))
            if size_bytes:
                _reserve(self._kernel, descriptor, size_bytes)
            past_cache = -1
            if direct and self._kernel.takes_direct(descriptor):
                past_cache = _open_direct(name, self._folder(folder))
        except OSError as error:
            raise self._problem(error, item.path) from error
        return TemporaryFile(descriptor, past_cache)

    def has_temporary(self, item: Item) -> bool:
        """True when the temporary file of an item is there."""
        return self._stat(item.path.rpartition("/")[0], self.temporary_name(item)) is not None

    def holds(self, item: Item, *, renamed: bool = False) -> bool:
        """True when the temporary file, or the renamed one, has all bytes of its item.

        They are read: see `has_all`.
        """
        descriptor = self.open_left(item, renamed=renamed)
        if descriptor is None:
            return False
        try:
            is_whole = has_all(descriptor, item)
            if is_whole:
                self.date(descriptor, item)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return is_whole

    def open_left(self, item: Item, *, renamed: bool = False) -> int | None:
        """Open for reading what an earlier run left under the temporary or the final name.

        None when there is nothing; writing to the place will report what is wrong with it.
        """
        folder, _, name = item.path.rpartition("/")
        left = name if renamed else self._part_name(item, name)
        try:
            return os.open(left, _LOOK_FLAGS, dir_fd=self._folder(folder, make=False))
        except OSError:
            return None

    def take_back(self, item: Item) -> None:
        """Give a renamed file its temporary name again: its rename was not recorded."""
        folder, _, name = item.path.rpartition("/")
        try:
            descriptor = self._folder(folder)
            part = self._part_name(item, name)
            os.rename(name, part, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def write_at(self, item: Item, file: TemporaryFile, content: memoryview, offset: int) -> None:
        """Write all of `content` at `offset`."""
        try:
            file.write(content, offset)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def date(self, descriptor: int, item: Item) -> None:
        """Give a file the time of its object."""
        if item.modified_ns is not None:
            os.utime(descriptor, ns=(item.modified_ns, item.modified_ns))

    def rename(self, item: Item) -> None:
        """Rename the temporary file to its final name; a link of that name is replaced."""
        folder, _, name = item.path.rpartition("/")
        try:
            descriptor = self._folder(folder)
            part = self._part_name(item, name)
            os.rename(part, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
            if item.stored_bytes is not None:
                with suppress(FileNotFoundError):
                    os.unlink(self._packed_name(item), dir_fd=descriptor)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def discard(self, item: Item) -> None:
        """Remove the temporary files if they are there."""
        self._unlink(item, self._packed_name(item))
        if item.codec:
            self._unlink(item, self._plain_name(item))

    def discard_unpacked(self, item: Item) -> None:
        """Remove the decompressed temporary file alone."""
        self._unlink(item, self._plain_name(item))

    def _packed_name(self, item: Item) -> str:
        return self.temporary_name(replace(item, stored_bytes=None))

    def _plain_name(self, item: Item) -> str:
        return self.temporary_name(replace(item, stored_bytes=0))

    def _unlink(self, item: Item, name: str) -> None:
        try:
            folder = self._folder(item.path.rpartition("/")[0], make=False)
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._problem(error, item.path) from error

    def sync(
        self, whole: list[Item], renamed: list[Item], *, in_parts: Iterable[Item] = (), few: int
    ) -> None:
        """Wait until these temporary files and the renames of those others are durable.

        Of the items `in_parts` not all bytes may be there. At most `few` files are synced one by
        one; more (or fresh folders) by one call for the whole file system where the kernel has it.
        """
        if not self._is_there():
            raise _target_lost(self.root, "the directory was moved or removed")
        try:
            if self._kernel.syncs_many and len(whole) + len(renamed) > few:
                self._kernel.sync_filesystem(self._root)
                return
            for item in in_parts:
                # Its last part may have come meanwhile, and the file have its final name already.
                with suppress(FileNotFoundError):
                    self._sync_temporary(item, self._packed_name(item))
            for item in whole:
                self._sync_temporary(item, self.temporary_name(item))
            for folder in {item.path.rpartition("/")[0] for item in renamed}:
                os.fsync(self._folder(folder))
                self._sync_parents(folder)
        except OSError as error:
            raise self._problem(error, "") from error

    def _sync_temporary(self, item: Item, name: str) -> None:
        descriptor = os.open(
            name,
            os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC,
            dir_fd=self._folder(item.path.rpartition("/")[0]),
        )
        try:
            sync_file(descriptor)
        finally:
            os.close(descriptor)

    def _sync_parents(self, folder: str) -> None:
        """Make the entry of a folder durable in the folder above it, once, up to the target."""
        while folder and folder not in self._synced_folders:
            self._synced_folders.add(folder)
            folder = folder.rpartition("/")[0]
            os.fsync(self._folder(folder))

    def _stat(self, folder: str, name: str) -> os.stat_result | None:
        try:
            descriptor = self._folder(folder, make=False)
            return os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._problem(error, f"{folder}/{name}") from error

    def _folder(self, folder: str, *, make: bool = True) -> int:
        """An open folder below the target; the newest are kept open. Raises OSError."""
        descriptor = self._folders.get(folder)
        if descriptor is not None:
            self._folders.move_to_end(folder)
            return descriptor
        if not folder:
            return self._root
        above, _, name = folder.rpartition("/")
        parent = self._folder(above, make=make)
        descriptor = _open_folder(parent, name, make=make)
        self._folders[folder] = descriptor
        if len(self._folders) > FOLDERS_KEPT:
            _, oldest = self._folders.popitem(last=False)
            os.close(oldest)
        return descriptor

    def _problem(self, error: OSError, path: str) -> LocalDiskError:
        return _problem(error, self.root, path)

    def _is_there(self) -> bool:
        try:
            # One of our folders is gone: the target is being removed, from its leaves.
            if any(os.fstat(folder).st_nlink == 0 for folder in self._folders.values()):
                return False
            return os.path.samestat(os.fstat(self._root), self.root.stat())
        except OSError:
            return False


def _problem(error: OSError, root: Path, path: str) -> LocalDiskError:
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
        return _target_lost(root, "a directory in it was moved or removed")
    is_shut = error.errno in {errno.EACCES, errno.EPERM} and not os.access(root, os.W_OK | os.X_OK)
    if error.errno in _LOST or is_shut:
        return _target_lost(root, reason)
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        reason = "a file or a symbolic link is where a directory is needed"
    return LocalDiskError(f"cannot write `{where}`: {reason}", slug=BAD_PLACE)


def _reserve(kernel: Kernel, descriptor: int, size_bytes: int) -> None:
    try:
        if os.fstat(descriptor).st_size != size_bytes:
            os.ftruncate(descriptor, size_bytes)
            kernel.reserve(descriptor, size_bytes)
    except OSError:
        os.close(descriptor)
        raise


def _open_direct(name: str, folder: int) -> int:
    """Open the file again, past the page cache; negative when that is not possible."""
    try:
        return os.open(
            name, os.O_WRONLY | os.O_DIRECT | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder
        )
    except OSError:
        return -1


def _open_root(root: Path) -> int:
    try:
        root.mkdir(parents=True, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _target_lost(root, error.strerror or str(error)) from error


def _cut(name: str, limit_bytes: int) -> str:
    """The beginning of a name, cut to a number of bytes between two characters."""
    if name.isascii() and len(name) <= limit_bytes:
        return name
    return name.encode("utf-8", "surrogateescape")[:limit_bytes].decode("utf-8", "ignore")


def _target_lost(root: Path, reason: str) -> LocalDiskError:
    return LocalDiskError(
        f"cannot write to `{root}`: {reason}",
        remedy="bring it back and resume the job, or choose another --download-dir",
        slug=TARGET_LOST,
    )


def _open_folder(parent: int, name: str, *, make: bool) -> int:
    try:
        return os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    except FileNotFoundError:
        if not make:
            raise
    # Another worker may have made it.
    with suppress(FileExistsError):
        os.mkdir(name, _FOLDER_MODE, dir_fd=parent)
    return os.open(name, _FOLDER_FLAGS, dir_fd=parent)
