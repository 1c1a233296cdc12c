"""The text of one cell: numbers and times as people read them, escaped, measured and fitted.

Every time is UTC. Widths are those of terminal cells (Unicode TR 11, East Asian Width). A
`FittingLine` drops its least important parts on a narrow terminal.
"""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_DECIMAL = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FIXED = {"bytes": 0, "kb": 1, "mb": 2, "gb": 3, "tb": 4}

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
DATE_PATTERNS = {
    "month_first": "%m/%d/%Y",
    "year_first": "%Y_%m_%d",
    "day_first": "%d/%m/%Y",
}
MISSING = "–"
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


def size(size_bytes: float, style: str) -> str:
    """Format a size in `style`: ``binary`` (1.2 MiB), ``auto`` (1.3 MB), or one fixed unit.

    ``auto`` and the fixed units (``bytes kb mb gb tb``) are decimal.
    """
    if style in _FIXED:
        exponent = _FIXED[style]
        if exponent == 0:
            return f"{int(size_bytes):,} bytes"
        return f"{size_bytes / 1000**exponent:,.1f} {_DECIMAL[exponent]}"
    base, units = (1000, _DECIMAL) if style == "auto" else (1024, _BINARY)
    value, exponent = float(size_bytes), 0
    # 999.95 would be rounded to 1,000.0: use the next unit instead.
    while abs(value) >= base - 0.05 and exponent < len(units) - 1:
        value /= base
        exponent += 1
    return f"{value:.0f} {units[0]}" if exponent == 0 else f"{value:,.1f} {units[exponent]}"


def count(number: int) -> str:
    """Format an integer with thousands separators."""
    return f"{number:,}"


def number_of(number: int, thing: str) -> str:
    """Format a count: ``1 bucket``, ``2 buckets``; only for nouns with a plural in s."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def rate(bytes_per_s: float, style: str = "auto") -> str:
    """Format a throughput: in binary units if `style` is ``binary``, else in decimal ones."""
    return f"{size(bytes_per_s, 'binary' if style == 'binary' else 'auto')}/s"


def duration(seconds: float) -> str:
    """Format a duration: ``0.4 s``, ``41 s``, ``3:05``, ``2:07:09`` or ``3 d 4 h``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE_S:
        return f"{whole} s"
    minutes, second = divmod(whole, MINUTE_S)
    hours, minute = divmod(minutes, 60)
    if hours == 0:
        return f"{minute}:{second:02d}"
    if whole < DAY_S:
        return f"{hours}:{minute:02d}:{second:02d}"
    return f"{hours // 24} d {hours % 24} h"


def percent(fraction: float) -> str:
    """Format a fraction as ``74 %``, rounded down: 100 only when complete."""
    share = min(1.0, max(0.0, fraction))
    return "100 %" if share >= 1.0 else f"{min(99, int(share * 100))} %"


def date(moment: datetime | None, style: str, *, with_time: bool = False) -> str:
    """Format a date in one of DATE_PATTERNS, optionally with ``13:01:20`` appended."""
    if moment is None:
        return MISSING
    pattern = DATE_PATTERNS[style] + (" %H:%M:%S" if with_time else "")
    return moment.astimezone(UTC).strftime(pattern)


def minute(moment: datetime | None) -> str:
    """Format a time for a table column: ``2026-11-19 08:12``."""
    return MISSING if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def iso(moment: datetime | None) -> str | None:
    """Format a time for data: ISO 8601 with ``Z``; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def age(moment: datetime, now: datetime) -> str:
    """Format the time since `moment`."""
    return duration((now - moment).total_seconds())


def safe_text(text: str) -> str:
    r"""Escape the characters in a text from S3 that could control a terminal.

    Control, format and bidirectional characters and lone surrogates become escapes such as
    ``\x1b``, so that a key can neither move the cursor nor look like another key.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_harmless(c) else _escape(c) for c in text)


def _is_harmless(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
