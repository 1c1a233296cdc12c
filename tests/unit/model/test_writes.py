"""Uploads and copies are cut into as many parts as S3 accepts."""

import pytest

from s3nav.model.text.quantities import GIB, MIB, TIB
from s3nav.model.writes import MAX_PARTS, copy_parts, part_bytes_of, put_parts


@pytest.mark.parametrize(
    ("size_bytes", "put", "copied"),
    [
        (16 * MIB - 1, 0, 0),
        (16 * MIB, 1, 0),
        (16 * MIB + 1, 2, 0),
        (256 * MIB, 16, 0),
        (256 * MIB + 1, 17, 5),
    ],
)
def test_large_files_are_uploaded_and_copied_in_parts(
    size_bytes: int, put: int, copied: int
) -> None:
    assert (put_parts(size_bytes), copy_parts(size_bytes)) == (put, copied)


def test_parts_grow_until_ten_thousand_are_enough() -> None:
    assert part_bytes_of(MAX_PARTS * 16 * MIB, 16 * MIB) == 16 * MIB
    assert part_bytes_of(MAX_PARTS * 16 * MIB + 1, 16 * MIB) == 32 * MIB
    assert put_parts(5 * TIB) <= MAX_PARTS
    assert part_bytes_of(0, 16 * MIB) == 16 * MIB < GIB
