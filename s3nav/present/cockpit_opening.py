"""Where the cockpit opens, and what of a command line it shows there."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

from s3nav.model.places import S3Uri
from s3nav.present.formatting import cells, count, number_of

if TYPE_CHECKING:
    from s3nav.transfer import Selection

Layer = Literal["", "scan", "history", "download", "cost"]


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed without ``--headless``, as far as a pane can show it."""

    place: S3Uri | None = None
    pane: str | None = None
    layer: Layer = ""
    """What opens over the pane: totals or scans of the place, or a dialog about the selection."""
    search: str = ""
    """What to look for in prices and scrapes."""
    narrowed: Mapping[str, str] = MappingProxyType({})
    """Facets of prices: service, region, kind, family."""
    selection: "Selection | None" = None
    """What to download, with its filters."""
    filters: str = ""
    """The filters of the selection as they were typed."""
    counts: bool = False
    """Count anew: every bucket, or the place."""
    dropped: tuple[str, ...] = ()
    """What was typed and is not applied."""
    connection: Mapping[str, Sequence[str]] = MappingProxyType({})
    """Words of the connection that were typed, by setting."""


NOTHING_TYPED = Opening()


def dropped_words(dropped: Sequence[str], width: int) -> str:
    """``not applied here: --min-size 1MB; run with --headless``, in so many cells."""
    for shown in range(len(dropped), 0, -1):
        left = len(dropped) - shown
        more = f" and {count(left)} more" if left else ""
        said = f"not applied here: {', '.join(dropped[:shown])}{more}; run with --headless"
        if cells(said) <= width:
            return said
    return f"{number_of(len(dropped), 'option')} not applied here; run with --headless"
