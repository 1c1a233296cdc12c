"""Start the demo S3 in a child process, and end it with the program."""

import importlib.util
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Self

from s3nav.model.errors import UnavailableError, UsageError

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 3.0

NEEDED_MODULES = ("moto", "flask", "werkzeug")


class DemoServer:
    """A running demo S3 on loopback; use it as a context manager.

    The child ends when its standard input does: with `stop`, and with this process however that
    ends.
    """

    def __init__(self, *, pid: int, ready: Mapping[str, str], resources: ExitStack) -> None:
        self.pid = pid
        self.endpoint_url = ready["endpoint_url"]
        self._ready = ready
        self._resources = resources
        self._data_dir = resources.enter_context(
            tempfile.TemporaryDirectory(prefix="s3nav-demo-", ignore_cleanup_errors=True)
        )

    @classmethod
    def start(
        cls,
        *,
        deadline_s: float = START_DEADLINE_S,
        seeded: bool = True,
        today: date | None = None,
    ) -> Self:
        """Start it and wait until it answers, with the demo's buckets unless `seeded` is false.

        `today` is the day the newest objects carry; unset: the real one.
        Raises UsageError when the demo extra is not installed, UnavailableError when the child
        does not answer within `deadline_s`.
        """
        _check_installed()
        with ExitStack() as undo:
            log = undo.enter_context(tempfile.TemporaryFile(prefix="s3nav-demo-log-"))
            child = _start_child(_arguments(seeded=seeded, today=today), log)
            undo.callback(_end, child)
            ready = _wait_until_ready(child, deadline_s, log)
            return cls(pid=child.pid, ready=ready, resources=undo.pop_all())

    @property
    def settings_flags(self) -> Mapping[str, str]:
        """Fields of Settings that lead a session here and keep the user's own files untouched."""
        return {
            **self._ready,
            "data_dir": self._data_dir,
            "pricing_cache_dir": f"{self._data_dir}/price-cache",
            "pricing_output_dir": f"{self._data_dir}/price-files",
        }

    def stop(self) -> None:
        """End the child and remove the demo's data directory. Calling it twice is fine."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _check_installed() -> None:
    if all(importlib.util.find_spec(module) for module in NEEDED_MODULES):
        return
    raise UsageError(
        "the demo needs the moto server, which is not installed",
        remedy="pip install 's3nav[demo]'",
    )


def _arguments(*, seeded: bool, today: date | None) -> list[str]:
    if not seeded:
        return ["--empty"]
    return ["--today", (today or datetime.now(UTC).date()).isoformat()]


def _start_child(arguments: list[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    package_root = str(Path(__file__).parents[2])
    search_path = [package_root, os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        # -P: a module lying in the user's working directory must not be imported.
        [sys.executable, "-P", "-m", "s3nav.demo.child", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={
            **os.environ,
            # moto: check signatures and policies from the first request on.
            "INITIAL_NO_AUTH_ACTION_COUNT": "0",
            "PYTHONPATH": os.pathsep.join(part for part in search_path if part),
        },
        # Its own session: Ctrl-C asks the program to stop, and the program may still fetch.
        start_new_session=True,
    )


def _wait_until_ready(
    child: "subprocess.Popen[bytes]", deadline_s: float, log: IO[bytes]
) -> dict[str, str]:
    """The child's one line of JSON: fields of Settings."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], deadline_s)
    line = child.stdout.readline() if ready else b""
    if not line:
        reason = "ended at once" if ready else f"did not answer within {deadline_s:g} s"
        raise UnavailableError(
            f"the demo S3 {reason}",
            remedy="try again; `pip install --upgrade 's3nav[demo]'` if it stays so",
            context={"its last words": _last_words(log)},
        )
    return {str(name): str(value) for name, value in json.loads(line).items()}


def _last_words(log: IO[bytes]) -> str:
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
