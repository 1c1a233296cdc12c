"""What holds for every test."""

import gc
import os
import signal

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.support import left_out

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("s3nav", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("s3nav")

QUICK_TIER = "not slow"
EXAMPLES = "_hypothesis_internal_use_settings"
"""Where Hypothesis keeps the settings of a test."""
FEWEST_EXAMPLES = 10
FEW_COLLECTIONS = (50_000, 20, 20)
"""As the program has it: Python's own figures look for cycles all the time."""


def pytest_configure(config: pytest.Config) -> None:
    _heed_signals()
    gc.set_threshold(*FEW_COLLECTIONS)
    config.pluginmanager.register(left_out.LeftOut(), left_out.NAME)


def _heed_signals() -> None:
    """Children of tests get signals: a script that runs the tests with `&` or `nohup` ignores them.

    What a process ignores its children ignore, and s3nav keeps it so.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests that wait for a deadline leave theirs to others."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 3


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A fifth of the random examples in the quick tier; all of them where both tiers run."""
    if config.getoption("markexpr") != QUICK_TIER:
        return
    for test in {getattr(item, "obj", None) for item in items}:
        if is_hypothesis_test(test):
            wanted: settings = getattr(test, EXAMPLES, None) or settings()
            few = max(FEWEST_EXAMPLES, wanted.max_examples // 5)
            setattr(test, EXAMPLES, settings(wanted, max_examples=few))


def pytest_collection_finish() -> None:
    """Tests and modules stay to the end: the collector need not walk them each time."""
    gc.collect()
    gc.freeze()
