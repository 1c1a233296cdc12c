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

pytestmark = [pytest.mark.moto, pytest.mark.slow, pytest.mark.timeout(180)]


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


def test_every_demo_command_of_the_readme_works_in_its_order(tmp_path: Path) -> None:
    for line in told():
        ended = subprocess.run(
            [sys.executable, "-m", "s3nav", *shlex.split(line)],
            cwd=tmp_path,
            env={"PYTHONPATH": str(README.parent), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        expected = SOME_DENIED if shlex.split(line)[2] == "buckets" else 0
        assert ended.returncode == expected, f"{line}\n{ended.stderr}"
