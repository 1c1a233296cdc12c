"""Import slow modules on first use: botocore, boto3, urllib.request.

Importing them takes a third of a second, and a download with known keys needs none of them. Types
come from normal imports under TYPE_CHECKING, which the layer checks see too.
"""

import importlib


class Deferred:
    """Stands in for a module and imports it on the first attribute access."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(importlib.import_module(self._name), attribute)
