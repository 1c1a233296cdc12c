"""What a table is made of, for every face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Datum = str | int | float | bool | Mapping[str, object] | None
"""A mapping is for JSON alone: counts by reason, totals by class."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in data, its title on a screen."""

    key: str
    title: str
    is_number: bool = False
    """Numbers stand on the right."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact, twice: column by column as data, and as text."""

    values: Sequence[Datum]
    cells: Sequence[str]
