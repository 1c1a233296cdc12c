"""Where s3nav keeps its own files."""

from pathlib import Path
from typing import Self

import msgspec
import platformdirs

PRIVATE_DIRECTORY_MODE = 0o700


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
        """Make the data directory, readable by its owner alone. Raises OSError."""
        self.data.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)
