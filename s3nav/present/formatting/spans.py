"""Text with tones: what a piece of text means. The theme says how that looks."""

from typing import Literal

import msgspec

Tone = Literal["", "dim", "accent", "good", "warn", "bad"]
"""Never the only sign of a state: colours may be off, or look the same to the reader."""

Span = tuple[str, Tone]
Cell = str | tuple[Span, ...]
"""One value, already safe for a terminal: `safe_text` comes before it."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a table shows instead of rows: why it is empty and what to do."""

    title: str
    lines: tuple[str, ...] = ()
    tone: Tone = "dim"


def text_of(cell: Cell) -> str:
    """The characters of a cell, without tones."""
    return cell if isinstance(cell, str) else "".join(text for text, _ in cell)
