"""What things cost: rates as AWS publishes them, and what a wish or a job adds up to."""

from typing import TYPE_CHECKING

from s3nav.model.lazy import lazy_names

if TYPE_CHECKING:
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
else:  # a download needs the meter alone until it is summed up
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
            "metered_store": ("MeteredStore",),
            "rates": ("GLOBAL_REGION", "Rate", "RateSource", "Tier"),
            "snapshot": ("Snapshot",),
            "storage_classes": ("CLASSES",),
            "tariff": ("PricesUsed", "Tariff"),
        },
    )

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
