"""Columns and rows of tables, the same for every front end."""

from collections.abc import Mapping, Sequence

import msgspec

Datum = str | int | float | bool | Mapping[str, object] | None
"""Mappings appear only in JSON: counts by reason, totals by class."""


class Column(msgspec.Struct, frozen=True):
    """A column: its key in data and its title on screen."""

    key: str
    title: str
    is_number: bool = False
    """True to align cells right."""


class Row(msgspec.Struct, frozen=True):
    """One row, by column: values for programs and cells for people."""

    values: Sequence[Datum]
    cells: Sequence[str]
