"""``pricing``: fetch AWS's price list, and find prices in it offline."""

from typing import ClassVar

from s3nav.cli.lazy_commands import CommandRow, Commands, LazyGroup

PANE = "prices"
_FETCH = "s3nav.cli.commands.pricing.pricing_download"
_LOOK = "s3nav.cli.commands.pricing.pricing_lookup"


class _Commands(LazyGroup):
    """The commands below ``pricing``."""

    table: ClassVar[Commands] = {
        "download": CommandRow(
            module=f"{_FETCH}:download", help="fetch and index prices", pane=PANE, is_action=True
        ),
        "services": CommandRow(
            module=f"{_FETCH}:services", help="list the services", pane=PANE, is_action=True
        ),
        "search": CommandRow(module=f"{_LOOK}:search", help="find products by words", pane=PANE),
        "show": CommandRow(module=f"{_LOOK}:show", help="show a product and its tiers", pane=PANE),
        "compare": CommandRow(
            module=f"{_LOOK}:compare", help="compare regions", pane=PANE, is_action=True
        ),
        "diff": CommandRow(
            module=f"{_LOOK}:diff",
            help="show what a new version changed",
            pane=PANE,
            is_action=True,
        ),
        "export": CommandRow(
            module=f"{_LOOK}:export", help="write every rate", pane=PANE, is_action=True
        ),
        "status": CommandRow(
            module=f"{_LOOK}:status", help="show which prices are kept, and their age", pane=PANE
        ),
    }


pricing = _Commands("pricing", help="Fetch AWS's price list, and find prices in it offline.")
