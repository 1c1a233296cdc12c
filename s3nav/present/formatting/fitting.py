"""Lines that drop their least important parts on a narrow terminal."""

from collections.abc import Sequence

import msgspec

from s3nav.present.formatting.cell_width import ELLIPSIS, cells, head, shortened
from s3nav.present.formatting.units import safe_text

_SEPARATORS = (", ", " · ")
_MIN_CELLS = 8
"""Names are not shortened below this: they would be unreadable."""


class Part(msgspec.Struct, frozen=True):
    """A piece of a line."""

    text: str
    rank: int = 0
    """Parts of the highest rank are dropped first; those of rank 0 are kept."""
    is_elastic: bool = False
    """True if its middle may be cut out."""


class FittingLine(msgspec.Struct, frozen=True):
    """A line that fits any width by dropping whole parts, so that no number is cut."""

    parts: Sequence[Part]

    def __str__(self) -> str:
        """Return the whole line."""
        return "".join(part.text for part in self.parts)

    def within(self, width: int) -> str:
        """Return the line in at most `width` cells."""
        parts = list(self.parts)
        while _cells(parts) > width:
            least = max(parts, key=lambda part: part.rank, default=Part(""))
            if least.rank == 0:
                break
            parts.remove(least)
        rest = sum(cells(part.text) for part in parts if not part.is_elastic)
        room = max(_MIN_CELLS, width - rest)
        texts = [shortened(p.text, room) if p.is_elastic else p.text for p in parts]
        return clipped("".join(texts), width)


def about(before: str, name: str, after: str) -> FittingLine:
    """Build a line with a long name, which is shortened before anything else."""
    return FittingLine([Part(before), Part(safe_text(name), is_elastic=True), Part(after)])


def clipped(text: str, width: int) -> str:
    """Shorten `text` to at most `width` cells by dropping its last clauses, then words."""
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
        min(_MIN_CELLS, cells(part.text)) for part in parts if part.is_elastic
    )
