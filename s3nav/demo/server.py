"""Run the demo S3 in a child process that ends with the program."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Self
from urllib.parse import urlsplit

from s3nav.demo.directory import held, keep_port, kept_port
from s3nav.extras import require
from s3nav.model.errors import LocalDiskError, UnavailableError
from s3nav.persistence import unusable

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 3.0


class DemoServer:
    """A running demo S3 on loopback; use it as a context manager.

    The child ends when its standard input closes: on `stop`, or when this process ends for any
    reason.
    """

    def __init__(
        self, *, pid: int, ready: Mapping[str, str], data_dir: Path, resources: ExitStack
    ) -> None:
        self.pid = pid
        self.endpoint_url = ready["endpoint_url"]
        self._ready = ready
        self._data_dir = data_dir
        self._resources = resources

    @classmethod
    def start(
        cls,
        *,
        data_dir: Path | None = None,
        deadline_s: float = START_DEADLINE_S,
        seeded: bool = True,
        began_on: date | None = None,
        today: date | None = None,
        port: int = 0,
    ) -> Self:
        """Start the server and wait until it is ready, with the demo's buckets if `seeded`.

        `data_dir` is where sessions keep their data; None for a directory that `stop` removes.
        `today` is the day of the newest objects, by default the current day; `began_on` is the day
        of the first start, by default `today`. `port` is used if it is free; 0 for any.
        Raises UsageError when the demo extra is not installed, LocalDiskError when nothing can be
        written, UnavailableError when the child is not ready within `deadline_s`.
        """
        require("demo", "the demo")
        today = today or datetime.now(UTC).date()
        days = ["--began-on", f"{began_on or today}", "--today", f"{today}"] if seeded else []
        with ExitStack() as undo:
            if data_dir is None:
                data_dir = _temporary_directory(undo)
            # A file never blocks a child that prints a lot; unnamed, it ends with both processes.
            log = undo.enter_context(_unnamed_file(data_dir))
            child = start_child([*(days or ["--empty"]), "--port", f"{port}"], log)
            undo.callback(_end, child)
            ready = _wait_until_ready(child, deadline_s, log)
            return cls(pid=child.pid, ready=ready, data_dir=data_dir, resources=undo.pop_all())

    @property
    def port(self) -> int:
        """The S3 server's port on loopback."""
        return urlsplit(self.endpoint_url).port or 0

    @property
    def settings_flags(self) -> Mapping[str, str]:
        """Fields of Settings that connect a session here and leave the user's own files alone."""
        return {
            **self._ready,
            "data_dir": str(self._data_dir),
            "pricing_cache_dir": f"{self._data_dir}/price-cache",
            "pricing_output_dir": f"{self._data_dir}/price-files",
        }

    def stop(self) -> None:
        """End the child and remove a data directory made by `start`; may be called twice."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def running_demo(directory: Path) -> Iterator[DemoServer]:
    """Run the demo with its data in `directory`, created if missing. Raises as `start` does."""
    require("demo", "the demo")
    today = datetime.now(UTC).date()
    with (
        held(directory, today) as began_on,
        DemoServer.start(
            data_dir=directory, began_on=began_on, today=today, port=kept_port(directory)
        ) as server,
    ):
        keep_port(directory, server.port)
        yield server


def _temporary_directory(undo: ExitStack) -> Path:
    try:
        return Path(
            undo.enter_context(
                tempfile.TemporaryDirectory(prefix="s3nav-demo-", ignore_cleanup_errors=True)
            )
        )
    except OSError as error:
        raise LocalDiskError(
            f"no temporary directory for the demo: {error.strerror}",
            remedy="free some space, or set TMPDIR to a directory you may write to",
        ) from error


def _unnamed_file(directory: Path) -> IO[bytes]:
    try:
        return tempfile.TemporaryFile(dir=directory)
    except OSError as error:
        raise unusable(
            directory, error, what="cannot write in", instead="--data-dir DIR"
        ) from error


def start_child(arguments: list[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the server's process; it ends when its standard input is closed."""
    package_root = str(Path(__file__).parents[2])
    search_path = [package_root, os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        # -P: modules in the user's working directory must not be imported.
        [
            *(sys.executable, "-P", "-m", "s3nav.demo.child"),
            *("--parent", str(os.getpid()), *arguments),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={
            **os.environ,
            # moto: check signatures and policies from the first request.
            "INITIAL_NO_AUTH_ACTION_COUNT": "0",
            # moto: do not create 1,300 default machine images with snapshots.
            "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
            # glibc: few heaps for the request threads, and return large blocks to the system.
            "MALLOC_ARENA_MAX": "2",
            "MALLOC_MMAP_THRESHOLD_": "131072",
            "MALLOC_TRIM_THRESHOLD_": "131072",
            "PYTHONPATH": os.pathsep.join(part for part in search_path if part),
        },
        # A session of its own: Ctrl-C must reach only the program, which may still be fetching.
        start_new_session=True,
    )


def _wait_until_ready(
    child: "subprocess.Popen[bytes]", deadline_s: float, log: IO[bytes]
) -> dict[str, str]:
    """Read the child's one line of JSON, with fields of Settings."""
    assert child.stdout is not None
    answered, _, _ = select.select([child.stdout], [], [], deadline_s)
    line = child.stdout.readline() if answered else b""
    if not line:
        reason = "ended at once" if answered else f"did not answer within {deadline_s:g} s"
        raise UnavailableError(
            f"the demo S3 {reason}",
            remedy="try again",
            context={"last output": _last_line(log)},
        )
    ready = {str(name): str(value) for name, value in json.loads(line).items()}
    if "problem" in ready:
        raise UnavailableError(
            f"the demo S3 {ready['problem']}",
            remedy="allow programs to listen on loopback; a sandbox or firewall may forbid it",
            slug="no-loopback",
        )
    return ready


def _last_line(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "none")


def _end(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    child.stdout.close()
    try:
        child.wait(STOP_DEADLINE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_DEADLINE_S)
