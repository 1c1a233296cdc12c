"""Say at the end of a run what was not run: a line for each reason, not for each test."""

from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

NAME = "left_out"
EVERYTHING = ".ci/run, or `pytest -m ''`, runs them"


class LeftOut:
    """A pytest plugin; with xdist each worker has one, which reports to that of the controller."""

    def __init__(self) -> None:
        self.deselected = 0

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.deselected += len(items)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker's output goes to the controller."""
        output: dict[str, int] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[NAME] = self.deselected

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """All workers deselect the same tests."""
        output: dict[str, int] = getattr(node, "workeroutput", {})
        self.deselected = max(self.deselected, output.get(NAME, 0))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        skipped: list[pytest.TestReport] = terminalreporter.getreports("skipped")
        lines = [*self.lines(skipped)]
        if lines:
            terminalreporter.section("not run")
            terminalreporter.write("\n".join(lines) + "\n")

    def lines(self, skipped: Sequence[pytest.TestReport]) -> Iterator[str]:
        """One for each reason, most frequent first."""
        for reason, count in Counter(map(_reason, skipped)).most_common():
            yield f"{count:5} skipped: {reason}"
        if self.deselected:
            yield f"{self.deselected:5} not selected: {EVERYTHING}"


def _reason(report: pytest.TestReport) -> str:
    """pytest keeps a skip as (file, line, `Skipped: reason`)."""
    match report.longrepr:
        case (_, _, reason):
            return reason.removeprefix("Skipped: ")
        case other:
            return str(other)
