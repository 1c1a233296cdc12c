"""Options that several commands share, and what is made of them: selections, costs, prices."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.cli.arguments.cost_options import (
        PRICE_FLAGS,
        as_dollars,
        check_budget,
        cost_of_plan,
        costs_of_job,
        show_bill,
    )
    from s3nav.cli.arguments.pricing_options import catalogue_of, fetch_options
    from s3nav.cli.arguments.selection_args import (
        DOWNLOAD_FLAGS,
        Chosen,
        SelectionCommand,
        Typed,
        choose,
        endings,
        first_day,
        is_named,
        open_selection,
        tell_inventory,
    )
    from s3nav.cli.arguments.selection_options import choice_options, date_options, filter_options
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "cost_options": (
                "PRICE_FLAGS",
                "as_dollars",
                "check_budget",
                "cost_of_plan",
                "costs_of_job",
                "show_bill",
            ),
            "pricing_options": ("catalogue_of", "fetch_options"),
            "selection_args": (
                "Chosen",
                "DOWNLOAD_FLAGS",
                "SelectionCommand",
                "Typed",
                "choose",
                "endings",
                "first_day",
                "is_named",
                "open_selection",
                "open_selection",
                "tell_inventory",
            ),
            "selection_options": ("choice_options", "date_options", "filter_options"),
        },
    )

__all__ = [
    "DOWNLOAD_FLAGS",
    "PRICE_FLAGS",
    "Chosen",
    "SelectionCommand",
    "Typed",
    "as_dollars",
    "catalogue_of",
    "check_budget",
    "choice_options",
    "choose",
    "cost_of_plan",
    "costs_of_job",
    "date_options",
    "endings",
    "fetch_options",
    "filter_options",
    "first_day",
    "is_named",
    "open_selection",
    "show_bill",
    "tell_inventory",
]
