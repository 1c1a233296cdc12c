"""Words about a scan: its totals, what it covers, its classes, sizes and ages."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from s3nav.browse import BandTotal, Comparison, PrefixTotal, ScanRecord, ScanState
from s3nav.model.errors import S3NavError
from s3nav.model.places import S3Uri
from s3nav.present.buckets.scan_costs import MonthChange
from s3nav.present.buckets.scan_tables import at_least, covers, short_age, signed_size
from s3nav.present.formatting import (
    DAY_S,
    Icons,
    Notice,
    Span,
    count,
    number_of,
    percent,
    progress_bar,
    safe_text,
    size,
)

BAR_CELLS = 8
LARGEST_SHOWN = 8
NAME_CELLS = 25
"""Longer keys lose their beginning, because their end says more."""


def scan_status(record: ScanRecord, now: datetime, icons: Icons, size_style: str) -> list[Span]:
    """Return the totals of a scan and how much of the place it covers."""
    much = signed(at_least(size(record.size_bytes, size_style), record), icons)
    objects = signed(at_least(count(record.objects), record), icons)
    spans: list[Span] = [(f"{objects} objects · {much} · ", "dim")]
    if record.is_complete:
        spans.append((f"covers {covers(record.coverage, now)}", "good"))
    else:
        spans.append((f"covers {covers(record.coverage, now)}", "warn"))
    if record.state is ScanState.RUNNING:
        spans.append((" · counting…", "accent"))
    elif record.reason:
        spans.append((f" · {safe_text(record.reason)}", "warn"))
    denied = len(record.coverage.denied)
    if denied:
        spans.append((f" · {count(denied)} {'part' if denied == 1 else 'parts'} denied", "bad"))
    return spans


def scan_facts(record: ScanRecord, icons: Icons, size_style: str) -> list[tuple[str, str]]:
    """Return the side panel's facts: classes, sizes and ages with bars, and the largest objects."""
    classes = [(name, total.size_bytes, total.objects) for name, total in record.by_class.items()]
    sizes = [(_band(b, is_age=False), b.size_bytes, b.objects) for b in record.by_size]
    ages = [(_band(b, is_age=True), b.size_bytes, b.objects) for b in record.by_age]
    facts: list[tuple[str, str]] = []
    for title, rows in (("by class", classes), ("by size", sizes), ("by age", ages)):
        bars = list(_bars(rows, record.size_bytes, icons, size_style))
        if bars:
            facts += [(title, ""), *bars, ("", "")]
    if record.largest:
        facts.append(("largest", ""))
    facts += [
        (size(found.size_bytes, size_style), _end_of(safe_text(found.key)))
        for found in record.largest[:LARGEST_SHOWN]
    ]
    return facts


def counting_notice(place: S3Uri, waited_s: int) -> Notice:
    """Return the notice shown before the first page has arrived."""
    waited = f" {waited_s} s" if waited_s else ""
    return Notice(title=f"counting…{waited}", lines=(safe_text(str(place)),))


def scan_selection_words(
    totals: Sequence[PrefixTotal], record: ScanRecord, now: datetime, size_style: str
) -> str:
    """Sum up the selected prefixes, as the scan counted them."""
    objects = sum(total.objects for total in totals)
    much = size(sum(total.size_bytes for total in totals), size_style)
    least = "" if record.is_complete else "at least "
    old = short_age(record.coverage.as_of, now)
    when = "" if old == "now" else f", counted {old} ago"
    prefixes = f"{count(len(totals))} prefix{'' if len(totals) == 1 else 'es'}"
    return f"{prefixes} · {least}{number_of(objects, 'object')} · {much}{when}"


def signed(text: str, icons: Icons) -> str:
    """Write ``≥`` for ``>=`` if the terminal can show it."""
    return text if icons.is_ascii else text.replace(">= ", "≥ ")


def _bars(
    rows: Sequence[tuple[str, int, int]], whole_bytes: int, icons: Icons, size_style: str
) -> Iterator[tuple[str, str]]:
    for name, size_bytes, objects in rows:
        if objects:
            share = size_bytes / whole_bytes if whole_bytes else 0.0
            bar = "".join(progress_bar(share, BAR_CELLS, ascii_only=icons.is_ascii))
            yield (
                f" {safe_text(name)}",
                f"{bar} {percent(share):>5} {size(size_bytes, size_style):>10}",
            )


def _end_of(key: str) -> str:
    return key if len(key) <= NAME_CELLS else f"…{key[1 - NAME_CELLS :]}"


def _plain(size_bytes: int) -> str:
    """Format the limit of a band, which is a whole number: ``128 KiB``."""
    return size(size_bytes, "binary").replace(".0 ", " ")


def _band(band: BandTotal, *, is_age: bool) -> str:
    if band.stop == 1 and not is_age:
        return "empty"
    stop = band.stop
    if is_age:
        start_days = band.start // DAY_S
        return f"{start_days} d and more" if stop is None else f"under {stop // DAY_S} d"
    return f"{_plain(band.start)} +" if stop is None else f"under {_plain(stop)}"


def comparison_facts(
    found: Comparison, costs: MonthChange | S3NavError, style: str
) -> list[tuple[str, str]]:
    """Return what changed between two scans and what that costs, as names and values."""
    whole, by = found.whole, signed_size(found.whole.changed_bytes, style)
    facts = (
        [
            ("compared", "totals of prefixes"),
            ("", "objects are no longer kept"),
            ("", ""),
        ]
        if whole.is_net
        else [
            ("new", f"{number_of(whole.new_objects, 'object')}, {size(whole.new_bytes, style)}"),
            (
                "removed",
                f"{number_of(whole.removed_objects, 'object')}, {size(whole.removed_bytes, style)}",
            ),
            (
                "changed",
                f"{number_of(whole.changed_objects, 'object')}, {by}",
            ),
            ("", ""),
        ]
    )
    if isinstance(costs, MonthChange):
        before, after = (size(much, style) for much in costs.size_bytes)
        facts += [("before", before), ("after", after), ("", ""), *costs.words()]
    else:
        facts.append(("costs", f"unknown: {costs.message}"))
    if found.classes_moved:
        facts += [("", ""), ("moved", "to another storage class")]
    for (old, new), moved in found.classes_moved.items():
        facts.append(("", f"{old} to {new}:"))
        facts.append(("", f"{number_of(moved.objects, 'object')}, {size(moved.size_bytes, style)}"))
    return facts
