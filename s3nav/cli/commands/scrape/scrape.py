"""``scrape``: record what runs in an account, and compare records."""

from typing import ClassVar

from s3nav.cli.lazy_commands import CommandRow, Commands, LazyGroup

PANE = "scrapes"
_HERE = "s3nav.cli.commands.scrape"


class _Commands(LazyGroup):
    """The commands below ``scrape``."""

    table: ClassVar[Commands] = {
        "run": CommandRow(
            module=f"{_HERE}.scrape_run:run", help="call every service", pane=PANE, is_action=True
        ),
        "list": CommandRow(
            module=f"{_HERE}.scrape_lookup:list_scrapes", help="list the scrapes kept", pane=PANE
        ),
        "show": CommandRow(module=f"{_HERE}.scrape_lookup:show", help="show a scrape", pane=PANE),
        "query": CommandRow(
            module=f"{_HERE}.scrape_lookup:query",
            help="show documents or resources",
            pane=PANE,
            is_action=True,
        ),
        "search": CommandRow(
            module=f"{_HERE}.scrape_lookup:search",
            help="find resources by id, ARN, name or tag",
            pane=PANE,
        ),
        "compare": CommandRow(
            module=f"{_HERE}.scrape_lookup:compare",
            help="show what has changed",
            pane=PANE,
            is_action=True,
        ),
        "stats": CommandRow(
            module=f"{_HERE}.scrape_lookup:stats",
            help="count documents, show a timeline",
            pane=PANE,
            is_action=True,
        ),
        "logs": CommandRow(
            module=f"{_HERE}.scrape_lookup:logs", help="show what failed", pane=PANE, is_action=True
        ),
        "delete": CommandRow(
            module=f"{_HERE}.scrape_store:delete", help="delete a scrape, or a part of it"
        ),
        "maintenance": CommandRow(
            module=f"{_HERE}.scrape_store:maintenance",
            help="forget old scrapes, show the store's health",
        ),
        "import": CommandRow(
            module=f"{_HERE}.scrape_store:import_scrapes",
            help="import a directory of aws-list-all, or a file",
        ),
        "engine": CommandRow(
            module=f"{_HERE}.scrape_engine:engine", help="install aws-list-all, or show it"
        ),
        "export": CommandRow(
            module=f"{_HERE}.scrape_store:export", help="write scrapes to one file"
        ),
    }


scrape = _Commands(
    "scrape",
    help="Scrape the account: list the resources of every service, and keep the responses.",
)
