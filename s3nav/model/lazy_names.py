"""Packages and modules that are loaded when something of them is first used.

What a command does not use, it does not wait for: a download needs nothing of uploads, nor of
botocore.
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


class Deferred:
    """Stands for a module; its attributes load it.

    For botocore, boto3 and urllib.request, which take a third of a second. Static types come from
    plain imports under TYPE_CHECKING, which the layer checks see as well.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)
