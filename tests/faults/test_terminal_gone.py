"""The terminal goes away (a window closed, SSH dropped): the cockpit ends, no process stays."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.support.processes import owned

WAITS_S = 300.0


def start(tmp_path: Path, terminal: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"TERM": "xterm-256color", "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "s3nav", "--endpoint-url", "http://127.0.0.1:9",
            "--access-key", "key", "--secret-key", "secret", "--data-dir", str(tmp_path / "data"),
        ],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        start_new_session=True,
    )  # fmt: skip
    return owned(process)


def read_until(terminal: int, text: bytes) -> None:
    seen, until = b"", time.monotonic() + WAITS_S
    while text not in seen:
        assert time.monotonic() < until, seen[-500:]
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)


@pytest.mark.parametrize("hangs_up", [True, False], ids=["with a signal", "without one"])
def test_the_cockpit_ends_with_its_terminal(tmp_path: Path, hangs_up: bool) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = start(tmp_path, theirs)
    os.close(theirs)
    try:
        read_until(ours, b"Buckets")
        if hangs_up:
            process.send_signal(signal.SIGHUP)
        os.close(ours)
        process.wait(WAITS_S)
    finally:
        process.kill()
        process.wait()
