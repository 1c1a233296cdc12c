"""Bytes past the page cache: the file is right whatever the kernel takes that way."""

import errno
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3nav.transfer.local_files.temporary_file import (
    ALIGNED_BYTES,
    JUDGED_AFTER,
    SLOW_S,
    TemporaryFile,
)

ROOM = memoryview(mmap.mmap(-1, 16 * ALIGNED_BYTES))
"""As the buffer of a worker: whole pages."""
Open = Callable[..., TemporaryFile]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens one file twice; where the tests' disk takes no direct writes, the kernel refuses."""
    files: list[TemporaryFile] = []

    def open_it(clock: Callable[[], float] = lambda: 0.0, *, direct: bool = True) -> TemporaryFile:
        path = tmp_path / f"file-{len(files)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        past = os.open(path, os.O_WRONLY | _direct_of(path)) if direct else -1
        files.append(TemporaryFile(descriptor, past, clock=clock))
        return files[-1]

    yield open_it
    for file in files:
        file.close()


def _direct_of(path: Path) -> int:
    flag = getattr(os, "O_DIRECT", 0)
    try:
        os.close(os.open(path, os.O_WRONLY | flag))
    except OSError:
        return 0
    return flag


def piece(length: int, fill: int = 0) -> memoryview:
    ROOM[:length] = bytes((fill + at) % 251 for at in range(length))
    return ROOM[:length]


def refuse_direct(monkeypatch: pytest.MonkeyPatch, file: TemporaryFile, number: int) -> None:
    """Writes past the page cache fail, by their descriptor; usual writes do not."""
    real = os.pwrite

    def pwrite(descriptor: int, content: memoryview, offset: int) -> int:
        if descriptor != file.descriptor:
            raise OSError(number, os.strerror(number))
        return real(descriptor, content, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)


def test_a_full_disk_is_told(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    file = opened()
    refuse_direct(monkeypatch, file, errno.ENOSPC)

    with pytest.raises(OSError, match="No space left"):
        file.write(piece(ALIGNED_BYTES), 0)


def test_a_kernel_that_refuses_gets_the_bytes_through_its_cache(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = opened()
    refuse_direct(monkeypatch, file, errno.EINVAL)

    file.write(piece(2 * ALIGNED_BYTES), 0)

    assert os.pread(file.descriptor, 3 * ALIGNED_BYTES, 0) == bytes(piece(2 * ALIGNED_BYTES))
    assert not file.is_direct


def test_a_slow_disk_is_written_through_the_cache(opened: Open) -> None:
    ticks = (SLOW_S * 1.1 * tick for tick in range(10_000))
    file = opened(lambda: next(ticks))

    for at in range(JUDGED_AFTER):
        assert file.is_direct
        file.write(piece(ALIGNED_BYTES), at * ALIGNED_BYTES)

    assert not file.is_direct


def test_a_fast_disk_stays_direct(opened: Open) -> None:
    file = opened()

    for at in range(3 * JUDGED_AFTER):
        file.write(piece(ALIGNED_BYTES), at * ALIGNED_BYTES)

    assert file.is_direct


@settings(max_examples=50)
@given(data=st.data(), size_bytes=st.integers(1, 12 * ALIGNED_BYTES), direct=st.booleans())
def test_what_was_written_in_pieces_is_what_is_read(
    opened_of: "Opener", data: st.DataObject, size_bytes: int, direct: bool
) -> None:
    file = opened_of(direct)
    whole = bytes(at * 7 % 253 for at in range(size_bytes))
    at, spans = 0, []
    while at < size_bytes:
        length = min(
            data.draw(st.sampled_from([511, 4095, ALIGNED_BYTES, 3 * ALIGNED_BYTES])),
            size_bytes - at,
        )
        spans.append((at, at + length))
        at += length

    for start, stop in data.draw(st.permutations(spans)):
        ROOM[: stop - start] = whole[start:stop]
        file.write(ROOM[: stop - start], start)

    assert os.pread(file.descriptor, size_bytes + 1, 0) == whole


Opener = Callable[[bool], TemporaryFile]


@pytest.fixture(scope="module")
def opened_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """One file a time, emptied."""
    path = tmp_path_factory.mktemp("pieces") / "file"
    files: list[TemporaryFile] = []

    def open_it(direct: bool) -> TemporaryFile:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        files.append(
            TemporaryFile(
                descriptor,
                os.open(path, os.O_WRONLY | _direct_of(path)) if direct else -1,
                clock=lambda: 0.0,
            )
        )
        return files[-1]

    yield open_it
    for file in files:
        file.close()
