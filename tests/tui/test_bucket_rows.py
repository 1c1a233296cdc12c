"""What the rows of the bucket pane say of a bucket that was not counted."""

from datetime import UTC, datetime

import pytest

from s3nav.browse import BucketStats
from s3nav.model.errors import AccessDeniedError, S3NavError, UnavailableError
from s3nav.model.objects import BucketFact
from s3nav.present.formatting import icons
from s3nav.tui.panes.buckets.bucket_rows import BucketRows

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (AccessDeniedError("you may not list it"), ("○ access-denied", "dim")),
        (UnavailableError("no answer"), ("✘ unavailable", "bad")),
    ],
)
def test_a_bucket_that_may_not_be_counted_looks_like_a_fact_and_not_like_a_failure(
    problem: S3NavError, shown: tuple[str, str]
) -> None:
    rows = BucketRows(
        [BucketFact(name="prod")], icons(ascii_only=False), size_style="auto", now=lambda: NOW
    )

    rows.by_name["prod"].stats = BucketStats(bucket="prod", scanned_at=NOW, problem=problem)

    assert rows.cell(0, "covers") == (shown,)
