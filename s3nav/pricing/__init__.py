"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from importlib import import_module
from typing import TYPE_CHECKING

from s3nav.pricing.bill import Bill, Line, Payer
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
from s3nav.pricing.rates import GLOBAL_REGION, Rate, RateSource, Tier
from s3nav.pricing.snapshot import Snapshot
from s3nav.pricing.storage_classes import CLASSES
from s3nav.pricing.tariff import PricesUsed, Tariff

if TYPE_CHECKING:
    from s3nav.pricing.catalogue import Catalogue
    from s3nav.pricing.config import PricingConfig, load_config
    from s3nav.pricing.downloader import PricingDownloader
    from s3nav.pricing.fetch_meter import FetchProgress
    from s3nav.pricing.finding import FACETS, Found, Hit
    from s3nav.pricing.ladders import Ladder, Share, cost, parse_quantity, shares
    from s3nav.pricing.offer_index import IndexedVersion
    from s3nav.pricing.offers import ESTIMATED, EVERYWHERE
    from s3nav.pricing.outcomes import Outcome
    from s3nav.pricing.plain_words import unit_words
    from s3nav.pricing.prices import PriceFile, Prices, PricesStopped
    from s3nav.pricing.product_page import ProductPage, RegionPrice
    from s3nav.pricing.version_diff import RateChange
    from s3nav.pricing.versions import STALE_AFTER_DAYS, Versions, moment
    from s3nav.pricing.wishes import PriceWish

__all__ = [
    "CLASSES",
    "CLOUDFRONT",
    "ESTIMATED",
    "EVERYWHERE",
    "FACETS",
    "GLOBAL_REGION",
    "INTERNET_PLACE",
    "SAME_REGION",
    "STALE_AFTER_DAYS",
    "Bill",
    "Catalogue",
    "Estimator",
    "FetchProgress",
    "Found",
    "Hit",
    "IndexedVersion",
    "Ladder",
    "Line",
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

_LATER = {
    "Catalogue": "catalogue",
    "PricingConfig": "config",
    "load_config": "config",
    "PricingDownloader": "downloader",
    "FetchProgress": "fetch_meter",
    "FACETS": "finding",
    "Found": "finding",
    "Hit": "finding",
    "Ladder": "ladders",
    "Share": "ladders",
    "cost": "ladders",
    "parse_quantity": "ladders",
    "shares": "ladders",
    "IndexedVersion": "offer_index",
    "ESTIMATED": "offers",
    "EVERYWHERE": "offers",
    "Outcome": "outcomes",
    "unit_words": "plain_words",
    "PriceFile": "prices",
    "Prices": "prices",
    "PricesStopped": "prices",
    "ProductPage": "product_page",
    "RegionPrice": "product_page",
    "RateChange": "version_diff",
    "STALE_AFTER_DAYS": "versions",
    "Versions": "versions",
    "moment": "versions",
    "PriceWish": "wishes",
}
"""The price list and its catalogue, by file: loaded when asked for; an estimate needs none."""


def __getattr__(name: str) -> object:
    """What `_LATER` promises."""
    if name not in _LATER:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return vars(import_module(f"{__name__}.{_LATER[name]}"))[name]
