"""Sizes are read as a user types them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.errors import UsageError
from s3nav.model.text.quantities import BYTES_PER_UNIT, parse_size


@pytest.mark.parametrize("text", ["", "big", "-1", "1 XB", "1e3", "1.2.3MB", "MB"])
def test_an_invalid_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


@given(number=st.integers(0, 10**6), unit=st.sampled_from(sorted(BYTES_PER_UNIT)))
def test_sizes_are_exact(number: int, unit: str) -> None:
    assert parse_size(f"{number}{unit.lower()}") == number * BYTES_PER_UNIT[unit]
    assert parse_size(f" {number} {unit} ") == number * BYTES_PER_UNIT[unit]
