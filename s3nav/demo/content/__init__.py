"""The demo's data: buckets, objects, an account and a price list."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.demo.content.account import fill_account
    from s3nav.demo.content.demo_buckets import HOME_REGION, OTHER_REGION
    from s3nav.demo.content.price_list import ROOT, DemoPrices
    from s3nav.demo.content.seed import create_user, fill, same_each_run
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "account": ("fill_account",),
            "demo_buckets": ("HOME_REGION", "OTHER_REGION"),
            "price_list": ("DemoPrices", "ROOT"),
            "seed": ("create_user", "fill", "same_each_run"),
        },
    )

__all__ = [
    "HOME_REGION",
    "OTHER_REGION",
    "ROOT",
    "DemoPrices",
    "create_user",
    "fill",
    "fill_account",
    "same_each_run",
]
