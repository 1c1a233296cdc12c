"""The only file that touches the target disk: directories, temporary files, renames.

A file is written as ``.NAME.s3nav-JOB-ITEM.part`` beside its final name and renamed when its bytes
are verified and durable. Directories are opened one by one without following symbolic links, so
nothing is written outside the target even when its tree contains links.
"""

import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from s3nav.model.errors import LocalDiskError
from s3nav.persistence.fsync import Kernel, sync_file
from s3nav.transfer.integrity import has_all
from s3nav.transfer.journal import Item
from s3nav.transfer.local_files.disk_errors import BAD_PLACE, disk_error, target_lost
from s3nav.transfer.local_files.local_names import TemporaryNames
from s3nav.transfer.local_files.temporary_file import TemporaryFile, open_direct, reserve

FOLDERS_KEPT = 32
FOLDERS_KNOWN = 100_000
"""Directories remembered until the end of a run; with more, each finished file is looked for."""
_FOLDER_MODE = 0o777
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_MODE = 0o666
_FRESH_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Identity = tuple[int, int]
"""Device and inode."""


class OpenFolders:
    """The directories below a target that one thread has open; methods raise OSError.

    An open directory follows when somebody moves it, and files would be written outside the target.
    So they are compared with what their paths name before files in them count as stored.
    """

    def __init__(self, root: int, *, remembers: bool) -> None:
        """Takes over the descriptor `root`; `remembers` for `has_lost`."""
        self.root = root
        self._remembers = remembers
        self._open: OrderedDict[str, int] = OrderedDict()
        self._known: dict[str, Identity] = {}
        self._has_forgotten = False

    def close(self) -> None:
        """Close every directory. Calling it twice is fine."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()
        if self.root >= 0:
            os.close(self.root)
            self.root = -1

    def open(self, folder: str, *, make: bool = True) -> int:
        """The descriptor of a directory below the target; valid until the next call."""
        descriptor = self._open.get(folder)
        if descriptor is not None:
            self._open.move_to_end(folder)
            return descriptor
        if not folder:
            return self.root
        above, _, name = folder.rpartition("/")
        descriptor = _open_folder(self.open(above, make=make), name, make=make)
        self._open[folder] = descriptor
        if self._remembers:
            self._remember(folder, descriptor)
        if len(self._open) > FOLDERS_KEPT:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        return descriptor

    def misplaced(self) -> str | None:
        """An open directory that its path does not name: it was moved, removed or mounted over."""
        for folder, descriptor in self._open.items():
            # Those above a directory are open too, or were when it was opened: no link is followed.
            if not self._names(folder, identity(os.fstat(descriptor))):
                return folder
        return None

    def has_lost(self) -> bool:
        """Whether a directory opened since the start may not be the one its path names now."""
        return self._has_forgotten or not all(self._names(*one) for one in self._known.items())

    def _remember(self, folder: str, descriptor: int) -> None:
        if len(self._known) < FOLDERS_KNOWN:
            self._known.setdefault(folder, identity(os.fstat(descriptor)))
        elif folder not in self._known:
            self._has_forgotten = True

    def _names(self, folder: str, wanted: Identity) -> bool:
        try:
            return identity(os.stat(folder, dir_fd=self.root, follow_symlinks=False)) == wanted
        except OSError as error:
            return error.errno == errno.ENAMETOOLONG  # too long for one call: not known


def identity(found: os.stat_result) -> Identity:
    """What tells a directory from all others."""
    return found.st_dev, found.st_ino


class Target:
    """The open download directory of a job and the folders one thread has open below it.

    Not for several threads: each worker opens its own. Raises LocalDiskError whose reference is
    ``disk-full`` (free some space and go on), ``target-lost`` (no file can be written) or
    ``local-path`` (this file cannot).
    """

    def __init__(self, root: Path, job_id: str, *, like: "Target | None" = None) -> None:
        """`like` is the first view of the directory: another must be of the same one."""
        self.root = root
        self.names = TemporaryNames(job_id)
        self._kernel = Kernel()
        self._synced_folders: set[str] = set()
        self._folders = OpenFolders(_open_root(root, make=like is None), remembers=like is None)
        self._folder = self._folders.open
        self.identity = "{}:{}".format(*identity(os.fstat(self._folders.root)))
        """Device and inode, for the journal."""
        if like is not None and self.identity != like.identity:
            self.close()
            raise target_lost(root, "the directory was moved or removed")

    def close(self) -> None:
        """Close every folder. Calling it twice is fine."""
        self._folders.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_small(self, item: Item, content: memoryview) -> None:
        """Write a small file under its temporary name in one go, with the time of its object."""
        folder = item.path.rpartition("/")[0]
        try:
            descriptor = os.open(
                self.names.of(item), _FRESH_FLAGS, _FILE_MODE, dir_fd=self._folder(folder)
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
        name = self.names.of(item)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        if not keep:
            flags |= os.O_TRUNC
        try:
            descriptor = os.open(name, flags, _FILE_MODE, dir_fd=self._folder(folder))
            if size_bytes:
                reserve(self._kernel, descriptor, size_bytes)
            past_cache = -1
            if direct and self._kernel.takes_direct(descriptor):
                past_cache = open_direct(name, self._folder(folder))
        except OSError as error:
            raise self._problem(error, item.path) from error
        return TemporaryFile(descriptor, past_cache)

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
        left = name if renamed else self.names.of(item)
        try:
            return os.open(left, _LOOK_FLAGS, dir_fd=self._folder(folder, make=False))
        except OSError:
            return None

    def take_back(self, item: Item) -> None:
        """Give a renamed file its temporary name again: its rename was not recorded."""
        folder, _, name = item.path.rpartition("/")
        try:
            descriptor = self._folder(folder)
            part = self.names.of(item)
            os.rename(name, part, src_dir_fd=descriptor, dst_dir_fd=descriptor)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def stored_size(self, item: Item) -> int | None:
        """Size of the regular file under the final name; None when there is none."""
        folder, _, name = item.path.rpartition("/")
        found = self._stat(folder, name)
        return found.st_size if found is not None and stat.S_ISREG(found.st_mode) else None

    def stores(self, item: Item) -> bool:
        """True when the final file is there, with its size if that is known."""
        try:
            found_bytes = self.stored_size(item)
        except LocalDiskError as error:
            if error.reference == BAD_PLACE:
                return False  # a link or a file is where its directory was
            raise
        wanted_bytes = item.stored_bytes
        if wanted_bytes is None and not item.codec:
            wanted_bytes = item.size_bytes
        return found_bytes is not None and wanted_bytes in {None, found_bytes}

    def has_lost_folders(self) -> bool:
        """Whether a folder may have been moved or removed since it was opened."""
        return self._folders.has_lost()

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
            part = self.names.of(item)
            os.rename(part, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
            if item.stored_bytes is not None:
                with suppress(FileNotFoundError):
                    os.unlink(self.names.packed(item), dir_fd=descriptor)
        except OSError as error:
            raise self._problem(error, item.path) from error

    def discard(self, item: Item) -> None:
        """Remove the temporary files if they are there."""
        self._unlink(item, self.names.packed(item))
        if item.codec:
            self._unlink(item, self.names.plain(item))

    def discard_unpacked(self, item: Item) -> None:
        """Remove the decompressed temporary file alone."""
        self._unlink(item, self.names.plain(item))

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
        self._check_places()
        try:
            if self._kernel.syncs_many and len(whole) + len(renamed) > few:
                self._kernel.sync_filesystem(self._folders.root)
                return
            for item in in_parts:
                # Its last part may have come meanwhile, and the file have its final name already.
                with suppress(FileNotFoundError):
                    self._sync_temporary(item, self.names.packed(item))
            for item in whole:
                self._sync_temporary(item, self.names.of(item))
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

    def _problem(self, error: OSError, path: str) -> LocalDiskError:
        return disk_error(error, self.root, path)

    def _check_places(self) -> None:
        """Raise LocalDiskError unless the target and its open folders are what their paths name."""
        try:
            is_there = os.path.samestat(os.fstat(self._folders.root), self.root.stat())
        except OSError:
            is_there = False
        if not is_there:
            raise target_lost(self.root, "the directory was moved or removed")
        folder = self._folders.misplaced()
        if folder is not None:
            raise target_lost(self.root, f"`{folder}` in it was moved or removed")


def _open_root(root: Path, *, make: bool) -> int:
    try:
        if make:
            root.mkdir(parents=True, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise target_lost(root, error.strerror or str(error)) from error


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
