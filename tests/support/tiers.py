"""Two tiers of tests: the quick one after each change, and the slow one beside it in `.ci/run`."""

from collections.abc import Iterable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

T = TypeVar("T")


def rest_is_slow(
    values: Iterable[T], *, quick: int = 1, unpack: bool = False
) -> list[ParameterSet]:
    """Parameters of which the first ones run in the quick tier, so that it has one of the kind.

    `unpack`: each value is a tuple, for several names.
    """
    cases = [value if unpack and isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*case) for case in cases[:quick]] + [
        pytest.param(*case, marks=pytest.mark.slow) for case in cases[quick:]
    ]
