"""``scrape``: what runs in the account, kept and compared."""

from typing import ClassVar

import click

from s3nav.cli.lazy_commands import CommandRow, Commands, LazyGroup

PANE = "scrapes"
_HERE = "s3nav.cli.commands.scrapes"


class _Commands(LazyGroup):
    """The commands below ``scrape``."""

    table: ClassVar[Commands] = {
        "run": CommandRow(
            module=f"{_HERE}.scrape_run:run", help="ask every service", pane=PANE, does=True
        ),
        "list": CommandRow(
            module=f"{_HERE}.scrape_lookup:list_scrapes", help="all scrapes kept", pane=PANE
        ),
        "show": CommandRow(module=f"{_HERE}.scrape_lookup:show", help="one of them", pane=PANE),
        "query": CommandRow(
            module=f"{_HERE}.scrape_lookup:query",
            help="its documents or resources",
            pane=PANE,
            does=True,
        ),
        "search": CommandRow(
            module=f"{_HERE}.scrape_lookup:search", help="by id, ARN, name or tag", pane=PANE
        ),
        "compare": CommandRow(
            module=f"{_HERE}.scrape_lookup:compare", help="what has changed", pane=PANE, does=True
        ),
        "stats": CommandRow(
            module=f"{_HERE}.scrape_lookup:stats",
            help="counts and a timeline",
            pane=PANE,
            does=True,
        ),
        "logs": CommandRow(
            module=f"{_HERE}.scrape_lookup:logs", help="what went wrong", pane=PANE, does=True
        ),
        "delete": CommandRow(
            module=f"{_HERE}.scrape_store:delete", help="a scrape, or a part of it"
        ),
        "maintenance": CommandRow(
            module=f"{_HERE}.scrape_store:maintenance", help="forget what is old, and health"
        ),
        "import": CommandRow(
            module=f"{_HERE}.scrape_store:import_scrapes",
            help="a directory of aws-list-all, a file",
        ),
        "engine": CommandRow(
            module=f"{_HERE}.scrape_engine:engine", help="install aws-list-all, or show it"
        ),
        "export": CommandRow(module=f"{_HERE}.scrape_store:export", help="to one file, to hand on"),
    }


@click.group("scrape", cls=_Commands)
def scrape() -> None:
    """Scrape the account: ask every service what there is, and keep the answers."""
