"""Whole small files that a killed run left under their temporary names."""

import hashlib
import os
from pathlib import Path

import pytest

from s3nav.transfer.journal.records import Item
from s3nav.transfer.local_files.target_directory import Target

CONTENT = b"all of it"
ETAG = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
WHEN_NS = 1_700_000_000 * 10**9


@pytest.fixture
def item() -> Item:
    return Item(7, "bkt", "a/b", "", len(CONTENT), ETAG, WHEN_NS, "", "")


@pytest.mark.parametrize(
    ("left", "is_whole"), [(CONTENT, True), (CONTENT[:-1], False), (b"ALL OF IT", False)]
)
def test_only_what_has_the_md5_of_its_object_counts(
    tmp_path: Path, item: Item, left: bytes, is_whole: bool
) -> None:
    with Target(tmp_path, "job") as target:
        target.write_small(item, memoryview(left))
        part = tmp_path / "bkt" / "a" / target.names.of(item)
        os.utime(part)

        assert target.holds(item) is is_whole
        assert (part.stat().st_mtime_ns == WHEN_NS) is is_whole


def test_nothing_a_link_or_a_pipe_is_no_file_that_was_left(tmp_path: Path, item: Item) -> None:
    with Target(tmp_path, "job") as target:
        assert not target.holds(item)
        folder = tmp_path / "bkt" / "a"
        folder.mkdir(parents=True)
        part = folder / target.names.of(item)
        (tmp_path / "other").write_bytes(CONTENT)
        part.symlink_to(tmp_path / "other")
        assert not target.holds(item)
        part.unlink()
        os.mkfifo(part)
        assert not target.holds(item)
