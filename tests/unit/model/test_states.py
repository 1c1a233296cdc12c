"""States of jobs, scrapes and queries say what follows from them."""

import pytest

from s3nav.model.events import (
    JobState,
)
from s3nav.model.scrape_queries import QueryStatus, ScrapeState


@pytest.mark.parametrize(
    ("status", "conclusive", "failure", "document"),
    [
        (QueryStatus.OK, True, False, True),
        (QueryStatus.EMPTY, True, False, False),
        (QueryStatus.TRUNCATED, False, True, True),
        (QueryStatus.DENIED, False, True, False),
        (QueryStatus.UNSUPPORTED, False, False, False),
    ],
)
def test_a_status_says_what_an_absence_means(
    status: QueryStatus, *, conclusive: bool, failure: bool, document: bool
) -> None:
    assert (status.is_conclusive, status.is_failure, status.has_document) == (
        conclusive,
        failure,
        document,
    )


def test_only_waiting_and_running_states_are_not_final() -> None:
    assert [state for state in JobState if not state.is_final] == [
        JobState.PLANNED,
        JobState.RUNNING,
        JobState.PAUSED,
    ]
    assert [state for state in ScrapeState if not state.is_final] == [
        ScrapeState.QUEUED,
        ScrapeState.RUNNING,
    ]
