"""`jobs move`: another order of the queue, kept in the journal."""

import json
from pathlib import Path

import pytest

from s3nav.model.places import S3Uri
from s3nav.session import Session
from s3nav.transfer import Selection, Source
from tests.support.command_line import Shell


@pytest.fixture
def jobs(two_buckets: Shell, tmp_path: Path) -> list[str]:
    """Three jobs that wait, in this order."""
    found: list[str] = []

    def plan(session: Session) -> None:
        two_buckets.during = lambda _: None
        for key in ("a.txt", "img/1.png", "img/2.png"):
            source = Source(place=S3Uri("dev", key))
            selection = Selection(sources=(source,), target=tmp_path / "out")
            found.append(session.transfers().plan(selection).job_id)

    two_buckets.during = plan
    two_buckets.headless("jobs", "list")
    return found


def listed(shell: Shell) -> list[str]:
    ended = shell.headless("jobs", "list", "--output", "json")
    return [record["job"] for record in json.loads(ended.stdout)]


def test_a_job_is_moved_to_the_top_and_another_command_sees_it(
    two_buckets: Shell, jobs: list[str]
) -> None:
    first, second, third = jobs
    assert listed(two_buckets) == jobs

    ended = two_buckets.headless("jobs", "move", third, "top")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert f"{third} is 1 of 3 in the queue" in ended.stderr
    assert listed(two_buckets) == [third, first, second]


def test_a_direction_or_a_job_that_is_none_changes_nothing(
    two_buckets: Shell, jobs: list[str]
) -> None:
    sideways = two_buckets.headless("jobs", "move", jobs[0], "sideways")
    unknown = two_buckets.headless("jobs", "move", "unknown", "up")

    assert (sideways.exit_code, unknown.exit_code) == (2, 5)
    assert "must be one of up, down, top, bottom, not `sideways`" in sideways.stderr
    assert listed(two_buckets) == jobs
