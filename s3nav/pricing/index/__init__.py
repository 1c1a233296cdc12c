"""Read offer files of any format into the price database.

A file is indexed completely or not at all, and each version once.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.index.offer_index import IndexedVersion, OfferIndex, all_versions
    from s3nav.pricing.index.price_schema import MIGRATIONS, RATES_BITS, facet_mark
    from s3nav.pricing.index.usage_types import stem_of
    from s3nav.pricing.index.usage_words import plain_words
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "offer_index": ("IndexedVersion", "OfferIndex", "all_versions"),
            "price_schema": ("MIGRATIONS", "RATES_BITS", "facet_mark"),
            "usage_types": ("stem_of",),
            "usage_words": ("plain_words",),
        },
    )

__all__ = [
    "MIGRATIONS",
    "RATES_BITS",
    "IndexedVersion",
    "OfferIndex",
    "all_versions",
    "facet_mark",
    "plain_words",
    "stem_of",
]
