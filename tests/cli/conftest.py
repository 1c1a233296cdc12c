from pathlib import Path

import pytest

from s3nav.model.objects import ObjectFact
from tests.support.command_line import Shell
from tests.support.memory_store import WHEN


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home of the test's own, so that no real settings or log are touched."""
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def two_buckets(shell: Shell) -> Shell:
    """``dev`` with three objects and ``prod`` with one."""
    shell.store.put("dev", "a.txt", b"12345")
    shell.store.put("dev", "img/1.png", b"1" * 1500, fact=_at(2))
    shell.store.put("dev", "img/2.png", b"2" * 2500)
    shell.store.put("prod", "x", b"x" * 1_000_000)
    return shell


def _at(hour: int) -> ObjectFact:
    return ObjectFact(key="", size_bytes=0, modified_at=WHEN.replace(day=3, hour=hour))
