"""What a table is made of, for every front end."""

from collections.abc import Mapping, Sequence

import msgspec

Datum = str | int | float | bool | Mapping[str, object] | None
"""A mapping is for JSON alone: counts by reason, totals by class."""


class Column(msgspec.Struct, frozen=True):
    """A column: its key in data, its title on a screen."""

    key: str
    title: str
    is_number: bool = False
    """Numbers stand on the right."""


class Row(msgspec.Struct, frozen=True):
    """One fact, twice: column by column as data, and as text."""

    values: Sequence[Datum]
    cells: Sequence[str]
