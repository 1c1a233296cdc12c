"""A wheel without extras runs, and what it says about a missing extra installs that extra."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGED = ("pyproject.toml", "README.md", "LICENSE")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def run(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env={**os.environ, "S3NAV_DATA_DIR": str(cwd / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_a_wheel_names_the_command_that_adds_the_demo_and_it_works(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in PACKAGED:
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "s3nav", source / "s3nav", ignore=shutil.ignore_patterns("__pycache__"))
    built = run(f"'{sys.executable}' -m pip wheel -q --no-deps -w ../wheels .", source)
    assert built.returncode == 0, built.stderr
    installed = run(
        f"'{sys.executable}' -m venv env && env/bin/pip install -q -c '{ROOT}/constraints.txt'"
        " wheels/*.whl",
        tmp_path,
    )
    assert installed.returncode == 0, installed.stderr

    refused = run("env/bin/s3nav --headless --demo ls", tmp_path)

    assert refused.returncode == 2
    hint = re.search(r"hint: `(.+)`", refused.stderr)
    assert hint, refused.stderr
    assert run(hint[1], tmp_path).returncode == 0
    listed = run("env/bin/s3nav --headless --demo ls", tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "analytics-lake" in listed.stdout
