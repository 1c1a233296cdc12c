"""Lines that drop parts to fit a narrow terminal."""

import pytest

from s3nav.present.formatting.cell_text import FittingLine, Part, about, cells, clipped

LINE = FittingLine([Part("45%"), Part(" of 1,234", rank=1), Part(", 15.2 MB/s", rank=2)])


@pytest.mark.parametrize(
    ("width", "shown"),
    [(40, "45% of 1,234, 15.2 MB/s"), (22, "45% of 1,234"), (12, "45% of 1,234"), (11, "45%")],
)
def test_the_least_important_parts_are_dropped_whole(width: int, shown: str) -> None:
    assert LINE.within(width) == shown


def test_a_long_name_is_shortened_before_the_numbers() -> None:
    line = about("Counting ", "s3://bucket/日本語/" + "x" * 100, ": 1,234 objects")

    shown = line.within(40)

    assert shown.startswith("Counting s3://bu")
    assert shown.endswith(": 1,234 objects")
    assert cells(shown) <= 40


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("1 of 2 files, 12 MB at 3 MB/s, 3 failed", 30, "1 of 2 files, 12 MB at 3 MB/s"),
        ("1 of 2 files · 12 MB · 3 failed", 20, "1 of 2 files · 12 MB"),
        ("counting twelve buckets", 20, "counting twelve…"),
        ("counting twelve buckets", 16, "counting twelve…"),
        ("日本語日本語", 7, "日本語…"),
        ("fits", 4, "fits"),
    ],
)
def test_other_lines_lose_whole_clauses_and_then_whole_words(
    text: str, width: int, shown: str
) -> None:
    assert clipped(text, width) == shown
