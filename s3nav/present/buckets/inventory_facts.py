"""Lines about an S3 Inventory that is used in place of a listing."""

from datetime import datetime
from typing import TYPE_CHECKING

from s3nav.present.buckets.scan_tables import short_age
from s3nav.present.formatting import minute, number_of, size

if TYPE_CHECKING:
    from s3nav.browse import InventoryFacts, InventoryListing


def opened_line(listing: "InventoryListing") -> str:
    """Name the inventory used in place of a listing."""
    much = size(listing.size_bytes, "auto")
    return f"objects come from inventory {listing.name}: {number_of(listing.files, 'file')}, {much}"


def inventory_lines(facts: "InventoryFacts", now: datetime) -> list[str]:
    """Describe an inventory that was read: its age and what it does not contain."""
    age = short_age(facts.created_at, now)
    lines = [
        f"inventory of {minute(facts.created_at)}, {age} old, without later changes",
        "it may cover only one prefix; the manifest does not say",
    ]
    left = facts.row_counts
    counts = (
        (left.old_versions, "old version"),
        (left.delete_markers, "delete marker"),
        (left.elsewhere, "object"),
    )
    shown = [number_of(much, what) for much, what in counts if much]
    if left.elsewhere:
        shown[-1] += " outside the place"
    if shown:
        lines.append(f"left out: {', '.join(shown)}")
    if facts.missing:
        lines.append(f"not in the inventory, so unknown: {', '.join(facts.missing)}")
    return lines
