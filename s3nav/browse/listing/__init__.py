"""List a bucket of any size with many requests at once, every key exactly once.

`interval_scheduler` divides the keys among threads; `serial_listing` is for endpoints that cannot
start a listing behind an arbitrary key.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.browse.listing.parallel_listing import ListingOutcome, list_parallel
    from s3nav.browse.listing.parallel_versions import VersionsOutcome, list_versions_parallel
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "parallel_listing": ("ListingOutcome", "list_parallel"),
            "parallel_versions": ("VersionsOutcome", "list_versions_parallel"),
        },
    )

__all__ = [
    "ListingOutcome",
    "VersionsOutcome",
    "list_parallel",
    "list_versions_parallel",
]
