"""What the README tells a new user to type works, line by line."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
COMMAND = ".venv/bin/s3nav "
SOME_DENIED = 9
"""One bucket of the demo is locked on purpose: counting all ends with a partial failure."""

DEADLINE_S = 300.0

pytestmark = [pytest.mark.moto, pytest.mark.timeout(1800)]


def told() -> list[str]:
    lines = README.read_text(encoding="utf-8").splitlines()
    return [
        line.removeprefix(COMMAND)
        for line in lines
        if line.startswith(COMMAND + "--headless --demo")
    ]


def test_the_readme_shows_counting_listing_downloading_and_verifying() -> None:
    words = " ".join(told())

    assert all(verb in words for verb in ("buckets", "ls", "download", "verify"))


@pytest.mark.parametrize("commands", [1, pytest.param(None, marks=pytest.mark.slow)])
def test_the_demo_commands_of_the_readme_work_in_their_order(
    tmp_path: Path, commands: int | None
) -> None:
    for line in told()[:commands]:
        ended = subprocess.run(
            [sys.executable, "-m", "s3nav", *shlex.split(line)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(README.parent), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

        expected = SOME_DENIED if shlex.split(line)[2] == "buckets" else 0
        assert ended.returncode == expected, f"{line}\n{ended.stderr}"
