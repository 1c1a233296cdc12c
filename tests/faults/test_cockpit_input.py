"""The cockpit in a real terminal: odd bytes, crashes of its threads, signals."""

import json
import os
import re
import signal
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0
NORMAL_SCREEN = b"\x1b[?1049l"


@contextmanager
def cockpit(home: Path, *module: str) -> Iterator[Terminal]:
    """The cockpit at an endpoint that does not answer, ready for keys."""
    command = [
        sys.executable, "-m", *(module or ("s3nav",)), "--endpoint-url", "http://127.0.0.1:9",
        "--access-key", "key", "--secret-key", "secret-of-a-test", "--data-dir", str(home / "data"),
    ]  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_EC2_METADATA_DISABLED": "true",
        "LC_ALL": "C.UTF-8",
    }
    with Terminal(command, cwd=ROOT, environment=environment) as terminal:
        terminal.wait_for(lambda frame: b"Buckets" in frame.content)
        yield terminal


def local_modes(terminal: Terminal) -> int:
    modes = terminal.attributes()[3]
    assert isinstance(modes, int)
    return modes


def log_of(home: Path) -> list[dict[str, str]]:
    lines = (home / "data" / "logs" / "s3nav.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    "odd",
    [
        b"\xff",
        b"\xc3",
        b"\xc3\xff\xfe\x80",
        b"\x1b[200~s3://b/\xff\xc3\x28\xed\xa0\x80\x1b[201~",
        b"\x1b[1114112u",
        b"\x1b[:1~",
        b"\x1b[55296u",
    ],
)
def test_bytes_that_make_no_sense_leave_the_cockpit_running(tmp_path: Path, odd: bytes) -> None:
    with cockpit(tmp_path) as terminal:
        terminal.type(odd)
        since = len(terminal.frames)
        terminal.type(b"\x1b[63u")  # ? as a key of its own, also after half a character
        terminal.wait_for(lambda frame: b"esc close" in frame.content, since=since)

        assert terminal.process.poll() is None


@pytest.mark.parametrize("thread", ["ui", "worker", "thread", "input"])
def test_a_crash_of_any_thread_exits_1_restores_the_terminal_and_is_logged(
    tmp_path: Path, thread: str
) -> None:
    with cockpit(tmp_path, "tests.support.crashing_cockpit", thread) as terminal:
        before = local_modes(terminal)
        terminal.type(b"?")
        code = terminal.process.wait(DEADLINE_S)
        said = terminal.everything().decode()

        after = local_modes(terminal)

    assert code == 1
    assert before & termios.ECHO == 0
    assert after & termios.ECHO
    shown = said[said.rindex(NORMAL_SCREEN.decode()) :]
    assert re.search(r"error\[bug\]: the cockpit ended with RuntimeError: .* by a test", shown)
    assert "secret-of-a-test" not in shown
    bugs = [line for line in log_of(tmp_path) if line["level"] == "CRITICAL"]
    assert len(bugs) == 1, bugs
    (bug,) = bugs
    assert "in crash\n" in bug["error"]


@pytest.mark.parametrize("numbers", [(15,), (15, 15), (1, 1), (2, 15), (1, 15, 2)], ids=str)
def test_signals_of_one_moment_end_the_cockpit_like_one(
    tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    with cockpit(tmp_path) as terminal:
        for number in numbers:
            os.kill(terminal.process.pid, signal.Signals(number))
        code = terminal.process.wait(DEADLINE_S)
        said, after = terminal.everything(), local_modes(terminal)

    assert code == 130
    assert NORMAL_SCREEN in said
    assert b"Traceback" not in said
    assert after & termios.ECHO
