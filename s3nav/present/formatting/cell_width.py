"""Measure, pad and cut text by the terminal cells it takes (Unicode TR 11, East Asian Width)."""

import unicodedata
from functools import lru_cache

ELLIPSIS = "…"
_EMOJI_STYLE = "\ufe0f"
_JOINER = "\u200d"
_JAMO = range(0x1160, 0x1200)
"""Hangul vowels and finals, which are drawn as part of their syllable."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_WIDE = frozenset("WF")
_COMBINING = frozenset({"Mn", "Me"})


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
