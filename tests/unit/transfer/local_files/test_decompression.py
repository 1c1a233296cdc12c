"""Compressed objects become plain files: verified first, in bounded memory, never half."""

import bz2
import gzip
import os
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from msgspec.structs import replace

from s3nav.model.errors import LocalDiskError
from s3nav.model.events import JobState
from s3nav.transfer import ItemState, JobRecord, Transfers
from s3nav.transfer.journal.records import PlannedItem
from s3nav.transfer.local_files import decompressed_files as unpack
from s3nav.transfer.local_files.decompression import DecompressionError, codec_of, decompressed
from s3nav.transfer.planning.decompressed_names import DECOMPRESSED_REASON, Suffixes
from tests.support.tiers import rest_is_slow
from tests.unit.transfer.conftest import PART_BYTES, Bench

PLAIN = b"road,crack,severity\n" * 20_000 + os.urandom(9_000)
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
}
CODECS = sorted(COMPRESS)


def plain_of(codec: str, packed: bytes, piece: int = 1000) -> bytes:
    pieces = (memoryview(packed[at : at + piece]) for at in range(0, len(packed), piece))
    return b"".join(decompressed(codec, pieces))


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_cut_short_is_an_error(codec: str) -> None:
    with pytest.raises(DecompressionError):
        plain_of(codec, COMPRESS[codec](PLAIN)[:-5])


@pytest.mark.parametrize("codec", CODECS)
def test_something_else_is_an_error(codec: str) -> None:
    for content in (b"", b"just a text, no stream", COMPRESS[codec](PLAIN) + b"garbage behind"):
        with pytest.raises(DecompressionError):
            plain_of(codec, content)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("piece", [1, 1000, 1 << 20])
def test_a_stream_comes_back_in_whatever_pieces_it_is_read(codec: str, piece: int) -> None:
    assert plain_of(codec, COMPRESS[codec](PLAIN[:60_000]), piece) == PLAIN[:60_000]


@pytest.mark.parametrize("codec", CODECS)
def test_frames_follow_each_other(codec: str) -> None:
    packed = COMPRESS[codec](b"one ") + COMPRESS[codec](b"") + COMPRESS[codec](b"two")

    assert plain_of(codec, packed) == b"one two"


def test_zeros_behind_a_stream_are_padding() -> None:
    assert plain_of("gz", gzip.compress(PLAIN) + bytes(5000)) == PLAIN


@pytest.mark.parametrize("codec", rest_is_slow(sorted(CODECS, key="gz".__ne__)))
def test_a_bomb_comes_out_in_bounded_pieces(codec: str) -> None:
    packed = COMPRESS[codec](bytes(200 << 20))
    pieces = (memoryview(packed[at : at + 4096]) for at in range(0, len(packed), 4096))

    sizes = [len(piece) for piece in decompressed(codec, pieces)]

    assert sum(sizes) == 200 << 20
    assert max(sizes) <= 32 << 20


@pytest.mark.parametrize(
    ("key", "codec"),
    [("a.csv.gz", "gz"), ("A.CSV.GZ", "gz"), ("x/y.zst", "zst"), ("gz", ""), ("a.gz/b", "")],
)
def test_a_codec_is_named_by_the_suffix(key: str, codec: str) -> None:
    assert codec_of(key) == codec


def named(*keys: str) -> dict[str, str]:
    suffixes = Suffixes()
    items = [PlannedItem("b", key, "", 1, "", None, "", "") for key in keys]
    chosen = [*suffixes.take(items), *suffixes.rest()]
    return {item.key: f"{item.path}|{item.codec}" for item in chosen}


def test_a_compressed_object_keeps_its_name_beside_a_plain_one() -> None:
    assert named("a.csv", "a.csv.gz") == {"a.csv": "b/a.csv|", "a.csv.gz": "b/a.csv.gz|"}


def test_a_compressed_object_keeps_its_name_beside_a_folder() -> None:
    assert named("a.csv.gz", "a.csv/x") == {"a.csv.gz": "b/a.csv.gz|", "a.csv/x": "b/a.csv/x|"}


def test_the_first_of_two_compressed_objects_gets_the_plain_name() -> None:
    found = named("a.csv.bz2", "a.csv.gz", "b.gz")

    assert found == {
        "a.csv.bz2": "b/a.csv|bz2",
        "a.csv.gz": "b/a.csv.gz|",
        "b.gz": "b/b|gz",
    }


def test_no_two_objects_get_one_path_when_sources_are_out_of_order() -> None:
    found = named("a.csv.gz", "z", "a.csv")

    assert found["a.csv.gz"] == "b/a.csv|gz"
    assert found["a.csv"].startswith("b/a.csv.s3nav-")


