"""The results of a dry run: each decision as a row, the totals as data and lines."""

from pathlib import Path
from typing import TYPE_CHECKING

from s3nav.present.formatting import (
    MISSING,
    Column,
    Row,
    cost_line,
    count,
    digits,
    iso,
    minute,
    number_of,
    size,
)
from s3nav.transfer import PlannedItem, Preview, SelectionStats

if TYPE_CHECKING:
    from s3nav.pricing import Bill

DECISION_COLUMNS = (
    Column("decision", "DO"),
    Column("size_bytes", "SIZE", is_number=True),
    Column("source", "SOURCE"),
    Column("local_path", "FILE"),
    Column("reason", "REASON"),
)
PREVIEW_COLUMNS = (
    Column("fetch_files", "FETCH", is_number=True),
    Column("fetch_bytes", "FETCH BYTES", is_number=True),
    Column("skip_files", "SKIP", is_number=True),
    Column("skip_bytes", "SKIP BYTES", is_number=True),
    Column("skip_reasons", "WHY SKIPPED"),
    Column("left_out_files", "LEFT OUT", is_number=True),
    Column("left_out_reasons", "WHY LEFT OUT"),
    Column("missing_files", "MISSING", is_number=True),
    Column("renamed_files", "RENAME", is_number=True),
    Column("list_requests", "LISTS", is_number=True),
    Column("get_requests", "GETS", is_number=True),
    Column("free_bytes", "FREE BYTES", is_number=True),
    Column("cost_usd", "COST", is_number=True),
    Column("cost_gaps", "WITHOUT PRICE", is_number=True),
    Column("inventory_as_of", "INVENTORY OF"),
)


def decision_row(item: PlannedItem, target: Path, size_style: str = "auto") -> Row:
    """Return the decision about one object, with the reason if it is skipped."""
    decision = "fetch" if item.is_pending else "skip"
    source, local = f"s3://{item.bucket}/{item.key}", f"{target}/{item.path}"
    return Row(
        values=(decision, item.size_bytes, source, local, item.reason),
        cells=(decision, size(item.size_bytes, size_style), source, local, item.reason),
    )


def preview_row(preview: Preview, bill: "Bill") -> Row:
    """Return the totals as a row of data."""
    stats = preview.stats
    values = (
        preview.fetch_files,
        preview.fetch_bytes,
        preview.skip_files,
        preview.skip_bytes,
        preview.reasons,
        stats.left_out_files,
        stats.left_out,
        stats.missing_files,
        preview.renamed_files,
        stats.list_requests,
        preview.get_requests,
        preview.free_bytes,
        digits(bill.total_usd),
        len(bill.gaps),
        iso(stats.inventory_at),
    )
    return Row(values=values, cells=[MISSING if v is None else str(v) for v in values])


def preview_lines(preview: Preview, bill: "Bill", size_style: str = "auto") -> list[str]:
    """Describe the totals in lines."""
    stats = preview.stats
    fetched = size(preview.fetch_bytes, size_style)
    lines = [f"would download {number_of(preview.fetch_files, 'object')}, {fetched}"]
    if preview.skip_files:
        skipped = size(preview.skip_bytes, size_style)
        lines.append(f"would skip {number_of(preview.skip_files, 'object')}, {skipped}")
        lines += [f"  {count(number)}: {why}" for why, number in preview.reasons.items()]
    lines += choice_lines(stats)
    if preview.renamed_files:
        renamed = count(preview.renamed_files)
        lines.append(f"would rename {renamed} whose names this disk cannot store")
    heads = f" and {number_of(stats.head_requests, 'HEAD request')}" if stats.head_requests else ""
    lines.append(
        f"sent {number_of(stats.list_requests, 'LIST request')}{heads},"
        f" would send {number_of(preview.get_requests, 'GET request')}"
    )
    if stats.inventory_at is not None:
        gets = sum(usage.gets for usage in stats.inventory.values())
        asked = f" with {number_of(gets, 'GET request')}" if gets else ""
        lines.append(f"objects come from the inventory of {minute(stats.inventory_at)}{asked}")
    if preview.free_bytes is not None:
        lines.append(f"free on the disk: {size(preview.free_bytes, size_style)}")
    lines.append(cost_line(bill))
    lines += [f"  missing: {gap}" for gap in bill.gaps]
    return lines


def choice_lines(stats: SelectionStats) -> list[str]:
    """Describe what the filters left out, missing objects and date patterns; empty if none."""
    lines = [f"no access to {source}: left out" for source in stats.denied]
    lines += [f"nothing matches {source}" for source in stats.empty]
    if stats.left_out:
        lines.append(f"left out {number_of(stats.left_out_files, 'object')}")
        lines += [f"  {count(number)}: {why}" for why, number in stats.left_out.items()]
    if stats.missing_files:
        lines.append(f"{count(stats.missing_files)} do not exist and will fail")
        lines += [f"  {source}" for source in stats.missing]
    lines += [
        f"dates are read from the keys of {source} as {pattern}"
        for source, pattern in stats.date_patterns.items()
    ]
    return lines
