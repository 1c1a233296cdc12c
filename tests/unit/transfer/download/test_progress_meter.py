"""How long the rest takes, as soon as that can be told."""

import pytest

from s3nav.transfer.download.running_job import time_left_s


@pytest.mark.parametrize(
    ("bytes_per_s", "measured_s", "left_s"),
    [(0.0, 5.0, None), (50.0, 0.1, None), (1e9, 0.99, None), (50.0, 1.0, 20.0), (50.0, 5.0, 20.0)],
)
def test_the_time_left_waits_for_a_rate_that_was_measured_for_a_second(
    bytes_per_s: float, measured_s: float, left_s: float | None
) -> None:
    assert time_left_s(1000, bytes_per_s, measured_s) == left_s
