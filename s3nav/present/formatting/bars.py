"""Draw numbers with block characters, or in ASCII."""

from collections.abc import Iterable, Mapping, Sequence

from s3nav.model.objects import ARCHIVED_CLASSES, DEFAULT_STORAGE_CLASS

_SPARKS = "▁▂▃▄▅▆▇█"
_ASCII_SPARKS = "_.-=+*%#"


def sparkline(values: Sequence[float], width: int, *, ascii_only: bool = False) -> str:
    """Draw the last `width` values as heights relative to their maximum, right-aligned."""
    signs = _ASCII_SPARKS if ascii_only else _SPARKS
    shown = list(values)[-width:] if width > 0 else []
    top = max(shown, default=0.0)
    if top <= 0:
        return (signs[0] * len(shown)).rjust(width)
    steps = len(signs) - 1
    return "".join(signs[round(max(0.0, v) / top * steps)] for v in shown).rjust(width)


def progress_bar(fraction: float, width: int, *, ascii_only: bool = False) -> tuple[str, str]:
    """Return the filled and the empty part of a bar of `width` cells."""
    share = min(1.0, max(0.0, fraction))
    if ascii_only:
        filled = int(share * width)
        return "#" * filled, "." * (width - filled)
    # Lines instead of blocks keep the bars of neighbouring rows apart.
    full, half = divmod(int(share * width * 2), 2)
    return "━" * full + "╸" * half, "─" * (width - full - half)


def class_split(bytes_by_class: Mapping[str, int], width: int, *, ascii_only: bool = False) -> str:
    """Draw the shares of Standard, cooler and archived classes: ``███▓▓░``."""
    signs = "#=." if ascii_only else "█▓░"
    total = sum(bytes_by_class.values())
    if total <= 0:
        return ""
    shares = [0, 0, 0]
    for name, size_bytes in bytes_by_class.items():
        shares[_warmth(name)] += size_bytes
    cells = _rounded([share * width / total for share in shares], width)
    return "".join(sign * cell for sign, cell in zip(signs, cells, strict=True))


def _warmth(storage_class: str) -> int:
    if storage_class == DEFAULT_STORAGE_CLASS:
        return 0
    return 2 if storage_class in ARCHIVED_CLASSES else 1


def _rounded(exact: Iterable[float], total: int) -> list[int]:
    """Round `exact` to integers that add up to `total`, by the largest remainder method."""
    wanted = list(exact)
    cells = [int(value) for value in wanted]
    by_remainder = sorted(range(len(wanted)), key=lambda i: cells[i] - wanted[i])
    for i in by_remainder[: total - sum(cells)]:
        cells[i] += 1
    return cells
