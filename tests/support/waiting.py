"""Wait until something is so: for as long as a slow machine needs, and no longer than it is not."""

import threading
from collections.abc import Callable

DEADLINE_S = 50.0
"""Below the time a test may take, so that the test says what it waited for."""
_LOOK_EVERY_S = 0.005


def eventually(
    is_so: Callable[[], object],
    deadline_s: float = DEADLINE_S,
    *,
    what: str = "still waiting at the deadline",
) -> None:
    """Return as soon as it is so; use it where no event can be had."""
    pause = threading.Event()
    for _ in range(int(deadline_s / _LOOK_EVERY_S)):
        if is_so():
            return
        pause.wait(_LOOK_EVERY_S)
    assert is_so(), what
