"""What the target directory is asked while its files come."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from s3nav.model.errors import LocalDiskError
from s3nav.transfer.journal.records import Item
from s3nav.transfer.local_files import target_directory
from s3nav.transfer.local_files.disk_errors import TARGET_LOST
from s3nav.transfer.local_files.target_directory import Target


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

    assert synced == [(target.root / target.names.of(open_still)).stat().st_ino]


def test_a_part_is_made_durable_in_its_own_file_while_that_is_being_decompressed(
    target: Target, synced: list[int]
) -> None:
    file = item(codec="gz")
    write(target, file)
    packed = target.root / target.names.of(file)
    file.stored_bytes = 0  # another worker begins to decompress it

    target.sync([], [], in_parts=[file], few=8)

    assert synced == [packed.stat().st_ino]


@pytest.mark.parametrize("moved", ["a", "a/b"])
def test_files_in_a_directory_that_was_moved_away_do_not_count_as_stored(
    target: Target, tmp_path: Path, moved: str
) -> None:
    file = item(key="a/b/c", local="a/b/c")
    write(target, file)
    target.rename(file)
    (target.root / moved).rename(tmp_path / "elsewhere")

    with pytest.raises(LocalDiskError, match=f"`{moved}` in it was moved or removed") as caught:
        target.sync([], [file], few=8)

    assert caught.value.reference == TARGET_LOST


def test_a_link_in_place_of_a_moved_directory_is_not_followed(
    target: Target, tmp_path: Path
) -> None:
    file = item(key="a/b", local="a/b")
    write(target, file)
    (target.root / "a").rename(tmp_path / "elsewhere")
    (target.root / "a").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    with pytest.raises(LocalDiskError, match="moved or removed"):
        target.sync([file], [], few=8)


def test_another_view_of_a_target_neither_makes_it_nor_takes_another_directory(
    target: Target, tmp_path: Path
) -> None:
    target.root.rename(tmp_path / "elsewhere")

    with pytest.raises(LocalDiskError):
        Target(target.root, "job1", like=target)

    assert not target.root.exists()
    target.root.mkdir()
    with pytest.raises(LocalDiskError, match="moved or removed"):
        Target(target.root, "job1", like=target)


def test_folders_that_are_closed_again_are_missed_when_they_are_gone(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_directory, "FOLDERS_KEPT", 2)
    for name in "abcd":
        write(target, item(key=f"{name}/x", local=f"{name}/x"))
    assert not target.has_lost_folders()

    (target.root / "a").rename(tmp_path / "elsewhere")

    assert target.has_lost_folders()


def test_with_more_folders_than_are_remembered_any_may_be_lost(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_directory, "FOLDERS_KNOWN", 1)
    write(target, item(key="a/x", local="a/x"))
    assert not target.has_lost_folders()

    write(target, item(key="b/x", local="b/x"))

    assert target.has_lost_folders()


@pytest.mark.parametrize(
    ("changes", "is_stored"),
    [
        ({}, True),
        ({"size_bytes": 5}, False),
        ({"size_bytes": 5, "stored_bytes": 4}, True),
        ({"size_bytes": 5, "codec": "gz"}, True),  # how large it is decompressed is not known
        ({"local": "b"}, False),
        ({"local": "a/below"}, False),
    ],
)
def test_a_stored_file_is_there_with_its_size(
    target: Target, changes: dict[str, object], *, is_stored: bool
) -> None:
    (target.root / "a").write_bytes(b"four")

    assert target.stores(item(**{"local": "a", **changes})) is is_stored
