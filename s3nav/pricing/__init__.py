"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from typing import TYPE_CHECKING

from s3nav.model.lazy import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.bill import Bill, Line, Payer
    from s3nav.pricing.budget import Allowance, Budget
    from s3nav.pricing.catalogue import Catalogue
    from s3nav.pricing.config import PricingConfig, load_config
    from s3nav.pricing.dollar_meter import DollarMeter
    from s3nav.pricing.downloader import PricingDownloader
    from s3nav.pricing.estimate import (
        CLOUDFRONT,
        INTERNET_PLACE,
        SAME_REGION,
        Pile,
        Stored,
        Terms,
        check_restore,
        download_bill,
        storage_bill,
        what_if,
    )
    from s3nav.pricing.estimator import Estimator, Shelf, open_tariff, priced_regions, read_terms
    from s3nav.pricing.fetch_meter import FetchProgress
    from s3nav.pricing.finding import FACETS, Found, Hit
    from s3nav.pricing.indexed_prices import IndexedPrices
    from s3nav.pricing.ladders import Ladder, Share, cost, parse_quantity, shares
    from s3nav.pricing.metered_store import MeteredStore
    from s3nav.pricing.offer_index import IndexedVersion
    from s3nav.pricing.offers import ESTIMATED, EVERYWHERE
    from s3nav.pricing.outcomes import Outcome
    from s3nav.pricing.plain_words import unit_words
    from s3nav.pricing.prices import PriceFile, Prices, PricesStopped
    from s3nav.pricing.product_page import ProductPage, RegionPrice
    from s3nav.pricing.rates import GLOBAL_REGION, Rate, RateSource, Tier
    from s3nav.pricing.snapshot import Snapshot
    from s3nav.pricing.storage_classes import CLASSES, SMALL_BYTES
    from s3nav.pricing.tariff import PricesUsed, Tariff
    from s3nav.pricing.version_diff import RateChange
    from s3nav.pricing.versions import STALE_AFTER_DAYS, Versions, moment
    from s3nav.pricing.wishes import PriceWish
else:  # a download needs the meter alone until it is summed up, an estimate no price list
    __getattr__ = lazy_names(
        __name__,
        {
            "bill": ("Bill", "Line", "Payer"),
            "budget": ("Allowance", "Budget"),
            "dollar_meter": ("DollarMeter",),
            "estimate": (
                *("CLOUDFRONT", "INTERNET_PLACE", "SAME_REGION", "Pile", "Stored", "Terms"),
                *("check_restore", "download_bill", "storage_bill", "what_if"),
            ),
            "estimator": ("Estimator", "Shelf", "open_tariff", "priced_regions", "read_terms"),
            "indexed_prices": ("IndexedPrices",),
            "metered_store": ("MeteredStore",),
            "rates": ("GLOBAL_REGION", "Rate", "RateSource", "Tier"),
            "snapshot": ("Snapshot",),
            "storage_classes": ("CLASSES", "SMALL_BYTES"),
            "tariff": ("PricesUsed", "Tariff"),
            "catalogue": ("Catalogue",),
            "config": (
                "PricingConfig",
                "load_config",
            ),
            "downloader": ("PricingDownloader",),
            "fetch_meter": ("FetchProgress",),
            "finding": (
                "FACETS",
                "Found",
                "Hit",
            ),
            "ladders": (
                "Ladder",
                "Share",
                "cost",
                "parse_quantity",
                "shares",
            ),
            "offer_index": ("IndexedVersion",),
            "offers": (
                "ESTIMATED",
                "EVERYWHERE",
            ),
            "outcomes": ("Outcome",),
            "plain_words": ("unit_words",),
            "prices": (
                "PriceFile",
                "Prices",
                "PricesStopped",
            ),
            "product_page": (
                "ProductPage",
                "RegionPrice",
            ),
            "version_diff": ("RateChange",),
            "versions": (
                "STALE_AFTER_DAYS",
                "Versions",
                "moment",
            ),
            "wishes": ("PriceWish",),
        },
    )

__all__ = [
    "CLASSES",
    "CLOUDFRONT",
    "ESTIMATED",
    "EVERYWHERE",
    "FACETS",
    "GLOBAL_REGION",
    "INTERNET_PLACE",
    "SAME_REGION",
    "SMALL_BYTES",
    "STALE_AFTER_DAYS",
    "Allowance",
    "Bill",
    "Budget",
    "Catalogue",
    "DollarMeter",
    "Estimator",
    "FetchProgress",
    "Found",
    "Hit",
    "IndexedPrices",
    "IndexedVersion",
    "Ladder",
    "Line",
    "MeteredStore",
    "Outcome",
    "Payer",
    "Pile",
    "PriceFile",
    "PriceWish",
    "Prices",
    "PricesStopped",
    "PricesUsed",
    "PricingConfig",
    "PricingDownloader",
    "ProductPage",
    "Rate",
    "RateChange",
    "RateSource",
    "RegionPrice",
    "Share",
    "Shelf",
    "Snapshot",
    "Stored",
    "Tariff",
    "Terms",
    "Tier",
    "Versions",
    "check_restore",
    "cost",
    "download_bill",
    "load_config",
    "moment",
    "open_tariff",
    "parse_quantity",
    "priced_regions",
    "read_terms",
    "shares",
    "storage_bill",
    "unit_words",
    "what_if",
]
