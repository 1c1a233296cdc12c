"""Lines whose least important parts give way where a terminal is narrow."""

from collections.abc import Sequence

import msgspec

from s3nav.present.formatting.cell_width import ELLIPSIS, cells, head, shortened
from s3nav.present.formatting.units import safe_text

_SEPARATORS = (", ", " · ")
_LEAST_CELLS = 8
"""Shorter than this a name tells nothing."""


class Part(msgspec.Struct, frozen=True):
    """A piece of a line."""

    text: str
    rank: int = 0
    """Pieces of the highest rank give way first; those of rank 0 stay."""
    is_elastic: bool = False
    """It may lose its middle."""


class FittingLine(msgspec.Struct, frozen=True):
    """A line that says less in less room, and cuts no word and no number."""

    parts: Sequence[Part]

    def __str__(self) -> str:
        """All of it."""
        return "".join(part.text for part in self.parts)

    def within(self, width: int) -> str:
        """What fits into `width` cells."""
        parts = list(self.parts)
        while _cells(parts) > width:
            least = max(parts, key=lambda part: part.rank, default=Part(""))
            if least.rank == 0:
                break
            parts.remove(least)
        rest = sum(cells(part.text) for part in parts if not part.is_elastic)
        room = max(_LEAST_CELLS, width - rest)
        texts = [shortened(p.text, room) if p.is_elastic else p.text for p in parts]
        return clipped("".join(texts), width)


def about(before: str, name: str, after: str) -> FittingLine:
    """A line that names something long, which gives way before the numbers do."""
    return FittingLine([Part(before), Part(safe_text(name), is_elastic=True), Part(after)])


def clipped(text: str, width: int) -> str:
    """`text` in at most `width` cells: last clauses are left out whole, then last words."""
    while cells(text) > width:
        at = max(text.rfind(separator) for separator in _SEPARATORS)
        if at <= 0:
            return _by_words(text, width)
        text = text[:at]
    return text


def _by_words(text: str, width: int) -> str:
    fits = head(text, width - 1)
    words, blank, _ = fits.rpartition(" ")
    is_whole = text[len(fits) : len(fits) + 1] == " "
    return (words if blank and not is_whole else fits) + ELLIPSIS if width > 0 else ""


def _cells(parts: Sequence[Part]) -> int:
    return sum(0 if part.is_elastic else cells(part.text) for part in parts) + sum(
        min(_LEAST_CELLS, cells(part.text)) for part in parts if part.is_elastic
    )
