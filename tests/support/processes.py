"""Processes that a test starts, and that end with it, however it ends."""

import subprocess
from typing import TypeVar

Process = TypeVar("Process", "subprocess.Popen[str]", "subprocess.Popen[bytes]")
_owned: "list[subprocess.Popen[str] | subprocess.Popen[bytes]]" = []


def owned(process: Process) -> Process:
    """The process, for `end_all`: one left behind slows others down, its pipes fail them."""
    _owned.append(process)
    return process


def end_all() -> None:
    """Kill what runs, and close the pipes of all."""
    while _owned:
        process = _owned.pop()
        if process.poll() is None:
            process.kill()
        with process:
            pass
