"""Where s3nav keeps its own files."""

import contextlib
import errno
import stat
from pathlib import Path
from typing import Self

import msgspec
import platformdirs

from s3nav.model.errors import LocalDiskError

PRIVATE_DIRECTORY_MODE = 0o700
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class Directories(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one user's s3nav, all below two directories."""

    config: Path
    data: Path

    @classmethod
    def of_user(cls, data_dir: str | None = None) -> Self:
        """Where this user's files lie: `data_dir` for data, else what the platform says."""
        data = data_dir or platformdirs.user_data_dir("s3nav")
        return cls(config=Path(platformdirs.user_config_dir("s3nav")), data=Path(data).expanduser())

    @property
    def config_file(self) -> Path:
        """The settings file read when ``--config`` names no other."""
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
        """Counted buckets."""
        return self.data / "scans.sqlite3"

    @property
    def scrapes_file(self) -> Path:
        """Scrapes of AWS accounts, when no MongoDB is named."""
        return self.data / "scrapes.sqlite3"

    @property
    def scrapes_work(self) -> Path:
        """What scrapes need besides: locks, a spool, files kept aside, engines installed."""
        return self.data / "scrapes"

    @property
    def prices_file(self) -> Path:
        """The catalogue of prices."""
        return self.data / "prices.sqlite3"

    @property
    def log_file(self) -> Path:
        """JSON lines, rotated."""
        return self.data / "logs" / "s3nav.jsonl"

    @property
    def results(self) -> Path:
        """Reports written with ``--write_results_to_disk``."""
        return self.data / "results"

    @property
    def demo(self) -> Path:
        """All data of the demo, apart from the user's own."""
        return self.data / "demo"

    def create(self) -> None:
        """Make the data directory, readable by its owner alone.

        Raises LocalDiskError, also when it is there and anybody may write in it.
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
    """Raise LocalDiskError when anybody may write in `directory`; OSError when it is not there."""
    mode = directory.stat().st_mode
    if mode & stat.S_IWOTH:
        raise LocalDiskError(
            f"anybody may write in `{directory}`, which holds keys (mode {stat.S_IMODE(mode):04o})",
            remedy=f"run `chmod 700 {directory}`, or name another directory",
            slug="open-directory",
        )


def unusable(directory: Path, error: OSError, *, what: str, instead: str) -> LocalDiskError:
    """The error of a directory that cannot be made or written, with what is in the way.

    `what` failed, and `instead` names the option that takes another directory.
    """
    path = _in_the_way(directory)
    failed = what.removesuffix(" in")
    if path is not None and path.is_symlink():
        return LocalDiskError(
            f"{failed}: `{path}` is a link to `{path.readlink()}`, which does not exist",
            remedy=f"make what it leads to or remove the link, or name a directory: {instead}",
        )
    if path is not None:
        return LocalDiskError(
            f"{failed}: `{path}` is a file, not a directory",
            remedy=f"move the file away, or name a directory: {instead}",
        )
    has_room = error.errno not in NO_ROOM
    remedy = "name a directory you may write in" if has_room else "make room there, or name another"
    return LocalDiskError(f"{what} `{directory}`: {error.strerror}", remedy=f"{remedy}: {instead}")


def _in_the_way(directory: Path) -> Path | None:
    """A link to nothing, or no directory, where `directory` or one above it should be."""
    with contextlib.suppress(OSError):  # what cannot be looked at is not known
        for path in (directory, *directory.parents):
            is_there = path.exists()
            if (path.is_symlink() and not is_there) or (is_there and not path.is_dir()):
                return path
    return None
