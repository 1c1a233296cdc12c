"""Wait for a job to end, never for ever between two looks."""

import time
from collections.abc import Callable
from threading import Condition

SLICE_S = 1.0


def wait_while(settled: Condition, runs: Callable[[], bool], timeout_s: float | None) -> bool:
    """Wait as long as it runs; False when the time is up."""
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    with settled:
        while runs():
            left_s = SLICE_S
            if deadline_s is not None:
                left_s = min(left_s, deadline_s - time.monotonic())
            if left_s <= 0:
                return False
            settled.wait(left_s)
    return True
