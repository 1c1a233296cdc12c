"""No test of this package may see the AWS files or variables of the user who runs it."""

import os
from pathlib import Path

import pytest

from s3nav.persistence import Directories


@pytest.fixture(autouse=True)
def aws_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``~/.aws``, and none of the AWS and proxy variables."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home" / ".aws"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home.parent))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


@pytest.fixture
def directories(tmp_path: Path) -> Directories:
    made = Directories(config=tmp_path / "config", data=tmp_path / "data")
    made.create()
    return made
