"""Compute what storage, requests and transfer cost: tariff, bill and estimator.

Plans, what-if questions and the meter of a running job use the same rules.
"""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.pricing.estimates.bill import exactly
    from s3nav.pricing.estimates.estimator import Estimator
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "bill": ("exactly",),
            "estimator": ("Estimator",),
        },
    )

__all__ = [
    "Estimator",
    "exactly",
]
