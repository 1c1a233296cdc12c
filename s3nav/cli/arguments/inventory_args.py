"""An S3 Inventory that a command takes its objects from, and what it says of it."""

from s3nav.cli.program import CommandLine
from s3nav.model.ports.inventory import Inventory
from s3nav.present.buckets import inventory_lines, opened_line


def open_inventory(line: CommandLine, manifest: str, pays: bool) -> Inventory:
    """Read its manifest, and say which it is; its files are read later. Raises S3NavError."""
    listing = line.session.inventory(manifest, requester_pays=pays)
    line.narration.say(opened_line(listing))
    return listing


def tell_inventory(line: CommandLine, inventory: Inventory | None) -> None:
    """Say how old the inventory of a selection is and what it left out, once it was read."""
    from s3nav.browse import InventoryListing  # noqa: PLC0415  # most selections have none

    if isinstance(inventory, InventoryListing):
        for text in inventory_lines(inventory.facts, line.program.now()):
            line.narration.say(text)
