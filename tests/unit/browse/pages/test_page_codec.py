import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.pages.page_codec import StoredPage, pack, unpack
from s3nav.model.errors import LocalDiskError

KEYS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("\n\0/\udcff\U0001f600é")),
    min_size=1,
    max_size=20,
)


def page_of(keys: list[str], sizes: list[int] | None = None) -> StoredPage:
    return StoredPage(
        keys=keys,
        sizes=sizes or [7] * len(keys),
        modified_s=[1_700_000_000 + n for n in range(len(keys))],
        classes=["STANDARD"] * len(keys),
    )


WHOLE = pack(page_of([f"a/{n}" for n in range(100)]))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"neither zstandard nor zlib",
        zlib.compress(b"\x93\x01"),
        zlib.compress(b"\x93\x01")[:-3],
        WHOLE[:-3],
        zstandard.ZstdCompressor().compress(b"\x93\x01"),
        b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8 + b"\x01\x00\x00",
    ],
    ids=["nothing", "noise", "no page", "cut zlib", "cut", "no page of now", "huge"],
)
def test_a_damaged_blob_is_a_problem_of_the_disk(blob: bytes) -> None:
    with pytest.raises(LocalDiskError, match="damaged"):
        unpack(blob)


@pytest.mark.parametrize("at", range(0, len(WHOLE), 7))
def test_a_flipped_bit_is_never_read_as_a_page(at: int) -> None:
    blob = bytearray(WHOLE)
    blob[at] ^= 4

    with pytest.raises(LocalDiskError, match="damaged"):
        unpack(bytes(blob))


def test_a_page_of_before_zstandard_is_still_read() -> None:
    page = page_of(["a/1", "a/2"])
    plain = zstandard.ZstdDecompressor().decompress(pack(page))

    assert unpack(zlib.compress(plain, 1)).keys == page.keys


@given(st.lists(KEYS, min_size=1, max_size=20), st.data())
def test_every_page_comes_back_as_it_was(keys: list[str], data: st.DataObject) -> None:
    page = StoredPage(
        keys=keys,
        sizes=[data.draw(st.integers(0, 5 << 40)) for _ in keys],
        modified_s=[data.draw(st.integers(-1, 1 << 40)) for _ in keys],
        classes=[data.draw(st.sampled_from(["STANDARD", "GLACIER", ""])) for _ in keys],
    )

    back = unpack(pack(page))

    assert (back.keys, list(back.sizes)) == (page.keys, page.sizes)
    assert (list(back.modified_s), back.classes) == (page.modified_s, page.classes)


def test_a_page_of_like_names_takes_a_fraction_of_its_text() -> None:
    keys = [f"data/year=2026/month=11/day=21/part-{n:05}.parquet" for n in range(1000)]

    assert len(pack(page_of(keys))) < sum(map(len, keys)) / 4
