"""Fetch AWS's price list: which files there are, conditional and resumed downloads, files on disk.

The only package that uses httpx.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.price_list.fetch_meter import FetchProgress
    from s3nav.pricing.price_list.fetch_options import PricingConfig
    from s3nav.pricing.price_list.fetch_results import Outcome
    from s3nav.pricing.price_list.offers import EVERYWHERE, Offer, unknown
    from s3nav.pricing.price_list.price_downloader import PricingDownloader, Published
    from s3nav.pricing.price_list.requested_files import PriceRequest
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "fetch_meter": ("FetchProgress",),
            "fetch_options": ("PricingConfig",),
            "fetch_results": ("Outcome",),
            "offers": ("EVERYWHERE", "Offer", "unknown"),
            "price_downloader": ("PricingDownloader", "Published"),
            "requested_files": ("PriceRequest",),
        },
    )

__all__ = [
    "EVERYWHERE",
    "FetchProgress",
    "Offer",
    "Outcome",
    "PriceRequest",
    "PricingConfig",
    "PricingDownloader",
    "Published",
    "unknown",
]
