"""List the objects of a selection: from S3, an S3 Inventory or a manifest, filtered by page.

Every object comes once, in the byte order of keys, with statistics of what was left out.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.transfer.source_listing.list_selection import Chosen, check_selection, choose
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "list_selection": ("Chosen", "check_selection", "choose"),
        },
    )

__all__ = [
    "Chosen",
    "check_selection",
    "choose",
]
