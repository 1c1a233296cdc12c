"""What holds for tests that start, kill and resume whole programs."""

from collections.abc import Iterator

import pytest

from tests.support.processes import end_all

SLOW_MACHINE_S = 600
"""Whole programs start in a second here: on a machine ten times slower, several take minutes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this directory time; one that names its own keeps that."""
    for item in items:
        if "tests/faults/" in item.path.as_posix() and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(SLOW_MACHINE_S))


@pytest.fixture(autouse=True)
def _no_process_outlives_its_test() -> Iterator[None]:
    yield
    end_all()
