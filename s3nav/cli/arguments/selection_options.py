"""The options that select objects, for every command that works on a selection."""

from datetime import date
from pathlib import Path

import click

from s3nav.model.text.quantities import parse_size

_FILE = click.Path(path_type=Path)


def _day(text: str) -> date:
    """Parse ``2026-11-20``. Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is not a date: write YYYY-MM-DD") from error


_SOURCES = (
    click.Option(["--all-buckets"], is_flag=True, help="all buckets the credentials may list"),
    click.Option(
        ["--fail-if-empty"], is_flag=True, help="fail when nothing is selected; default: a notice"
    ),
    click.Option(
        ["--manifest"], type=_FILE, metavar="FILE", help="objects: s3:// URIs, CSV or JSON lines"
    ),
    click.Option(
        ["--inventory"],
        metavar="MANIFEST",
        help="objects of an S3 Inventory: path or s3:// of manifest.json",
    ),
    click.Option(["--plan"], type=_FILE, metavar="FILE", help="replay a plan of --write-plan"),
    click.Option(
        ["--compare"],
        type=click.Choice(["size-time", "checksum"]),
        help="how an existing file is compared; default: size-time",
    ),
    click.Option(["--shard"], metavar="I/N", help="one of N shares of --plan, or `auto`"),
    click.Option(["--dataset"], metavar="NAME", help="use [datasets.NAME] of the settings file"),
    click.Option(
        ["--paths"], multiple=True, metavar="NAME,…|all", help="path sets of the dataset to use"
    ),
)
_KEYS = (
    click.Option(["--include"], multiple=True, metavar="GLOB", help="keep only keys that match"),
    click.Option(["--exclude"], multiple=True, metavar="GLOB", help="leave out keys that match"),
    click.Option(
        ["--include-regex"],
        multiple=True,
        metavar="REGEX",
        help="keep only keys that contain a match",
    ),
    click.Option(
        ["--exclude-regex"],
        multiple=True,
        metavar="REGEX",
        help="leave out keys that contain a match",
    ),
    click.Option(
        ["--min-size"], type=parse_size, metavar="SIZE", help="leave out smaller objects, e.g. 1MiB"
    ),
    click.Option(
        ["--max-size"], type=parse_size, metavar="SIZE", help="leave out larger objects, e.g. 2GB"
    ),
    click.Option(
        ["--storage-class", "storage_classes"], multiple=True, help="keep only this class"
    ),
)
DATE_OPTIONS = (
    click.Option(["--start-date"], type=_day, metavar="YYYY-MM-DD", help="first day to keep, UTC"),
    click.Option(["--end-date"], type=_day, metavar="YYYY-MM-DD", help="last day to keep, UTC"),
    click.Option(
        ["--last-days"], type=click.IntRange(min=1), help="keep this many days, including today"
    ),
    click.Option(
        ["--date-from"],
        type=click.Choice(["modified", "key"]),
        help="use the last change, or the date in the key",
    ),
    click.Option(
        ["--date-pattern"],
        metavar="PATTERN",
        help="date format in keys, as %Y/%m/%d; default: detected",
    ),
)
"""Options for days, and for where an object's date comes from."""
_REQUESTER_PAYS = click.Option(
    ["--requester-pays"], is_flag=True, help="pay for requests and transfer yourself"
)
FILTER_OPTIONS = (_REQUESTER_PAYS, *_KEYS, *DATE_OPTIONS)
"""Options that filter the objects of a place."""
SELECTION_OPTIONS = (*_SOURCES, *FILTER_OPTIONS)
"""Options for sources and filters; their values are `SelectionArgs`."""
