"""Rooms whose names are loaded when they are first asked for.

What a command does not use, it does not wait for: a download needs nothing of uploads.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence


def lazy_names(room: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """A room's `__getattr__`: `homes` has the names that each of its modules defines."""
    home_of = {name: f"{room}.{module}" for module, names in homes.items() for name in names}

    def find(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(importlib.import_module(home_of[name]), name)

    return find
