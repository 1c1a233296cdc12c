"""Modules that are loaded when they are first used: botocore, boto3, urllib.request.

They cost a third of a second, and a download with keys at hand needs none. Static types come
from plain imports under TYPE_CHECKING, which the layer checks see as well.
"""

import importlib


class Deferred:
    """Stands for a module; its attributes load it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)
