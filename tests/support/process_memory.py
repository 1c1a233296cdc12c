"""The most memory that a process and its children have had, as Linux counts it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

EVERY_S = 0.05


class PeakMemory:
    """Watches while it is open; the kernel keeps the peaks, so that no moment is missed."""

    def __init__(self, pid: int) -> None:
        if not Path(f"/proc/{pid}/status").exists():
            pytest.skip("needs /proc, as Linux has it")
        self.megabytes: dict[int, int] = {}
        """Peak by process."""
        self._pid = pid
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(EVERY_S):
            for pid in (self._pid, *_children(self._pid)):
                self.megabytes[pid] = max(self.megabytes.get(pid, 0), _peak(pid))


def _children(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            yield from map(int, file.read_text().split())
        except OSError:
            continue  # a thread that has just ended


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
