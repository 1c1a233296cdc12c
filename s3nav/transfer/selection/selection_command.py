"""Turn a selection into the arguments of an equivalent command line."""

import glob
from collections.abc import Iterator

from s3nav.transfer.journal import Verification
from s3nav.transfer.selection.selection import Compare, Filters, Selection, Source
from s3nav.transfer.selection.sources import WILDCARD


def selection_command_words(selection: Selection) -> tuple[str, ...]:
    """``download`` and its arguments, without connection and credentials."""
    return ("download", *_what(selection), *_filters(selection.filters), *_how(selection))


def _what(selection: Selection) -> Iterator[str]:
    if selection.manifest is not None:
        yield from ("--manifest", str(selection.manifest.path.absolute()))
    if selection.inventory is not None:
        yield from ("--inventory", selection.inventory.name)
    if selection.plan is not None:
        yield from ("--plan", str(selection.plan.path.absolute()))
    if selection.shard is not None:
        yield from ("--shard", str(selection.shard))
    sources = selection.sources
    if sources and any(source.may_be_absent or source.may_be_denied for source in sources):
        yield from _crossed(sources)
    else:
        yield from map(_place, sources)


def _crossed(sources: tuple[Source, ...]) -> Iterator[str]:
    """Options for several buckets, each with the same prefixes."""
    if any(source.may_be_denied for source in sources):
        yield "--all-buckets"
    else:
        for bucket in dict.fromkeys(source.place.bucket for source in sources):
            yield from ("--buckets", bucket)
    for prefix in dict.fromkeys(source.place.key for source in sources if source.place.key):
        yield from ("--prefixes", prefix)


def _place(source: Source) -> str:
    """A place; a literal key becomes a glob that matches only this key."""
    place, key = source.place, source.place.key
    if not source.literal:
        return str(place)
    exact = glob.escape(key)
    if not WILDCARD.search(exact):
        exact = f"{key[:-1]}[{key[-1]}]" if key[-1] not in "!^]\\" else f"[{key[0]}]{key[1:]}"
    return f"s3://{place.bucket}/{exact}"


def _filters(filters: Filters) -> Iterator[str]:
    for option, values in (
        ("--extensions", filters.extensions),
        ("--include", filters.include),
        ("--exclude", filters.exclude),
        ("--include-regex", filters.include_regex),
        ("--exclude-regex", filters.exclude_regex),
        ("--storage-class", filters.storage_classes),
    ):
        for value in values:
            yield from (option, value)
    for option, number in (
        ("--min-size", filters.min_size_bytes),
        ("--max-size", filters.max_size_bytes),
    ):
        if number is not None:
            yield from (option, str(number))
    for option, day in (("--start-date", filters.start_date), ("--end-date", filters.end_date)):
        if day is not None:
            yield from (option, day.isoformat())
    if filters.date_from == "key":
        yield from ("--date-from", "key")
    if filters.date_pattern:
        yield from ("--date-pattern", filters.date_pattern)


def _how(selection: Selection) -> Iterator[str]:
    yield from ("--download-dir", str(selection.target.absolute()))
    if selection.overwrite:
        yield "--overwrite"
    if selection.compare is not Compare.SIZE_TIME:
        yield from ("--compare", selection.compare.value)
    if selection.requester_pays:
        yield "--requester-pays"
    if selection.verify is not Verification.AUTO:
        yield from ("--verify", selection.verify.name.lower())
    if selection.decompress:
        yield "--decompress"
    if selection.fail_if_empty:
        yield "--fail-if-empty"
