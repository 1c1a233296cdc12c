"""Texts measured, padded and cut by the cells that a terminal gives them."""

import pytest

from s3nav.present.formatting.cell_text import cells, head, padded, shortened


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("plain.txt", 9),
        ("", 0),
        ("日本語.csv", 10),
        ("ﾊﾝｶｸ", 4),
        ("전화", 4),
        ("\u1112\u1161\u11ab", 2),
        ("é", 1),
        ("e\u0301", 1),
        ("नि", 2),
        ("🎉", 2),
        ("❤\ufe0f", 2),
        ("❤", 1),
        ("1\ufe0f\u20e3", 2),
        ("👍🏽", 2),
        ("👩\u200d💻", 2),
        ("🇩🇪", 2),
        ("█▌", 2),
    ],
)
def test_a_text_takes_the_cells_a_terminal_gives_it(text: str, width: int) -> None:
    assert cells(text) == width


def test_padding_counts_cells() -> None:
    assert padded("日本", 6) == "日本  "
    assert padded("日本", 6, right=True) == "  日本"
    assert padded("long enough", 4) == "long enough"


def test_a_head_tears_no_character_from_its_marks_or_its_other_half() -> None:
    assert head("日本語", 3) == "日"
    assert head("e\u0301e\u0301", 1) == "e\u0301"
    assert head("plain", 3) == "pla"
    assert head("plain", -1) == ""


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("s3://bucket/very/long/prefix", 12) == "s3://b…refix"
    assert shortened("日本語日本語", 7) == "日…本語"
    assert shortened("short", 12) == "short"
