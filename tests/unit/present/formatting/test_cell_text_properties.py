"""Shown sizes are near the sizes, and shown text cannot control a terminal."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from s3nav.model.text.quantities import BYTES_PER_UNIT
from s3nav.present.formatting.cell_text import safe_text, size


@given(st.integers(0, 10**19))
def test_a_shown_size_is_near_the_size(size_bytes: int) -> None:
    for style in ("auto", "binary"):
        shown = size(size_bytes, style).replace(",", "")
        number, unit = shown.split()
        units = {**BYTES_PER_UNIT, "PB": 10**15, "EB": 10**18, "PIB": 1 << 50, "EIB": 1 << 60}
        assert abs(float(number) * units[unit.upper()] - size_bytes) <= 0.051 * units[unit.upper()]


@given(st.text(st.characters(exclude_categories=[])))
def test_safe_text_cannot_command_a_terminal_and_is_stable(text: str) -> None:
    shown = safe_text(text)

    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    assert safe_text(shown) == shown
    shown.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_safe_text_leaves_harmless_text_alone(text: str) -> None:
    assert safe_text(text) == text
