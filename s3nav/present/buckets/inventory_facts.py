"""What to say of an S3 Inventory that takes the place of a listing."""

from datetime import datetime
from typing import TYPE_CHECKING

from s3nav.present.buckets.scan_tables import short_age
from s3nav.present.formatting import minute, number_of, size

if TYPE_CHECKING:
    from s3nav.browse import InventoryFacts, InventoryListing


def opened_line(listing: "InventoryListing") -> str:
    """Which inventory takes the place of a listing."""
    much = size(listing.size_bytes, "auto")
    return (
        f"objects are those of inventory {listing.name}: {number_of(listing.files, 'file')}, {much}"
    )


def inventory_lines(facts: "InventoryFacts", now: datetime) -> list[str]:
    """What to know of an inventory that was read."""
    age = short_age(facts.created_at, now)
    lines = [
        f"inventory of {minute(facts.created_at)}, {age} old: later changes are not in it",
        "it may be configured for a prefix only, which no manifest says",
    ]
    left = facts.row_counts
    counts = (
        (left.old_versions, "old version"),
        (left.delete_markers, "delete marker"),
        (left.elsewhere, "object"),
    )
    said = [number_of(much, what) for much, what in counts if much]
    if left.elsewhere:
        said[-1] += " outside the place"
    if said:
        lines.append(f"left out: {', '.join(said)}")
    if facts.missing:
        lines.append(f"not in the inventory, so unknown: {', '.join(facts.missing)}")
    return lines
