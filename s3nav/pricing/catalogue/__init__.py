"""Look up prices offline: search, products with tiers, regions side by side, version diffs.

Every lookup reads the price database; none needs the network.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.catalogue.catalogue import Catalogue
    from s3nav.pricing.catalogue.offer_versions import parse_time
    from s3nav.pricing.catalogue.rates import GLOBAL_REGION, Rate, RateSource, Tier
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "catalogue": ("Catalogue",),
            "offer_versions": ("parse_time",),
            "rates": ("GLOBAL_REGION", "Rate", "RateSource", "Tier"),
        },
    )

__all__ = [
    "GLOBAL_REGION",
    "Catalogue",
    "Rate",
    "RateSource",
    "Tier",
    "parse_time",
]
