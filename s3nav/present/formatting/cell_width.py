"""How many cells of a terminal a text takes, and texts padded and cut by that."""

import unicodedata
from functools import lru_cache

ELLIPSIS = "…"
_EMOJI_STYLE = "\ufe0f"
_JOINER = "\u200d"
_JAMO = range(0x1160, 0x1200)
"""Vowels and finals of Hangul, drawn into the syllable they belong to."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_WIDE = frozenset("WF")
_BESIDE_NOTHING = frozenset({"Mn", "Me"})


def cells(text: str) -> int:
    """The cells that `text` takes; marks that combine take none, wide characters two."""
    if text.isascii():
        return len(text)
    return sum(width for _, width in _clusters(text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` in at least `width` cells, at their left or at their right."""
    blanks = " " * max(0, width - cells(text))
    return blanks + text if right else text + blanks


def head(text: str, width: int) -> str:
    """As much of the beginning as `width` cells hold; no character is torn from its marks."""
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
    """`text` in at most `width` cells, with an ellipsis in its middle when it is longer."""
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
    """Characters with the marks that belong to them, and the cells of each."""
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
    if unicodedata.category(character) in _BESIDE_NOTHING:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
