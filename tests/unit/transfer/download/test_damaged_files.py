"""What an earlier run left on the disk is read before it is believed."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from s3nav.model.events import JobState
from s3nav.transfer import Verification
from s3nav.transfer.local_files import Target
from tests.unit.transfer.conftest import PART_BYTES, Bench

PARTS = 5
CONTENT = bytes(range(256)) * (PARTS * PART_BYTES // 256)
UPLOADED = [CONTENT[: 2 * PART_BYTES], CONTENT[2 * PART_BYTES :]]


def truncate(part: Path) -> None:
    part.write_bytes(b"")


def shorten(part: Path) -> None:
    os.truncate(part, PART_BYTES // 2)


def replace_it(part: Path) -> None:
    part.unlink()
    part.write_bytes(b"?" * len(CONTENT))


def zero_a_block(part: Path) -> None:
    with part.open("r+b") as file:
        file.seek(PART_BYTES // 2)
        file.write(bytes(100))


def spoil(file: Path) -> None:
    file.write_bytes(b"SMALL")


def keep_its_times(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    def damaged(part: Path) -> None:
        before = part.stat()
        damage(part)
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))

    return damaged


DAMAGES = [truncate, shorten, replace_it, zero_a_block, keep_its_times(zero_a_block), Path.unlink]
damages = pytest.mark.parametrize(
    "damage", DAMAGES, ids=["truncated", "shortened", "replaced", "zeroed", "same time", "gone"]
)


class Kind(NamedTuple):
    """How an object was uploaded, and what its download is verified by."""

    algorithm: str
    encryption: str
    verified_by: str


objects = pytest.mark.parametrize(
    "kind",
    [
        Kind("CRC64NVME", "", "crc64nvme"),
        Kind("", "aws:kms", "none"),  # S3 has nothing to compare with
    ],
)


def put_object(bench: Bench, kind: Kind) -> None:
    bench.store.put_multipart(
        "bkt",
        "k",
        UPLOADED,
        algorithm=kind.algorithm,
        checksum_type="FULL_OBJECT" if kind.algorithm else "",
        encryption=kind.encryption,
    )


def stop_with_parts(bench: Bench, *, verify: Verification = Verification.AUTO) -> str:
    """Run a job until parts are recorded, then pause it as the end of a process does."""
    held, paused = threading.Event(), threading.Event()
    gets = []

    def hold_the_last(verb: str, _key: str) -> None:
        if verb == "get":
            gets.append(verb)
            if len(gets) == PARTS:
                held.set()
                assert paused.wait(50)

    bench.store.before = hold_the_last
    transfers = bench.transfers(parallel=2)
    job_id = transfers.plan(replace(bench.selection("bkt"), verify=verify)).job_id
    transfers.start(job_id)
    assert held.wait(50)
    transfers.pause(job_id)
    paused.set()
    assert transfers.wait(job_id, 50)
    transfers.close()
    bench.store.before = lambda *_: None
    return job_id


def end_at_the_rename(bench: Bench, monkeypatch: pytest.MonkeyPatch, *, renamed: bool) -> str:
    """Run a job of one file until it is synced; end it just before or after the rename."""

    def bug(*_: object) -> None:
        raise RuntimeError("the process ends here")

    def after(name: str) -> None:
        if name == "after rename":
            bug()

    with monkeypatch.context() as ending:
        if not renamed:
            ending.setattr(Target, "rename", bug)
        transfers = bench.transfers(parallel=1, checkpoint=after)
        job_id = transfers.plan(bench.selection("bkt")).job_id
        transfers.start(job_id)
        assert transfers.wait(job_id, 50)
        transfers.close()
    return job_id


def resume(bench: Bench, job_id: str) -> list[str]:
    """Run the job to its end; returns what it was verified by."""
    transfers = bench.transfers()
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    assert transfers.job(job_id).state is JobState.DONE
    return [item.verified_by for item in transfers.items(job_id)]


def test_parts_that_are_whole_are_not_fetched_again(bench: Bench) -> None:
    put_object(bench, Kind("CRC64NVME", "", "crc64nvme"))
    job_id = stop_with_parts(bench)
    before = bench.store.count("get")

    assert resume(bench, job_id) == ["crc64nvme"]

    assert bench.local("bkt/k") == CONTENT
    assert bench.store.count("get") - before <= 2, "only what two workers had under way"


@damages
@objects
@pytest.mark.parametrize("verify", [Verification.AUTO, Verification.NONE])
def test_a_damaged_temporary_file_is_fetched_again_where_it_is_damaged(
    bench: Bench,
    damage: Callable[[Path], None],
    kind: Kind,
    verify: Verification,
) -> None:
    put_object(bench, kind)
    job_id = stop_with_parts(bench, verify=verify)
    (part,) = (bench.target / "bkt").iterdir()
    damage(part)

    assert resume(bench, job_id) == [kind.verified_by if verify else "none"]

    assert bench.local("bkt/k") == CONTENT
    assert bench.files() == ["bkt/k"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@damages
@objects
@pytest.mark.parametrize("renamed", [False, True])
def test_a_file_damaged_around_its_rename_is_fetched_again(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    kind: Kind,
    renamed: bool,
) -> None:
    put_object(bench, kind)
    job_id = end_at_the_rename(bench, monkeypatch, renamed=renamed)
    (left,) = (bench.target / "bkt").iterdir()
    assert (left.name == "k") is renamed
    damage(left)

    assert resume(bench, job_id) == [kind.verified_by]

    assert bench.local("bkt/k") == CONTENT
    assert bench.files() == ["bkt/k"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@objects
@pytest.mark.parametrize("renamed", [False, True])
def test_a_whole_file_whose_rename_was_not_recorded_is_not_fetched_again(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
    renamed: bool,
) -> None:
    put_object(bench, kind)
    job_id = end_at_the_rename(bench, monkeypatch, renamed=renamed)
    before = bench.store.count("get")

    assert resume(bench, job_id) == [kind.verified_by]

    assert bench.store.count("get") == before
    assert bench.local("bkt/k") == CONTENT


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("content", [b"small", CONTENT], ids=["small", "large"])
def test_an_old_file_of_the_same_size_is_not_taken_for_the_new_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    bench.store.put("bkt", "k", content)
    old = bench.target / "bkt/k"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"?" * len(content))
    job_id = end_at_the_rename(bench, monkeypatch, renamed=False)
    (part,) = (each for each in old.parent.iterdir() if each != old)
    part.unlink()

    resume(bench, job_id)

    assert bench.local("bkt/k") == content


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("renamed", [False, True])
@pytest.mark.parametrize("encryption", ["", "aws:kms"])
def test_a_small_file_damaged_around_its_rename_is_fetched_again(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    renamed: bool,
    encryption: str,
) -> None:
    bench.store.put_multipart("bkt", "k", [b"small"], encryption=encryption)
    job_id = end_at_the_rename(bench, monkeypatch, renamed=renamed)
    (left,) = (bench.target / "bkt").iterdir()
    keep_its_times(spoil)(left)

    resume(bench, job_id)

    assert bench.local("bkt/k") == b"small"
    assert bench.files() == ["bkt/k"]
