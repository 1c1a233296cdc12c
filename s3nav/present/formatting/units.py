"""Sizes, counts, shares, rates, durations and dates as people read them; every time is UTC."""

import unicodedata
from datetime import UTC, datetime

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
