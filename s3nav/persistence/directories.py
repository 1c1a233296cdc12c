"""The paths of s3nav's own files."""

import contextlib
import errno
import stat
from pathlib import Path
from typing import Self

import msgspec
import platformdirs

from s3nav.model.errors import LocalDiskError

PRIVATE_DIRECTORY_MODE = 0o700
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

        Raises LocalDiskError, also when it exists and is writable by everyone.
        """
        try:
            self.data.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)
            refuse_open(self.data)
        except OSError as error:
            raise unusable(
                self.data,
                error,
                what="cannot make the data directory",
                instead="S3NAV_DATA_DIR=DIR",
            ) from error


def refuse_open(directory: Path) -> None:
    """Raise LocalDiskError when everyone may write in `directory`; OSError when it is missing."""
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH:
        raise LocalDiskError(
            f"everyone may write to `{directory}`, which holds keys"
            f" (mode {stat.S_IMODE(mode):04o})",
            remedy=f"run `chmod 700 {directory}`, or name another directory",
            slug="open-directory",
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
