"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from typing import TYPE_CHECKING

from s3nav.pricing.catalogue import Catalogue
from s3nav.pricing.config import PricingConfig, load_config
from s3nav.pricing.fetch_meter import FetchProgress
from s3nav.pricing.finding import FACETS, Found, Hit
from s3nav.pricing.ladders import Ladder, Share, cost, parse_quantity, shares
from s3nav.pricing.offer_index import IndexedVersion
from s3nav.pricing.offers import ESTIMATED, EVERYWHERE
from s3nav.pricing.outcomes import Outcome
from s3nav.pricing.plain_words import unit_words
from s3nav.pricing.prices import PriceFile, Prices, PricesStopped
from s3nav.pricing.product_page import ProductPage, RegionPrice
from s3nav.pricing.rates import GLOBAL_REGION, Rate, RateSource, Tier
from s3nav.pricing.version_diff import RateChange
from s3nav.pricing.versions import STALE_AFTER_DAYS, Versions, moment
from s3nav.pricing.wishes import PriceWish

__all__ = [
    "ESTIMATED",
    "EVERYWHERE",
    "FACETS",
    "GLOBAL_REGION",
    "STALE_AFTER_DAYS",
    "Catalogue",
    "FetchProgress",
    "Found",
    "Hit",
    "IndexedVersion",
    "Ladder",
    "Outcome",
    "PriceFile",
    "PriceWish",
    "Prices",
    "PricesStopped",
    "PricingConfig",
    "PricingDownloader",
    "ProductPage",
    "Rate",
    "RateChange",
    "RateSource",
    "RegionPrice",
    "Share",
    "Tier",
    "Versions",
    "cost",
    "load_config",
    "moment",
    "parse_quantity",
    "shares",
    "unit_words",
]

if TYPE_CHECKING:
    from s3nav.pricing.downloader import PricingDownloader


def __getattr__(name: str) -> object:
    """Load what needs httpx when it is first asked for: most commands fetch no prices."""
    if name == "PricingDownloader":
        from s3nav.pricing.downloader import PricingDownloader  # noqa: PLC0415

        return PricingDownloader
    raise AttributeError(name)
