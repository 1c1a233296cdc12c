"""SIGKILL at every journal write, around syncs and renames, and at random moments."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from s3nav.model.events import JobState
from s3nav.transfer import ItemState
from tests.support.crash_run import PART_BYTES, SIZES, open_transfers, run
from tests.support.headless import DEADLINE_S
from tests.support.processes import owned
from tests.support.seeded_store import BUCKET, content_of, digest_tree, fetched
from tests.support.tiers import rest_is_slow

WORKERS = 3
CHECKPOINTS = [
    (f"{when} {name}", nth)
    for when in ("before", "after")
    for name, times in (
        ("add-job", 1),
        ("add-items", 1),
        ("finish-plan", 1),
        ("state-running", 1),
        ("commit", 4),
        ("sync", 4),
        ("run", 1),
        ("state-done", 1),
    )
    for nth in range(1, times + 1)
] + [("after rename", nth) for nth in (1, 7, 20, 41)]
FIRST_TIMES = sum(nth == 1 for _, nth in CHECKPOINTS)
"""How many checkpoints there are when each counts once."""


def _child(root: Path, *, name: str, nth: int, pace_s: float = 0.0) -> subprocess.Popen[bytes]:
    return owned(
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.crash_run",
                str(root),
                name,
                str(nth),
                str(pace_s),
            ],
            cwd=Path(__file__).parents[2],
        )
    )


def _finish_and_check(root: Path, *, kills: int = 1) -> None:
    before = fetched(root / "gets.log")
    finished = {
        path.relative_to(root / "out" / BUCKET).as_posix()
        for path in (root / "out").rglob("*")
        if path.is_file() and ".s3nav-" not in path.name
    }
    transfers = open_transfers(root)
    try:
        job_id = run(transfers, root)

        assert transfers.job(job_id).state is JobState.DONE
        assert transfers.report(job_id).failed == 0
        assert not transfers.items(job_id, state=ItemState.PENDING)
    finally:
        transfers.close()
    again = fetched(root / "gets.log")[len(before) :]
    _check_bytes(root)
    assert not finished & {key for key, _, _ in again}, "a finished file was fetched again"
    parts_twice = Counter(before) & Counter(again)
    assert sum(n for (_, _, ranged), n in parts_twice.items() if ranged) <= WORKERS * kills


def _check_bytes(root: Path) -> None:
    expected = {
        f"{BUCKET}/{key}": hashlib.sha256(content_of(seed, size)).hexdigest()
        for seed, (key, size) in enumerate(SIZES.items())
    }
    assert digest_tree(root / "out") == expected


@pytest.mark.parametrize(
    ("name", "nth"),
    rest_is_slow(sorted(CHECKPOINTS, key=lambda one: one[1]), quick=FIRST_TIMES, unpack=True),
)
def test_a_process_killed_at_a_checkpoint_is_resumed_to_the_same_bytes(
    tmp_path: Path, name: str, nth: int
) -> None:
    child = _child(tmp_path, name=name, nth=nth)
    code = child.wait(DEADLINE_S)

    assert code in {-signal.SIGKILL, 0}
    _finish_and_check(tmp_path)


@pytest.mark.parametrize("seed", rest_is_slow(range(int(os.environ.get("S3NAV_TEST_KILLS", "6")))))
def test_a_process_killed_at_random_checkpoints_twice_is_resumed(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(2):
        child = _child(tmp_path, name="any", nth=draw.randint(1, 60), pace_s=0.002)
        assert child.wait(DEADLINE_S) in {-signal.SIGKILL, 0}

    _finish_and_check(tmp_path, kills=2)


def test_the_parts_of_the_crash_objects_are_more_than_the_workers() -> None:
    assert sum(-(-size // PART_BYTES) for size in SIZES.values() if size > PART_BYTES) > WORKERS
