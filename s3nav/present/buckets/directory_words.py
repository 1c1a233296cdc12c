"""Words about one directory of a bucket: how much is listed or marked, or why it is empty."""

from collections.abc import Sequence

from s3nav.browse import DirectoryListing
from s3nav.model.places import S3Uri
from s3nav.present.formatting import Notice, Span, count, safe_text, size


def directory_status(
    listing: DirectoryListing, *, is_sorted: bool, unsorted: int, is_listing: bool, size_style: str
) -> list[Span]:
    """Return how much of the directory is listed and sorted."""
    of = "" if listing.complete else " of ?"
    spans: list[Span] = [(f"{count(len(listing))}{of} listed", "warn" if of else "dim")]
    if is_sorted and not listing.complete:
        spans.append((f" · sorted {count(len(listing) - unsorted)} of ?", "warn"))
    if listing.starts_with:
        spans.append((f" · only {safe_text(listing.starts_with)}…", "accent"))
    objects = len(listing) - listing.prefix_count
    if objects:
        spans.append((f" · {_things(objects, 'object')} here, ", "dim"))
        spans.append((size(listing.total_bytes, size_style), "dim"))
    if not listing.complete and not is_listing:
        spans.append((" · m lists more", "accent"))
    return spans


def directory_selection_words(
    listing: DirectoryListing, rows: Sequence[int], size_style: str
) -> str:
    """Format selected `rows` of a listing: ``12 objects · 3.4 MB · 1 prefix with all below``."""
    prefixes = sum(listing.is_prefix(row) for row in rows)
    known = sum(max(0, listing.sizes[row]) for row in rows)
    objects, said = len(rows) - prefixes, []
    if objects:
        said.append(f"{_things(objects, 'object')} · {size(known, size_style)}")
    if prefixes:
        said.append(f"{_things(prefixes, 'prefix', 'es')} with all below")
    return " · ".join(said)


def directory_facts(listing: DirectoryListing, size_style: str) -> list[tuple[str, str]]:
    """Return the directory's totals for the side panel."""
    objects = len(listing) - listing.prefix_count
    so_far = "" if listing.complete else " so far"
    return [
        ("prefixes", count(listing.prefix_count) + so_far),
        ("objects", count(objects) + so_far),
        ("size", f"{size(listing.total_bytes, size_style)} in this directory{so_far}"),
        ("requests", count(listing.pages)),
    ]


def empty_notice(listing: DirectoryListing) -> Notice:
    """Return the notice for a listed directory without rows: why, and what to do."""
    if len(listing):
        return Notice(title="no name here matches the filter", lines=("esc clears it",))
    if listing.starts_with:
        start = safe_text(listing.starts_with)
        return Notice(title=f"no name here starts with {start}", lines=("esc lists all",))
    return Notice(title="nothing here", lines=("this directory has no objects; h goes up",))


def loading_notice(place: S3Uri | None, waited_s: int) -> Notice:
    """Return the notice for a directory that is being listed, with the seconds waited."""
    waited = f" {waited_s} s" if waited_s else ""
    return Notice(title=f"listing…{waited}", lines=(safe_text(str(place)) if place else "",))


def _things(number: int, name: str, plural: str = "s") -> str:
    """Format a count: ``1 object``, ``2 objects``."""
    return f"{count(number)} {name}{'' if number == 1 else plural}"
