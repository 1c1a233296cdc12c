"""Pages of a listing as columns: packed, digested and summed with work per page, not per key.

It sends no requests and touches no files.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.browse.pages.class_totals import ClassSums, class_sums
    from s3nav.browse.pages.page_codec import StoredPage, pack, unpack
    from s3nav.browse.pages.page_sums import (
        AGE_EDGES,
        DELIMITER,
        SIZE_EDGES,
        Digesting,
        PageDigest,
        whole,
    )
    from s3nav.browse.pages.prefix_totals import (
        BandTotal,
        ObjectTotal,
        PrefixTotal,
        Totals,
        bands_of,
        prefix_total,
        root_of,
        time_of,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "class_totals": ("ClassSums", "class_sums"),
            "page_codec": ("StoredPage", "pack", "unpack"),
            "page_sums": (
                "AGE_EDGES",
                "DELIMITER",
                "SIZE_EDGES",
                "Digesting",
                "PageDigest",
                "whole",
            ),
            "prefix_totals": (
                "BandTotal",
                "ObjectTotal",
                "PrefixTotal",
                "Totals",
                "bands_of",
                "time_of",
                "prefix_total",
                "root_of",
            ),
        },
    )

__all__ = [
    "AGE_EDGES",
    "DELIMITER",
    "SIZE_EDGES",
    "BandTotal",
    "ClassSums",
    "Digesting",
    "ObjectTotal",
    "PageDigest",
    "PrefixTotal",
    "StoredPage",
    "Totals",
    "bands_of",
    "class_sums",
    "pack",
    "prefix_total",
    "root_of",
    "time_of",
    "unpack",
    "whole",
]
