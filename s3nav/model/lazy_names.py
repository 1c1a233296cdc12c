"""Packages and modules that are loaded when something of them is first used.

What a command does not use, it does not wait for: a download needs nothing of uploads, nor of
botocore.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence


def lazy_names(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return a package's `__getattr__`; `modules` maps each module to the names it defines."""
    module_of = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def find(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(module_of[name]), name)

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
