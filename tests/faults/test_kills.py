"""The headless program, killed at random: nothing corrupt, nothing finished fetched again."""

from pathlib import Path

import pytest

from tests.faults.kills import campaign

KILLS = 8


@pytest.mark.slow
def test_killed_again_and_again_it_loses_no_byte_and_no_progress(tmp_path: Path) -> None:
    counts = campaign(KILLS, seed=7, work=tmp_path)

    assert counts.kills == KILLS
    assert counts.corrupt_files == 0
    assert counts.unfinished_rounds == 0
    assert counts.left_temporaries == 0
    assert counts.finished_again == 0
    assert counts.parts_again <= counts.parts_allowed
