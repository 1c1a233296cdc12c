"""Fetch AWS's price list: find its files, download them with resume, cache them on disk.

This is the only package that uses httpx.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.price_list.fetch_meter import FetchProgress, FetchResult
    from s3nav.pricing.price_list.fetch_options import PricingConfig
    from s3nav.pricing.price_list.offers import EVERYWHERE, Offer, unknown
    from s3nav.pricing.price_list.price_downloader import PricingDownloader, Published
    from s3nav.pricing.price_list.requested_files import PriceRequest
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "fetch_meter": ("FetchProgress", "FetchResult"),
            "fetch_options": ("PricingConfig",),
            "offers": ("EVERYWHERE", "Offer", "unknown"),
            "price_downloader": ("PricingDownloader", "Published"),
            "requested_files": ("PriceRequest",),
        },
    )

__all__ = [
    "EVERYWHERE",
    "FetchProgress",
    "FetchResult",
    "Offer",
    "PriceRequest",
    "PricingConfig",
    "PricingDownloader",
    "Published",
    "unknown",
]
