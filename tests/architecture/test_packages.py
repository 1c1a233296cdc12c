"""Packages say what they are for and export names that exist; no two modules share a name."""

import importlib
import pkgutil
from collections import defaultdict

import pytest

import s3nav

MODULES = [module.name for module in pkgutil.walk_packages(s3nav.__path__, "s3nav.")]
PACKAGES = [
    module.name for module in pkgutil.walk_packages(s3nav.__path__, "s3nav.") if module.ispkg
]
FRONT_ENDS = ("s3nav.cli.", "s3nav.tui.", "s3nav.api.")
"""A command, a pane and a dialog may have the name of the feature they show."""


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_it_is_for(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_a_package_exports_exists(name: str) -> None:
    package = importlib.import_module(name)

    for exported in getattr(package, "__all__", ()):
        assert getattr(package, exported) is not None


def test_no_two_modules_have_the_same_name() -> None:
    named = defaultdict(list)
    for module in MODULES:
        if module not in PACKAGES and not module.startswith(FRONT_ENDS):
            named[module.rpartition(".")[2]].append(module)

    assert {name: modules for name, modules in named.items() if len(modules) > 1} == {}
