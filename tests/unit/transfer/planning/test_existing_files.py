"""A file is skipped only when size and time, a record or its bytes say it is the object."""

import json
import os
from pathlib import Path

import pytest

from s3nav.model.errors import UsageError
from s3nav.transfer.journal.records import PENDING, SKIPPED, PlannedItem
from s3nav.transfer.planning.existing_files import (
    EXISTING_REASON,
    RECORDED_REASON,
    ExistingFiles,
    Verify,
    find_resume_file,
    read_resume_file,
)

SECOND_NS = 1_000_000_000
MODIFIED_NS = 1_800_000_000 * SECOND_NS
CONTENT = b"content"


def item(key: str = "a/k", *, size_bytes: int = len(CONTENT), codec: str = "") -> PlannedItem:
    return PlannedItem(
        bucket="b",
        key=key,
        local="",
        size_bytes=size_bytes,
        etag="",
        modified_ns=MODIFIED_NS,
        algorithm="",
        checksum_type="",
        codec=codec,
    )


def write(target: Path, key: str = "a/k", *, late_ns: int = 0) -> None:
    """The file of an object, changed `late_ns` after it."""
    path = target / "b" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    os.utime(path, ns=(MODIFIED_NS + late_ns, MODIFIED_NS + late_ns))


def decided(
    target: Path,
    planned: PlannedItem,
    *,
    recorded: frozenset[str] = frozenset(),
    folds: bool = False,
    verify: Verify | None = None,
) -> tuple[int, str]:
    existing = ExistingFiles(
        target,
        recorded,
        folds=folds,
        verify=verify or (lambda _item, _path: ""),
        believes_time=lambda: verify is None,
    )
    existing.skip([planned])
    return planned.state, planned.reason


def test_without_a_target_directory_everything_is_fetched(tmp_path: Path) -> None:
    assert decided(tmp_path / "gone", item()) == (PENDING, "")


def test_a_file_of_another_size_or_time_is_fetched(tmp_path: Path) -> None:
    write(tmp_path, late_ns=SECOND_NS)

    assert decided(tmp_path, item()) == (PENDING, "")
    assert decided(tmp_path, item(size_bytes=8)) == (PENDING, "")


def test_a_link_to_a_file_is_not_the_file(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "b" / "link").symlink_to(tmp_path / "b" / "a" / "k")

    assert decided(tmp_path, item("link")) == (PENDING, "")


def test_an_object_that_is_decompressed_is_left_to_its_own_check(tmp_path: Path) -> None:
    write(tmp_path)

    assert decided(tmp_path, item(codec="gz")) == (PENDING, "")


def test_a_file_of_the_same_size_and_second_is_skipped(tmp_path: Path) -> None:
    write(tmp_path, late_ns=SECOND_NS - 1)

    assert decided(tmp_path, item()) == (SKIPPED, EXISTING_REASON)


def test_a_name_in_another_spelling_is_found_where_the_disk_folds_names(tmp_path: Path) -> None:
    write(tmp_path)

    assert decided(tmp_path, item(), folds=True) == (SKIPPED, EXISTING_REASON)


def test_a_recorded_file_needs_only_its_size(tmp_path: Path) -> None:
    write(tmp_path, late_ns=SECOND_NS)

    assert decided(tmp_path, item(), recorded=frozenset({"b/a/k"})) == (SKIPPED, RECORDED_REASON)
    assert decided(tmp_path, item(), recorded=frozenset({"other/a/k"})) == (PENDING, "")


@pytest.mark.parametrize(
    ("how", "expected"),
    [("", (PENDING, "")), ("md5", (SKIPPED, "already there: same size and md5"))],
)
def test_when_bytes_are_compared_the_time_does_not_count(
    tmp_path: Path, how: str, expected: tuple[int, str]
) -> None:
    write(tmp_path)

    def verify(_item: PlannedItem, path: Path) -> str:
        assert path == tmp_path / "b" / "a" / "k"
        return how

    assert decided(tmp_path, item(), verify=verify) == expected


def test_a_directory_with_too_many_names_is_still_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s3nav.transfer.planning.existing_files.NAMES_KEPT", 1)
    for key in ("k1", "k2", "k3"):
        write(tmp_path, key)

    assert decided(tmp_path, item("k3")) == (SKIPPED, EXISTING_REASON)
    assert decided(tmp_path, item("k4")) == (PENDING, "")


@pytest.mark.parametrize("content", ["{", "[]", '{"downloaded_files": [1]}', "{}"])
def test_a_record_that_is_not_one_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "r.json").write_text(content)

    with pytest.raises(UsageError, match="is not a record of the aws-data-downloader") as caught:
        read_resume_file(tmp_path / "r.json")

    assert caught.value.reference == "bad-resume-file"


def test_a_record_names_objects_with_and_without_their_scheme(tmp_path: Path) -> None:
    names = {"downloaded_files": ["s3://b/a", "b/c"]}
    (tmp_path / "download_resume.json").write_text(json.dumps(names))

    assert read_resume_file(tmp_path / "download_resume.json") == {"b/a", "b/c"}
    assert find_resume_file(tmp_path) == tmp_path / "download_resume.json"
    assert find_resume_file(tmp_path / "data") == tmp_path / "download_resume.json"
    assert find_resume_file(tmp_path / "data" / "deeper") is None
