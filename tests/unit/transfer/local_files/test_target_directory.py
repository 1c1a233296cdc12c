"""What the target directory is asked while its files come."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.transfer.journal.records import Item
from s3nav.transfer.local_files import target_directory
from s3nav.transfer.local_files.target_directory import TARGET_LOST, Target


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    with Target(tmp_path / "out", "job1") as target:
        yield target


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The files that were synced, by their inodes."""
    found: list[int] = []
    monkeypatch.setattr(target_directory, "sync_file", lambda it: found.append(os.fstat(it).st_ino))
    return found


def item(**changes: object) -> Item:
    known: dict[str, object] = {
        "number": 1,
        "bucket": "bkt",
        "key": "a.gz",
        "local": "a.gz",
        "size_bytes": 4,
        "etag": "e",
        "modified_ns": None,
        "algorithm": "",
        "checksum_type": "",
    }
    return Item(**{**known, **changes})  # type: ignore[arg-type]  # msgspec checks the names


def write(target: Target, item: Item) -> None:
    with target.open_temporary(item) as file:
        target.write_at(item, file, memoryview(b"four"), 0)


def test_a_whole_file_that_is_gone_before_it_is_durable_means_a_lost_target(
    target: Target,
) -> None:
    with pytest.raises(LocalDiskError) as caught:
        target.sync([item()], [], few=8)

    assert caught.value.reference == TARGET_LOST


def test_parts_are_synced_also_when_the_file_of_one_was_renamed_meanwhile(
    target: Target, synced: list[int]
) -> None:
    landed, open_still = item(number=1, key="a", local="a"), item(number=2, key="b", local="b")
    for file in (landed, open_still):
        write(target, file)
    target.rename(landed)

    target.sync([], [], in_parts=[landed, open_still], few=8)

    assert synced == [(target.root / target.temporary_name(open_still)).stat().st_ino]


def test_a_part_is_made_durable_in_its_own_file_while_that_is_being_decompressed(
    target: Target, synced: list[int]
) -> None:
    file = item(codec="gz")
    write(target, file)
    packed = target.root / target.temporary_name(file)
    file.stored_bytes = 0  # another worker begins to decompress it

    target.sync([], [], in_parts=[file], few=8)

    assert synced == [packed.stat().st_ino]
