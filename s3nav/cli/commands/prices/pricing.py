"""``pricing``: fetch AWS's price list, and look prices up without a network."""

from typing import ClassVar

import click

from s3nav.cli.lazy_commands import CommandRow, Commands, LazyGroup

PANE = "prices"
_FETCH = "s3nav.cli.commands.prices.pricing_download"
_LOOK = "s3nav.cli.commands.prices.pricing_lookup"


class _Commands(LazyGroup):
    """The commands below ``pricing``."""

    table: ClassVar[Commands] = {
        "download": CommandRow(
            module=f"{_FETCH}:download", help="fetch, index prices", pane=PANE, does=True
        ),
        "services": CommandRow(
            module=f"{_FETCH}:services", help="what the list has", pane=PANE, does=True
        ),
        "search": CommandRow(module=f"{_LOOK}:search", help="find products by words", pane=PANE),
        "show": CommandRow(module=f"{_LOOK}:show", help="one product, its tiers", pane=PANE),
        "compare": CommandRow(
            module=f"{_LOOK}:compare", help="one thing, every region", pane=PANE, does=True
        ),
        "diff": CommandRow(
            module=f"{_LOOK}:diff", help="what a new version changed", pane=PANE, does=True
        ),
        "export": CommandRow(
            module=f"{_LOOK}:export", help="every rate, for programs", pane=PANE, does=True
        ),
        "status": CommandRow(module=f"{_LOOK}:status", help="what is here, how old", pane=PANE),
    }


@click.group("pricing", cls=_Commands)
def pricing() -> None:
    """Fetch AWS's price list, and look prices up without a network."""
