"""Pane 4: the price catalogue."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.tui.panes.prices.prices import PricesPane
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "prices": ("PricesPane",),
        },
    )

__all__ = [
    "PricesPane",
]