def download(bench: Bench, transfers: Transfers) -> JobRecord:
    selection = replace(bench.selection("bkt"), decompress=True)
    job_id = transfers.plan(selection).job_id
    transfers.start(job_id)
    assert transfers.wait(job_id, 50)
    return transfers.job(job_id)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("size_bytes", [300, 100_000])
def test_files_arrive_decompressed_without_their_suffix(
    bench: Bench, codec: str, size_bytes: int
) -> None:
    plain = os.urandom(size_bytes)
    bench.store.put("bkt", f"d/a.csv.{codec}", COMPRESS[codec](plain))
    bench.store.put("bkt", "d/other.txt", b"as it is")

    transfers = bench.transfers()
    job = download(bench, transfers)

    assert (len(plain) > PART_BYTES) == (size_bytes > PART_BYTES)
    assert job.state is JobState.DONE
    assert bench.files() == ["bkt/d/a.csv", "bkt/d/other.txt"]
    assert bench.local("bkt/d/a.csv") == plain
    assert {i.verified_by for i in transfers.items(job.job_id)} == {"md5"}


def test_what_is_decompressed_already_is_not_fetched_again(bench: Bench) -> None:
    bench.store.put("bkt", "a.csv.gz", gzip.compress(PLAIN))
    download(bench, bench.transfers())
    fetched = bench.store.count("get")

    transfers = bench.transfers()
    job = download(bench, transfers)

    assert bench.store.count("get") == fetched
    (item,) = transfers.items(job.job_id)
    assert (item.state, item.reason) == (ItemState.SKIPPED, DECOMPRESSED_REASON)


def test_another_object_of_the_name_is_fetched_again(bench: Bench) -> None:
    bench.store.put("bkt", "a.csv.gz", gzip.compress(b"old"))
    download(bench, bench.transfers())
    bench.store.put("bkt", "a.csv.gz", gzip.compress(b"new"))

    download(bench, bench.transfers())

    assert bench.local("bkt/a.csv") == b"new"


@pytest.mark.parametrize("size_bytes", [10, 20_000])
def test_a_broken_stream_fails_its_file_alone_and_leaves_no_half_file(
    bench: Bench, size_bytes: int
) -> None:
    bench.store.put("bkt", "bad.gz", gzip.compress(os.urandom(size_bytes))[:-4])
    bench.store.put("bkt", "good.gz", gzip.compress(b"good"))

    transfers = bench.transfers()
    job = download(bench, transfers)

    assert job.state is JobState.FAILED
    (failed,) = transfers.items(job.job_id, state=ItemState.FAILED)
    assert failed.reason.startswith(
        "cannot-decompress: s3://bkt/bad.gz: the gz stream is truncated"
    )
    assert bench.local("bkt/good") == b"good"
    assert not (bench.target / "bkt/bad").exists()
    assert [name for name in bench.files() if "plain" in name] == []


def test_a_bomb_is_given_up_before_it_fills_the_disk(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "RESERVE_BYTES", 1 << 62)
    bench.store.put("bkt", "bomb.gz", gzip.compress(bytes(10_000)))

    transfers = bench.transfers()
    job = download(bench, transfers)

    (failed,) = transfers.items(job.job_id)
    assert "it would fill the disk" in failed.reason
    assert bench.files() == []


def test_a_stream_with_the_end_of_another_codec_is_no_gz() -> None:
    with pytest.raises(DecompressionError):
        plain_of("gz", zlib.compress(b"zlib is not gzip"))


@pytest.mark.parametrize("point", ["after sync", "before commit", "after commit"])
def test_a_stopped_landing_is_finished_by_the_next_run(bench: Bench, point: str) -> None:
    content = os.urandom(4_000)
    bench.store.put("bkt", "a.bin.gz", gzip.compress(content))

    def disk_lost(name: str) -> None:
        if name == point:
            raise LocalDiskError("as if the process had ended", slug="disk-full")

    transfers = bench.transfers(checkpoint=disk_lost)
    job_id = transfers.plan(replace(bench.selection("bkt"), decompress=True)).job_id
    transfers.start(job_id)
    transfers.wait(job_id, 50)
    transfers.close()

    again = bench.transfers()
    if again.job(job_id).state is not JobState.DONE:
        again.start(job_id)
        assert again.wait(job_id, 50)

    assert again.job(job_id).state is JobState.DONE
    assert bench.local("bkt/a.bin") == content
    assert bench.files() == ["bkt/a.bin"]
