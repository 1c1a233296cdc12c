from hypothesis import given
from hypothesis import strategies as st

from s3nav.present.formatting.bars import class_split, progress_bar, sparkline
from s3nav.present.formatting.cell_text import percent


@given(st.floats(-1, 2), st.integers(0, 40), st.booleans())
def test_a_bar_is_always_as_wide_as_asked(fraction: float, width: int, ascii_only: bool) -> None:
    filled, empty = progress_bar(fraction, width, ascii_only=ascii_only)

    assert len(filled + empty) == width


def test_a_bar_grows_by_halves_of_a_cell() -> None:
    assert progress_bar(0.5, 4) == ("━━", "──")
    assert progress_bar(0.65, 4) == ("━━╸", "─")
    assert progress_bar(0.5, 4, ascii_only=True) == ("##", "..")


def test_almost_all_is_not_yet_a_hundred_percent() -> None:
    assert percent(0.9999) == "99 %"
    assert percent(1) == "100 %"


def test_a_sparkline_shows_the_newest_values_against_the_highest() -> None:
    assert sparkline([9, 0, 5, 10], 3) == "▁▅█"
    assert sparkline([1], 3) == "  █"
    assert sparkline([0, 0], 2) == "▁▁"
    assert sparkline([], 2) == "  "


@given(st.dictionaries(st.sampled_from(["STANDARD", "STANDARD_IA", "GLACIER"]), st.integers(1)))
def test_a_split_fills_its_width(bytes_by_class: dict[str, int]) -> None:
    assert len(class_split(bytes_by_class, 6)) == (6 if bytes_by_class else 0)


def test_a_split_orders_hot_cooler_archived() -> None:
    assert class_split({"GLACIER": 1, "STANDARD": 3, "STANDARD_IA": 2}, 6) == "███▓▓░"
    assert class_split({"STANDARD": 1}, 3, ascii_only=True) == "###"
