"""Where s3nav keeps its own files."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PRIVATE_DIRECTORY_MODE = 0o700
_NAME = "s3nav"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """The files of one user's s3nav, all below two directories."""

    config: Path
    data: Path

    @classmethod
    def of_user(cls, data_dir: str | None = None) -> Self:
        """Where this user's files lie: `data_dir` for data, else what the platform says."""
        config, data = _usual()
        return cls(config=config, data=Path(data_dir or data).expanduser())

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
    def log_file(self) -> Path:
        """JSON lines, rotated."""
        return self.data / "logs" / "s3nav.jsonl"

    @property
    def results(self) -> Path:
        """Reports written with ``--write_results_to_disk``."""
        return self.data / "results"

    def create(self) -> None:
        """Make the directories, readable by their owner alone. Raises OSError."""
        for directory in (self.config, self.data):
            directory.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)


def _usual() -> tuple[Path, Path]:
    """Directories for settings and for data, as the platform has them."""
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:
        return _xdg("XDG_CONFIG_HOME", "~/.config"), _xdg("XDG_DATA_HOME", "~/.local/share")
    import platformdirs  # noqa: PLC0415  # 7 ms, for what two lines say on Linux

    return Path(platformdirs.user_config_dir(_NAME)), Path(platformdirs.user_data_dir(_NAME))


def _xdg(variable: str, usual: str) -> Path:
    named = os.environ.get(variable, "").strip()
    # A relative one counts as none: so says the standard.
    return (Path(named) if named.startswith("/") else Path(usual).expanduser()) / _NAME
