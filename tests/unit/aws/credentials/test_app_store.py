"""The example credential store is made once, private, and never over an existing one."""

import stat
from pathlib import Path

from s3nav.aws.credentials.app_store import create_example_store, read_own_store


def test_an_existing_store_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".cred.json"
    file.write_text("mine", encoding="utf-8")

    assert not create_example_store(file)

    assert file.read_text(encoding="utf-8") == "mine"


def test_the_example_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".cred.json"

    assert create_example_store(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_example_is_known_as_one(tmp_path: Path) -> None:
    file = tmp_path / ".cred.json"
    create_example_store(file)

    assert read_own_store(file)["default"].problem == "example, not real"
