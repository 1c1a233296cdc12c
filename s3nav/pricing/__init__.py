"""Prices: AWS's published rates, and the cost of plans, stored objects and running jobs."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.catalogue.catalogue import Catalogue
    from s3nav.pricing.catalogue.offer_versions import STALE_AFTER_DAYS, Versions, moment
    from s3nav.pricing.catalogue.price_tiers import PriceTiers, Share, cost, parse_quantity, shares
    from s3nav.pricing.catalogue.product_page import ProductPage, RegionPrice
    from s3nav.pricing.catalogue.rates import GLOBAL_REGION, Rate, RateSource, Tier
    from s3nav.pricing.catalogue.search import FACETS, Hit, SearchResult
    from s3nav.pricing.catalogue.version_diff import RateChange
    from s3nav.pricing.estimates.bill import Bill, Line, Payer
    from s3nav.pricing.estimates.cost_rules import (
        CLOUDFRONT,
        INTERNET_PLACE,
        SAME_REGION,
        BillingOptions,
        ClassUsage,
        StoredObjects,
        check_restore,
        download_bill,
        storage_bill,
        what_if,
    )
    from s3nav.pricing.estimates.estimator import (
        ClassTotals,
        Estimator,
        open_tariff,
        priced_regions,
        read_billing_options,
    )
    from s3nav.pricing.estimates.storage_classes import CLASSES, SMALL_BYTES
    from s3nav.pricing.estimates.tariff import IndexedPrices, PricesUsed, Snapshot, Tariff
    from s3nav.pricing.index.offer_index import IndexedVersion
    from s3nav.pricing.index.usage_words import unit_words
    from s3nav.pricing.metering.budget import Allowance, Budget
    from s3nav.pricing.metering.dollar_meter import DollarMeter
    from s3nav.pricing.price_list.fetch_meter import FetchProgress, FetchResult
    from s3nav.pricing.price_list.fetch_options import PricingConfig, load_config
    from s3nav.pricing.price_list.offers import ESTIMATED, EVERYWHERE
    from s3nav.pricing.price_list.price_downloader import PricingDownloader
    from s3nav.pricing.price_list.requested_files import PriceRequest
    from s3nav.pricing.prices import PriceFile, Prices, PricesStopped
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "catalogue.catalogue": ("Catalogue",),
            "catalogue.offer_versions": ("STALE_AFTER_DAYS", "Versions", "moment"),
            "catalogue.price_tiers": ("PriceTiers", "Share", "cost", "parse_quantity", "shares"),
            "catalogue.product_page": ("ProductPage", "RegionPrice"),
            "catalogue.rates": ("GLOBAL_REGION", "Rate", "RateSource", "Tier"),
            "catalogue.search": ("FACETS", "Hit", "SearchResult"),
            "catalogue.version_diff": ("RateChange",),
            "estimates.bill": ("Bill", "Line", "Payer"),
            "estimates.cost_rules": (
                "CLOUDFRONT",
                "INTERNET_PLACE",
                "SAME_REGION",
                "BillingOptions",
                "ClassUsage",
                "StoredObjects",
                "check_restore",
                "download_bill",
                "storage_bill",
                "what_if",
            ),
            "estimates.estimator": (
                "ClassTotals",
                "Estimator",
                "open_tariff",
                "priced_regions",
                "read_billing_options",
            ),
            "estimates.storage_classes": ("CLASSES", "SMALL_BYTES"),
            "estimates.tariff": ("IndexedPrices", "PricesUsed", "Snapshot", "Tariff"),
            "index.offer_index": ("IndexedVersion",),
            "index.usage_words": ("unit_words",),
            "metering.budget": ("Allowance", "Budget"),
            "metering.dollar_meter": ("DollarMeter",),
            "price_list.fetch_meter": ("FetchProgress", "FetchResult"),
            "price_list.fetch_options": ("PricingConfig", "load_config"),
            "price_list.offers": ("ESTIMATED", "EVERYWHERE"),
            "price_list.price_downloader": ("PricingDownloader",),
            "price_list.requested_files": ("PriceRequest",),
            "prices": ("PriceFile", "Prices", "PricesStopped"),
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
    "BillingOptions",
    "Budget",
    "Catalogue",
    "ClassTotals",
    "ClassUsage",
    "DollarMeter",
    "Estimator",
    "FetchProgress",
    "FetchResult",
    "Hit",
    "IndexedPrices",
    "IndexedVersion",
    "Line",
    "Payer",
    "PriceFile",
    "PriceRequest",
    "PriceTiers",
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
    "SearchResult",
    "Share",
    "Snapshot",
    "StoredObjects",
    "Tariff",
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
    "read_billing_options",
    "shares",
    "storage_bill",
    "unit_words",
    "what_if",
]
