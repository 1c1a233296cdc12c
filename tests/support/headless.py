"""The program itself, headless and in its own process, on the faulty S3: to be killed and asked.

    python -m tests.support.headless before|within|after N ARGUMENTS…

runs s3nav with these arguments and ends itself with SIGKILL at its N-th transaction; with `amid`,
at the N-th time that many rows are written, within a transaction. `with-list-workers`, without a
number, starts list workers for any large listing, however busy the machine is.
"""

import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, TypeVar
from unittest.mock import patch

from s3nav.__main__ import main as s3nav_main
from s3nav.browse.listing import listing_pace
from s3nav.persistence import Cell, Database, Writer
from tests.support.faulty_s3 import BUCKET
from tests.support.processes import owned

T = TypeVar("T")
Rows = Iterable[Sequence[Cell]]
ROOT = Path(__file__).parents[2]
PART_BYTES = 64 * 1024
WORKERS = 4
DEADLINE_S = 300.0
"""Only a program that hangs takes so long, on whatever machine."""


class Server(Protocol):
    """Where the program is sent to."""

    @property
    def url(self) -> str: ...


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's own settings, profiles or proxies."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONWARNINGS": "error::ResourceWarning",
        "S3NAV_PART_BYTES": str(PART_BYTES),
        "S3NAV_PARALLEL_DOWNLOADS": str(WORKERS),
        "S3NAV_READ_TIMEOUT_S": "5",
        **extra,
    }


def start(
    server: Server | None,
    home: Path,
    *words: str,
    extra: Mapping[str, str] | None = None,
    killed_at: tuple[str, int] | None = None,
    terminal: int | None = None,
    with_list_workers: bool = False,
    streams: tuple[IO[str], IO[str]] | None = None,
) -> subprocess.Popen[str]:
    """`words`, or the download of the whole bucket; the caller waits for it.

    On a `terminal`, that is its controlling one. Without `server`, no S3 is named.
    Output and errors go to `streams` when given, else to pipes.
    """
    module = ["s3nav"]
    if terminal is not None:
        module = ["tests.support.headless", "on-terminal"]
    if with_list_workers:
        module = ["tests.support.headless", "with-list-workers"]
    if killed_at is not None:
        module = ["tests.support.headless", killed_at[0], str(killed_at[1])]
    home.mkdir(exist_ok=True)
    endpoint = ["--endpoint-url", server.url] if server else []
    out, err = streams or (subprocess.PIPE, subprocess.PIPE)
    process = subprocess.Popen(
        [sys.executable, "-m", *module, "--headless", "--data-dir", str(home / "data"),
         *endpoint, "--access-key", "key", "--secret-key", "secret", "--region", "us-east-1",
         *(words or ("download", f"s3://{BUCKET}/", "--download-dir", str(home / "out")))],
        cwd=ROOT,
        env=environment(home, extra or {}),
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=out if terminal is None else terminal,
        stderr=err if terminal is None else terminal,
        text=True,
        # A terminal that is closed sends SIGHUP to those whose controlling terminal it is.
        start_new_session=terminal is not None,
    )  # fmt: skip
    return owned(process)


def finish(process: subprocess.Popen[str], deadline_s: float = DEADLINE_S) -> tuple[int, str, str]:
    """Exit code, stdout and stderr; a process that hangs is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=deadline_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"s3nav hangs: {err[-2000:]}") from None
    return process.returncode, out, err


def landed(home: Path) -> dict[str, bytes]:
    """Key to bytes of every file that has its final name."""
    top = home / "out" / BUCKET
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file() and not path.name.endswith(".part")
    }


def temporaries(home: Path) -> list[Path]:
    return [path for path in (home / "out").rglob("*.part") if path.is_file()]


class _KillAt:
    """Counts journal writes, and ends the process at one of them."""

    def __init__(self, when: str, nth: int) -> None:
        self._when = when
        self.is_amid = when == "amid"
        self._left = nth
        self._lock = threading.Lock()
        self._write = Database.write
        self._rows = Writer.execute_many

    def rows(self, writer: Writer, statement: str, rows: Rows) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                _die()
        self._rows(writer, statement, rows)

    def write(self, database: Database, work: Callable[[Writer], T]) -> T:
        with self._lock:
            self._left -= 1
            is_due = self._left == 0
        if not is_due:
            return self._write(database, work)
        if self._when == "before":
            _die()

        def work_and_die(writer: Writer) -> T:
            outcome = work(writer)
            _die()
            return outcome

        outcome = self._write(database, work_and_die if self._when == "within" else work)
        _die()
        return outcome


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    if sys.argv[1] == "on-terminal":
        del sys.argv[1]
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        s3nav_main()
    if sys.argv[1] == "with-list-workers":
        del sys.argv[1]
        with patch.multiple(listing_pace, BUSY_SHARE=0.0, CHECK_EVERY_S=0.0):
            s3nav_main()
    kill = _KillAt(sys.argv[1], int(sys.argv[2]))
    del sys.argv[1:3]

    def write(database: Database, work: Callable[[Writer], T]) -> T:
        return kill.write(database, work)

    def rows(writer: Writer, statement: str, rows: Rows) -> None:
        kill.rows(writer, statement, rows)

    if kill.is_amid:
        with patch.object(Writer, "execute_many", rows):
            s3nav_main()
    with patch.object(Database, "write", write):
        s3nav_main()


if __name__ == "__main__":
    main()
