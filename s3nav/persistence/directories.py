"""The paths of s3nav's own files."""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Self

import msgspec
import platformdirs

from s3nav.model.errors import LocalDiskError
from s3nav.persistence.atomic_files import PRIVATE_FILE_MODE

PRIVATE_DIRECTORY_MODE = 0o700
OPEN_DIRECTORY = "open-directory"
"""The reference of the error about a directory that everyone may write to."""
_OTHERS = 0o077
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Directories(msgspec.Struct, frozen=True, kw_only=True):
    """The paths of one user's files, all below a config and a data directory."""

    config: Path
    data: Path

    @classmethod
    def of_user(cls, data_dir: str | None = None) -> Self:
        """Return the user's directories: `data_dir`, or the platform's default without it."""
        data = data_dir or platformdirs.user_data_dir("s3nav")
        return cls(config=Path(platformdirs.user_config_dir("s3nav")), data=Path(data).expanduser())

    @property
    def config_file(self) -> Path:
        """The settings file used without ``--config``."""
        return self.config / "config.toml"

    @property
    def credentials_file(self) -> Path:
        """The app's own credential store, mode 0600."""
        return self.data / ".cred.json"

    @property
    def journal_file(self) -> Path:
        """The transfer journal."""
        return self.data / "journal.sqlite3"

    @property
    def scans_file(self) -> Path:
        """The database of scans."""
        return self.data / "scans.sqlite3"

    @property
    def scrapes_file(self) -> Path:
        """The database of scrapes, when no MongoDB is configured."""
        return self.data / "scrapes.sqlite3"

    @property
    def scrapes_work(self) -> Path:
        """Other files of scrapes: locks, the spool, rejected files, installed engines."""
        return self.data / "scrapes"

    @property
    def prices_file(self) -> Path:
        """The price database."""
        return self.data / "prices.sqlite3"

    @property
    def log_file(self) -> Path:
        """The log: JSON lines, rotated."""
        return self.data / "logs" / "s3nav.jsonl"

    @property
    def results(self) -> Path:
        """Reports written with ``--write_results_to_disk``."""
        return self.data / "results"

    @property
    def demo(self) -> Path:
        """All data of the demo, kept separate from the user's."""
        return self.data / "demo"

    def create(self) -> None:
        """Create the data directory, readable only by its owner.

        Raises LocalDiskError, also when it exists and everyone may replace files in it.
        """
        try:
            make_private_directory(self.data)
            # Where the sticky bit is set, as on a tmpfs, others cannot replace the user's files.
            if not self.data.stat().st_mode & stat.S_ISVTX:
                refuse_open(self.data, holds="s3nav's databases")
        except OSError as error:
            raise unusable(
                self.data,
                error,
                what="cannot make the data directory",
                instead="S3NAV_DATA_DIR=DIR",
            ) from error


def make_private_directory(directory: Path) -> None:
    """Create a directory and its missing parents, readable only by their owner, whatever the umask.

    Directories that exist stay as they are. Raises OSError.
    """
    for each in (*reversed(directory.parents), directory):
        with contextlib.suppress(FileExistsError):
            if not each.exists():
                each.mkdir(PRIVATE_DIRECTORY_MODE)
                each.chmod(PRIVATE_DIRECTORY_MODE)
    if not directory.is_dir():
        raise FileExistsError(errno.EEXIST, "is no directory", str(directory))


def create_private(path: Path) -> None:
    """Make sure that `path` exists and only its owner may read it, whatever the umask.

    Files of other users stay as they are. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE_MODE)
    try:
        make_private(descriptor)
    finally:
        os.close(descriptor)


def make_private(descriptor: int) -> None:
    """Let only the owner read an open file, if it is a file of ours on a disk that is writable."""
    found = os.fstat(descriptor)
    is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    if is_ours and stat.S_IMODE(found.st_mode) & (_OTHERS | PRIVATE_FILE_MODE) != PRIVATE_FILE_MODE:
        with contextlib.suppress(OSError):  # on a disk that is read-only
            os.fchmod(descriptor, PRIVATE_FILE_MODE)


def refuse_open(directory: Path, *, holds: str = "keys") -> None:
    """Raise LocalDiskError when everyone may write in `directory`; OSError when it is missing."""
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH:
        raise LocalDiskError(
            f"everyone may write to `{directory}`, which holds {holds}"
            f" (mode {stat.S_IMODE(mode):04o})",
            remedy=f"run `chmod 700 {directory}`, or name another directory",
            slug=OPEN_DIRECTORY,
        )


def unusable(directory: Path, error: OSError, *, what: str, instead: str) -> LocalDiskError:
    """Build the error of a directory that cannot be created or written, naming the obstacle.

    `what` says what failed; `instead` is the option that takes another directory.
    """
    path = _obstacle(directory)
    failed = what.removesuffix(" in")
    if path is not None and path.is_symlink():
        return LocalDiskError(
            f"{failed}: `{path}` is a link to `{path.readlink()}`, which does not exist",
            remedy=f"create the link's target, remove the link, or name a directory: {instead}",
        )
    if path is not None:
        return LocalDiskError(
            f"{failed}: `{path}` is a file, not a directory",
            remedy=f"move the file away, or name a directory: {instead}",
        )
    has_room = error.errno not in DISK_FULL
    remedy = "name a directory you may write to" if has_room else "free some space, or name another"
    return LocalDiskError(f"{what} `{directory}`: {error.strerror}", remedy=f"{remedy}: {instead}")


def _obstacle(directory: Path) -> Path | None:
    """Return the dangling link or file that blocks a directory; None if there is none."""
    with contextlib.suppress(OSError):  # a path that cannot be inspected is not reported
        for path in (directory, *directory.parents):
            is_there = path.exists()
            if (path.is_symlink() and not is_there) or (is_there and not path.is_dir()):
                return path
    return None
