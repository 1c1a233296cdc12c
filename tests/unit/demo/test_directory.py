"""The demo's directory: private, kept, shared by demos, and removed only when that is safe."""

import contextlib
import json
from datetime import date
from pathlib import Path

import pytest

from s3nav.demo.directory import STORY_FILE, held, keep_port, kept_port, reset
from s3nav.model.errors import LocalDiskError, UsageError
from tests.support.small_disk import CannotMountError, small_disk

TODAY, LATER = date(2026, 11, 30), date(2026, 12, 24)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data" / "demo"


def test_the_first_start_makes_private_directories(directory: Path) -> None:
    with held(directory, TODAY):
        modes = [path.stat().st_mode & 0o777 for path in (directory, directory.parent)]

    assert modes == [0o700, 0o700]


def test_an_empty_directory_becomes_private_at_the_first_start(directory: Path) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o777)

    with held(directory, TODAY):
        assert directory.stat().st_mode & 0o777 == 0o700


def test_the_demos_own_directory_becomes_private_again(directory: Path) -> None:
    with held(directory, TODAY):
        pass
    directory.chmod(0o755)

    with held(directory, TODAY):
        assert directory.stat().st_mode & 0o777 == 0o700


def test_a_foreign_directory_that_everyone_may_write_to_is_refused(
    directory: Path,
) -> None:
    directory.mkdir(parents=True)
    (directory / "thesis.txt").touch()
    directory.chmod(0o777)

    with pytest.raises(LocalDiskError, match="everyone may write to"), held(directory, TODAY):
        pass

    directory.chmod(0o755)
    with held(directory, TODAY):
        assert directory.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("target", [None, "gone"])
def test_a_file_or_link_in_the_way_is_named_with_a_remedy(
    directory: Path, target: str | None
) -> None:
    directory.parent.mkdir()
    if target:
        directory.symlink_to(target)
    else:
        directory.touch()

    with pytest.raises(LocalDiskError) as caught, held(directory, TODAY):
        pass

    assert ("is a link to `gone`" if target else "is a file") in caught.value.message
    assert caught.value.message.startswith("the demo cannot write: `")
    assert "space" not in (caught.value.remedy or "")
    assert "--data-dir DIR" in (caught.value.remedy or "")


def test_the_first_port_is_kept_with_the_day(directory: Path) -> None:
    with held(directory, TODAY):
        assert kept_port(directory) == 0
        keep_port(directory, 40001)
        keep_port(directory, 40002)

    with held(directory, LATER) as began_on:
        assert (began_on, kept_port(directory)) == (TODAY, 40001)
    reset(directory)
    assert not directory.exists()


@pytest.mark.parametrize("port", ["40001", 80, 70000, None, 1.5])
def test_a_port_that_makes_no_sense_is_none(directory: Path, port: object) -> None:
    with held(directory, TODAY):
        story = {"began_on": TODAY.isoformat(), "port": port}
        (directory / STORY_FILE).write_text(json.dumps(story))

        assert kept_port(directory) == 0


def test_the_day_of_the_first_start_is_kept(directory: Path) -> None:
    with held(directory, TODAY) as first:
        pass

    with held(directory, LATER) as second:
        pass

    assert (first, second) == (TODAY, TODAY)


def test_two_demos_share_a_directory(directory: Path) -> None:
    with held(directory, TODAY), held(directory, LATER) as began_on:
        assert began_on == TODAY


def test_a_reset_removes_the_directory_and_nothing_beside_it(directory: Path) -> None:
    with held(directory, TODAY):
        (directory / "journal.sqlite3").touch()
    beside = directory.parent / "journal.sqlite3"
    beside.touch()

    reset(directory)

    assert [path.name for path in directory.parent.iterdir()] == [beside.name]


def test_a_demo_after_a_reset_begins_again(directory: Path) -> None:
    with held(directory, TODAY):
        pass
    reset(directory)

    with held(directory, LATER) as began_on:
        assert began_on == LATER


def test_a_reset_of_nothing_is_fine(directory: Path) -> None:
    reset(directory)

    assert not directory.exists()


def test_a_running_demo_is_not_reset(directory: Path) -> None:
    with held(directory, TODAY), pytest.raises(UsageError, match="another demo is using"):
        reset(directory)

    assert (directory / STORY_FILE).exists()


def test_a_reset_follows_no_link(directory: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    with held(elsewhere, TODAY):
        pass
    directory.parent.mkdir()
    directory.symlink_to(elsewhere)

    with pytest.raises(UsageError, match="symbolic link"):
        reset(directory)

    assert (elsewhere / STORY_FILE).exists()


def test_a_reset_removes_links_but_not_their_targets(directory: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    with held(directory, TODAY):
        (directory / "link").symlink_to(precious)

    reset(directory)

    assert (precious / "file").exists()


def test_a_directory_that_the_demo_did_not_make_is_not_removed(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "letters").touch()

    with pytest.raises(UsageError, match="may hold files that the demo did not make"):
        reset(directory)

    assert (directory / "letters").exists()


def test_a_reset_removes_the_remains_of_a_killed_one(directory: Path) -> None:
    with held(directory, TODAY):
        pass
    (directory.parent / ".demo-removed-1").mkdir()

    reset(directory)

    assert not list(directory.parent.iterdir())


def test_a_place_that_cannot_be_written_is_one_error_with_a_remedy(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(LocalDiskError) as caught, held(file / "demo", TODAY):
        pass

    assert "--data-dir" in (caught.value.remedy or "")


def test_a_full_disk_leaves_no_directory_behind(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "disk", 64 << 10) as disk:
            with contextlib.suppress(OSError), (disk / "fill").open("wb") as fill:
                fill.write(bytes(1 << 20))

            with pytest.raises(LocalDiskError) as caught, held(disk / "demo", TODAY):
                pass

            assert "No space left" in caught.value.message
            assert not (disk / "demo").exists()
    except CannotMountError as reason:
        pytest.skip(f"a full disk needs a small file system of its own: {reason}")


@pytest.mark.parametrize("content", ["", "{}", json.dumps({"began_on": "yesterday"}), "[]"])
def test_a_story_without_a_day_is_one_error_with_a_remedy(directory: Path, content: str) -> None:
    directory.mkdir(parents=True)
    (directory / STORY_FILE).write_text(content)

    with pytest.raises(LocalDiskError) as caught, held(directory, TODAY):
        pass

    assert caught.value.remedy.startswith("remove that file")


def test_a_directory_that_had_files_before_the_demo_is_never_removed(directory: Path) -> None:
    directory.mkdir(parents=True)
    thesis = directory / "thesis.txt"
    thesis.write_text("mine")
    with held(directory, TODAY):
        pass

    with pytest.raises(UsageError, match="may hold files that the demo did not make"):
        reset(directory)

    assert thesis.read_text() == "mine"


@pytest.mark.parametrize("day", ["0001-01-01", "never", 7, None])
def test_an_invalid_day_is_refused_with_the_file_to_remove(directory: Path, day: object) -> None:
    directory.mkdir(parents=True)
    (directory / STORY_FILE).write_text(json.dumps({"began_on": day}))

    with pytest.raises(LocalDiskError) as caught, held(directory, TODAY):
        pass

    assert caught.value.remedy.startswith("remove that file")


def test_a_demo_that_begins_tomorrow_begins_today(directory: Path) -> None:
    with held(directory, LATER):
        pass

    with held(directory, TODAY) as began_on:
        assert began_on == TODAY
