"""Whether there is still a terminal to talk to."""

import select
import sys


def is_gone() -> bool:
    """True when the window was closed or the connection dropped; False when nobody can tell."""
    try:
        watch = select.poll()
        watch.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]  # None is caught
        return any(events & (select.POLLHUP | select.POLLNVAL) for _, events in watch.poll(0))
    except (AttributeError, OSError, ValueError):
        return False
