"""The end of a test run says what was not run, shortly."""

import pytest

from tests.support.left_out import LeftOut


def skipped(reason: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="test_one",
        location=("test_file.py", 1, "test_one"),
        keywords={},
        outcome="skipped",
        longrepr=("test_file.py", 1, f"Skipped: {reason}"),
        when="setup",
    )


def test_each_reason_has_one_line_with_its_count_the_most_frequent_first() -> None:
    reports = [skipped("no disk"), skipped("no gateway"), skipped("no gateway")]

    assert [*LeftOut().lines(reports)] == ["    2 skipped: no gateway", "    1 skipped: no disk"]


def test_tests_of_the_other_tier_are_counted_with_the_command_that_runs_them() -> None:
    plugin = LeftOut()
    plugin.deselected = 7

    assert [*plugin.lines([])] == ["    7 not selected: .ci/run, or `pytest -m ''`, runs them"]


def test_a_run_that_left_nothing_out_says_nothing() -> None:
    assert [*LeftOut().lines([])] == []
