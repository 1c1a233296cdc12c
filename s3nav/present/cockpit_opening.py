"""What the cockpit shows first, given the command line it was started with."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

from s3nav.model.places import S3Uri
from s3nav.present.formatting import cells, count, number_of

if TYPE_CHECKING:
    from s3nav.transfer import Selection

Overlay = Literal["", "scan", "history", "download", "cost"]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a command line without ``--headless`` that a pane can show."""

    place: S3Uri | None = None
    pane: str | None = None
    overlay: Overlay = ""
    """What opens over the pane: a scan or the history of the place, or a selection's dialog."""
    search: str = ""
    """Search text for prices and scrapes."""
    narrowed: Mapping[str, str] = MappingProxyType({})
    """Facets of prices: service, region, kind, family."""
    selection: "Selection | None" = None
    """The sources to download, with filters."""
    filters: str = ""
    """The selection's filters as typed."""
    counts: bool = False
    """True to count again: the place, or every bucket without one."""
    dropped: tuple[str, ...] = ()
    """Options that were typed but do not apply in the cockpit."""
    connection: Mapping[str, Sequence[str]] = MappingProxyType({})
    """Connection options that were typed, by setting."""


NOTHING_TYPED = Opening()


def opening_words(opening: Opening) -> str:
    """Describe the selection that was typed, for its dialog."""
    return f"with {opening.filters}" if opening.filters else "as typed on the command line"


def dropped_words(dropped: Sequence[str], width: int) -> str:
    """List dropped options in `width` cells: ``not applied here: --min-size 1MB; …``."""
    for shown in range(len(dropped), 0, -1):
        left = len(dropped) - shown
        more = f" and {count(left)} more" if left else ""
        text = f"not applied here: {', '.join(dropped[:shown])}{more}; run with --headless"
        if cells(text) <= width:
            return text
    return f"{number_of(len(dropped), 'option')} not applied here; run with --headless"
