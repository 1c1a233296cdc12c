"""Options that several commands share, and functions that turn them into selections and bills."""

from typing import TYPE_CHECKING

from s3nav.model.lazy_names import lazy_names

if TYPE_CHECKING:
    from s3nav.cli.arguments.cost_options import (
        PRICE_FLAGS,
        add_fetch_options,
        as_dollars,
        catalogue_of,
        check_budget,
        cost_of_plan,
        costs_of_job,
        show_bill,
    )
    from s3nav.cli.arguments.selection_args import (
        DOWNLOAD_FLAGS,
        DownloadArgs,
        SelectionArgs,
        SelectionCommand,
        as_suffixes,
        first_day,
        make_selection,
        names_a_source,
        open_selection,
        report_inventory,
    )
    from s3nav.cli.arguments.selection_options import (
        DATE_OPTIONS,
        FILTER_OPTIONS,
        SELECTION_OPTIONS,
    )
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "cost_options": (
                "PRICE_FLAGS",
                "add_fetch_options",
                "as_dollars",
                "catalogue_of",
                "check_budget",
                "cost_of_plan",
                "costs_of_job",
                "show_bill",
            ),
            "selection_args": (
                "SelectionArgs",
                "DOWNLOAD_FLAGS",
                "SelectionCommand",
                "DownloadArgs",
                "make_selection",
                "as_suffixes",
                "first_day",
                "names_a_source",
                "open_selection",
                "open_selection",
                "report_inventory",
            ),
            "selection_options": ("DATE_OPTIONS", "FILTER_OPTIONS", "SELECTION_OPTIONS"),
        },
    )

__all__ = [
    "DATE_OPTIONS",
    "DOWNLOAD_FLAGS",
    "FILTER_OPTIONS",
    "PRICE_FLAGS",
    "SELECTION_OPTIONS",
    "DownloadArgs",
    "SelectionArgs",
    "SelectionCommand",
    "add_fetch_options",
    "as_dollars",
    "as_suffixes",
    "catalogue_of",
    "check_budget",
    "cost_of_plan",
    "costs_of_job",
    "first_day",
    "make_selection",
    "names_a_source",
    "open_selection",
    "report_inventory",
    "show_bill",
]
