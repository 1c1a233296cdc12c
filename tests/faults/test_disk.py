"""Disks that are full, read-only or gone: a clear error, a job to go on with, nothing corrupt."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.faulty_s3 import Fault, FaultyS3
from tests.support.headless import PART_BYTES, WORKERS, final_files, finish, start
from tests.support.small_disk import CannotMountError, fill, remount, small_disk
from tests.support.waiting import eventually

MIB = 1 << 20
DISK_BYTES = 3 * MIB
LOCAL_DISK = 8
SMALL = {f"small/{n:03}": bytes([n]) * 4_000 for n in range(200)}
CONTENTS = {**SMALL, **{f"large/{n}": bytes([n]) * (6 * PART_BYTES) for n in range(3)}}


@pytest.fixture
def server() -> Iterator[FaultyS3]:
    with FaultyS3(pace_s=0.002) as server:
        server.put_all(CONTENTS)
        yield server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small_disk(tmp_path / "disk", DISK_BYTES) as place:
            yield place
    except CannotMountError as error:
        pytest.skip(str(error))


def _check_files(home: Path) -> None:
    assert all(CONTENTS[key] == content for key, content in final_files(home).items())


def _state(server: FaultyS3, home: Path) -> tuple[str, str]:
    _, out, _ = finish(start(server, home, "jobs", "list", "--output", "json"))
    (job,) = json.loads(out)
    return job["state"], job["reason"]


def _goes_on(server: FaultyS3, home: Path, contents: Mapping[str, bytes] = CONTENTS) -> None:
    before = final_files(home)
    since = len(server.gets())
    code, _, err = finish(start(server, home))
    assert code == 0, err
    assert final_files(home) == contents
    again = {one.key for one in server.gets()[since:]}
    assert not before.keys() & again


def _when(server: FaultyS3, gets: int, act: Callable[[], object]) -> None:
    """Do something before the answer to the n-th GET."""
    seen = 0

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal seen
        seen += verb == "GET"
        if verb == "GET" and seen == gets:
            act()
        return Fault.NONE

    server.plan = plan


def _read_only_from(server: FaultyS3, gets: int, disk: Path) -> threading.Event:
    """Make the disk read-only before the answer to the n-th GET; the event says that it is.

    All other answers wait meanwhile, so that what was being written is soon through.
    """
    seen = 0
    lock = threading.Lock()
    is_read_only = threading.Event()

    def plan(verb: str, _key: str, _range: str) -> Fault:
        nonlocal seen
        with lock:
            seen += verb == "GET"
            if verb == "GET" and seen == gets:
                _remount_when_free(disk, "ro")
                is_read_only.set()
        return Fault.NONE

    server.plan = plan
    return is_read_only


def _remount_when_free(disk: Path, options: str) -> None:
    def is_remounted() -> bool:
        try:
            remount(disk, options)
        except CannotMountError:
            return False
        return True

    eventually(is_remounted, what="the disk was busy all the time")


def test_a_disk_that_fills_up_pauses_the_job_until_there_is_room(
    server: FaultyS3, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").symlink_to(disk, target_is_directory=True)
    ballast = disk / "ballast"
    _when(server, 60, lambda: fill(ballast))

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    assert "error[disk-full]" in err
    assert "free some space" in err
    assert _state(server, tmp_path)[0] == "paused"
    _check_files(tmp_path)
    ballast.unlink()
    _goes_on(server, tmp_path)


def test_a_disk_that_is_too_small_is_reported_before_anything_is_fetched(
    server: FaultyS3, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").symlink_to(disk, target_is_directory=True)
    (disk / "ballast").write_bytes(bytes(DISK_BYTES - MIB))

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK
    assert "error[disk-full]" in err
    assert server.gets() == []


def test_a_target_that_becomes_read_only_ends_the_job_and_it_can_go_on(
    disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").symlink_to(disk, target_is_directory=True)
    # A disk cannot become read-only while a file is open for writing, as large ones are for long.
    with FaultyS3() as server:
        server.put_all(SMALL)
        is_read_only = _read_only_from(server, 60, disk)

        code, _, err = finish(start(server, tmp_path))

        assert is_read_only.is_set(), "the disk was busy all the time"
        assert code == LOCAL_DISK, err
        assert "error[target-lost]" in err
        _check_files(tmp_path)
        remount(disk, "rw")
        _goes_on(server, tmp_path, SMALL)


def test_a_target_that_is_read_only_from_the_start_fetches_nothing(
    server: FaultyS3, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").symlink_to(disk, target_is_directory=True)
    remount(disk, "ro")

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    assert "error[target-lost]" in err
    assert "Traceback" not in err
    assert len(server.gets()) <= WORKERS


@pytest.mark.parametrize("gets", [1, 60, 190])
def test_a_target_that_is_removed_ends_the_job_clearly_and_all_is_fetched_again(
    server: FaultyS3, tmp_path: Path, gets: int
) -> None:
    _when(server, gets, lambda: (tmp_path / "out").rename(tmp_path / "gone"))

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    assert "error[target-lost]" in err
    shutil.move(tmp_path / "gone", tmp_path / "out")
    _goes_on(server, tmp_path)


def test_after_its_target_was_deleted_the_same_command_fetches_all_again(
    server: FaultyS3, tmp_path: Path
) -> None:
    _when(server, 150, lambda: shutil.rmtree(tmp_path / "out", ignore_errors=True))

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    code, _, err = finish(start(server, tmp_path))
    assert code == 0, err
    assert final_files(tmp_path) == CONTENTS


def test_a_full_disk_of_the_journal_pauses_the_job_and_it_can_go_on(
    server: FaultyS3, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    ballast = disk / "ballast"
    _when(server, 60, lambda: fill(ballast))

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    assert "error[" in err
    assert "Traceback" not in err
    assert "free some space" in err
    _check_files(tmp_path)
    ballast.unlink()
    _goes_on(server, tmp_path)


@pytest.mark.parametrize("free_bytes", [0, 20_000, 60_000])
def test_a_journal_without_room_from_the_start_says_so(
    server: FaultyS3, disk: Path, tmp_path: Path, free_bytes: int
) -> None:
    (tmp_path / "data").symlink_to(disk, target_is_directory=True)
    fill(disk / "ballast", leave_bytes=free_bytes)

    code, _, err = finish(start(server, tmp_path))

    assert code == LOCAL_DISK, err
    assert "Traceback" not in err
    assert "journal.sqlite3" in err
    (disk / "ballast").unlink()
    _goes_on(server, tmp_path)
