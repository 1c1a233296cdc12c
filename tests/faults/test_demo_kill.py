"""However the program ends, its demo server ends: real processes, killed in real ways."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

pytestmark = [pytest.mark.moto, pytest.mark.skipif(sys.platform == "win32", reason="no signals")]

ROOT = Path(__file__).parents[2]
ENDED_DEADLINE_S = 30.0

SERVING = """
import time
from s3nav.demo import DemoServer
demo = DemoServer.start(seeded=False)
print(demo.pid, flush=True)
time.sleep(600)
"""
STARTING = """
import subprocess, tempfile, time
from s3nav.demo import server
child = server.start_child(["--empty"], tempfile.TemporaryFile())
print(child.pid, flush=True)
time.sleep(600)
"""
"""Between the start of the child and its answer."""
FORKED = """
import os, time
from s3nav.demo import DemoServer
demo = DemoServer.start(seeded=False)
holder = os.fork()
if holder:
    print(demo.pid, holder, flush=True)
time.sleep(600)
"""
"""The forked process has the pipe to the server open too, and lives on."""


@contextmanager
def program(code: str, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        **options,  # type: ignore[call-overload]  # of Popen
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def pids(child: "subprocess.Popen[bytes]") -> list[int]:
    assert child.stdout is not None
    return [int(word) for word in child.stdout.readline().split()]


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + ENDED_DEADLINE_S
    while is_alive(pid):
        assert time.monotonic() < deadline, "the server goes on"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("code", [SERVING, STARTING], ids=["serving", "starting"])
def test_the_server_ends_when_the_program_is_killed(code: str) -> None:
    with program(code) as child:
        (server,) = pids(child)
        assert is_alive(server)

        child.kill()

    wait_until_ended(server)


@pytest.mark.parametrize("code", [SERVING, STARTING], ids=["serving", "starting"])
def test_the_server_ends_when_the_group_of_the_program_is_killed(code: str) -> None:
    with program(code, start_new_session=True) as child:
        (server,) = pids(child)

        os.killpg(child.pid, signal.SIGKILL)

    wait_until_ended(server)


def test_the_server_ends_although_a_forked_process_holds_its_pipe() -> None:
    with program(FORKED) as child:
        server, holder = pids(child)

        child.kill()
        try:
            wait_until_ended(server)
            assert is_alive(holder)
        finally:
            os.kill(holder, signal.SIGKILL)


def test_the_server_ends_when_the_terminal_is_closed() -> None:
    main, terminal = pty.openpty()
    script = f"import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{SERVING}"
    with program(script, stdin=terminal, start_new_session=True) as child:
        os.close(terminal)
        (server,) = pids(child)

        with suppress(OSError):
            os.close(main)
        child.wait(ENDED_DEADLINE_S)

    wait_until_ended(server)
