"""How much of the machine others use while something is measured (Linux)."""

import os
import time
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_IDLE_FIELDS = (3, 4)
"""Of the first line of /proc/stat: idle, and waiting for a disk."""
LOOK_S = 0.7


def busy_s() -> float:
    """Seconds all cores together have worked, since the machine started."""
    fields = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    idle = sum(fields[i] for i in _IDLE_FIELDS)
    return (sum(fields) - idle) / _TICKS_PER_S


def used_by(name: str) -> float:
    """CPU seconds of all living processes of that name."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, rest = stat.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if before.partition("(")[2] == name:
            user, system = rest.split()[11:13]
            ticks += int(user) + int(system)
    return ticks / _TICKS_PER_S


def wait_until_quiet(share: float, *, longest_s: float = 60.0) -> None:
    """Wait until the others use less than that share of all cores, or patience ends."""
    cores = os.cpu_count() or 1
    deadline = time.monotonic() + longest_s
    while time.monotonic() < deadline:
        before, since = busy_s(), time.monotonic()
        time.sleep(LOOK_S)
        if busy_s() - before < share * cores * (time.monotonic() - since):
            return
