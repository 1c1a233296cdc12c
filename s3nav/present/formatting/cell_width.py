"""Measure, pad and cut text by the terminal cells it takes (Unicode TR 11, East Asian Width).

A `FittingLine` drops its least important parts on a narrow terminal.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from s3nav.present.formatting.units import safe_text

ELLIPSIS = "…"
_EMOJI_STYLE = "\ufe0f"
_JOINER = "\u200d"
_JAMO = range(0x1160, 0x1200)
"""Hangul vowels and finals, which are drawn as part of their syllable."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_WIDE = frozenset("WF")
_COMBINING = frozenset({"Mn", "Me"})
_SEPARATORS = (", ", " · ")
_MIN_CELLS = 8
"""Names are not shortened below this: they would be unreadable."""


def cells(text: str) -> int:
    """Return the cells that `text` takes: combining marks take none, wide characters two."""
    if text.isascii():
        return len(text)
    return sum(width for _, width in _clusters(text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Pad `text` to at least `width` cells, aligned left or right."""
    blanks = " " * max(0, width - cells(text))
    return blanks + text if right else text + blanks


def head(text: str, width: int) -> str:
    """Return the start of `text` that fits `width` cells; marks stay with their character."""
    if text.isascii():
        return text[: max(0, width)]
    taken: list[str] = []
    for cluster, wide in _clusters(text):
        width -= wide
        if width < 0:
            break
        taken.append(cluster)
    return "".join(taken)


def shortened(text: str, width: int) -> str:
    """Shorten `text` to at most `width` cells by an ellipsis in the middle."""
    if cells(text) <= width:
        return text
    room = max(0, width - 1)
    begin = head(text, (room + 1) // 2)
    tail = _tail(text, room - cells(begin))
    return begin + ELLIPSIS + tail if width > 0 else ""


def _tail(text: str, width: int) -> str:
    taken: list[str] = []
    for cluster, wide in reversed(_clusters(text)):
        width -= wide
        if width < 0:
            break
        taken.append(cluster)
    return "".join(reversed(taken))


def _clusters(text: str) -> list[tuple[str, int]]:
    """Return characters together with their marks, and the cells of each."""
    found: list[tuple[str, int]] = []
    is_joined = False
    for character in text:
        width = _width(character)
        is_tone = ord(character) in _SKIN_TONES and bool(found) and found[-1][1] == 2
        if found and (width == 0 or is_joined or is_tone):
            before, wide = found[-1]
            if character == _EMOJI_STYLE and not before[-1].isalpha():
                wide = 2
            found[-1] = (before + character, wide)
        else:
            found.append((character, width))
        is_joined = character == _JOINER
    return found


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if ord(character) in _JAMO or character == _JOINER:
        return 0
    if unicodedata.category(character) in _COMBINING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


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
        while _cells_of(parts) > width:
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


def _cells_of(parts: Sequence[Part]) -> int:
    return sum(0 if part.is_elastic else cells(part.text) for part in parts) + sum(
        min(_MIN_CELLS, cells(part.text)) for part in parts if part.is_elastic
    )
