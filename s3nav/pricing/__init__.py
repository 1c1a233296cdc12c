"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from s3nav.pricing.bill import Bill, Line, Payer
from s3nav.pricing.budget import Allowance, Budget
from s3nav.pricing.dollar_meter import DollarMeter
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
from s3nav.pricing.metered_store import MeteredStore
from s3nav.pricing.rates import GLOBAL_REGION, Rate, RateSource, Tier
from s3nav.pricing.snapshot import Snapshot
from s3nav.pricing.storage_classes import CLASSES
from s3nav.pricing.tariff import PricesUsed, Tariff

__all__ = [
    "CLASSES",
    "CLOUDFRONT",
    "GLOBAL_REGION",
    "INTERNET_PLACE",
    "SAME_REGION",
    "Allowance",
    "Bill",
    "Budget",
    "DollarMeter",
    "Estimator",
    "Line",
    "MeteredStore",
    "Payer",
    "Pile",
    "PricesUsed",
    "Rate",
    "RateSource",
    "Shelf",
    "Snapshot",
    "Stored",
    "Tariff",
    "Terms",
    "Tier",
    "check_restore",
    "download_bill",
    "open_tariff",
    "priced_regions",
    "read_terms",
    "storage_bill",
    "what_if",
]
