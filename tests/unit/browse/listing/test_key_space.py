"""Places to split at lie inside their stretch, and where keys are likely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.browse.listing.key_space import after_all, common_folder, letters_at, middle, remaining

keys = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


def test_nothing_can_be_raised_behind_the_last_letter() -> None:
    assert middle("zz", None, scope="", sample=["zz"], lowest=False) is None
    assert after_all("") is None
    assert after_all("a\U0010ffff") is None
    assert after_all("a\ud7ff") is None


@given(st.lists(keys, min_size=1, max_size=8), keys | st.none(), st.booleans())
def test_a_middle_lies_inside_and_can_be_sent(
    sample: list[str], upto: str | None, lowest: bool
) -> None:
    position = max(sample)
    if upto is not None and upto <= position:
        upto = None

    found = middle(position, upto, scope="", sample=sample, lowest=lowest)

    if found is not None:
        assert position < found
        assert upto is None or found < upto
        assert found.encode()


@pytest.mark.parametrize(
    ("sample", "place", "letters"),
    [
        (["file-0012"], 5, "0123456789"),
        (["00af", "10b2"], 0, "0123456789abcdef"),
        (["frank", "emil"], 0, "abcdefghijklmnopqrstuvwxyz"),
        (["a-b", "a.b"], 1, "-."),
        (["ключ"], 0, "к"),
        (["ab"], 7, ""),
    ],
)
def test_what_may_stand_at_a_place_is_guessed_from_its_neighbours(
    sample: list[str], place: int, letters: str
) -> None:
    assert "".join(letters_at(sample, place)) == letters


def test_a_middle_halves_what_is_likely() -> None:
    hexadecimal = ["0000f", "003a1", "00ffe"]

    assert middle("00ffe", None, scope="", sample=hexadecimal, lowest=False) == "8"
    assert middle("00ffe", "8", scope="", sample=hexadecimal, lowest=False) == "4"
    assert middle("00ffe", "8", scope="", sample=hexadecimal, lowest=True) == "1"
    assert middle("a/9", "a/b/c", scope="a/", sample=["a/0", "a/9"], lowest=False) is None


def test_the_rest_is_measured_in_units_of_the_distance_covered() -> None:
    sample = ["k00", "k24"]

    assert remaining("k00", "k25", None, scope="k", sample=sample) == pytest.approx(3.0)
    assert remaining("k00", "k25", "k50", scope="k", sample=sample) == pytest.approx(1.0)
    assert remaining("k25", "k25", None, scope="k", sample=sample) is None


@pytest.mark.parametrize(
    ("one", "other", "folder"),
    [("a/b/c", "a/b/d", "a/b/"), ("a/b", "a/b", "a/"), ("x", "y", ""), ("a/", "a/b", "a/")],
)
def test_the_folder_of_two_keys_ends_with_a_slash(one: str, other: str, folder: str) -> None:
    assert common_folder(one, other) == folder
