"""The options that select objects, for every command that works on a selection."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from s3nav.model.text.quantities import parse_size

T = TypeVar("T", bound=Callable[..., object])
_FILE = click.Path(path_type=Path)


def _day(text: str) -> date:
    """Parse ``2026-11-20``. Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"`{text}` is not a date: write YYYY-MM-DD") from error


_SOURCES = (
    click.option("--all-buckets", is_flag=True, help="all buckets the credentials may list"),
    click.option(
        "--manifest", type=_FILE, metavar="FILE", help="objects: s3:// URIs, CSV or JSON lines"
    ),
    click.option(
        "--inventory",
        metavar="MANIFEST",
        help="objects of an S3 Inventory: path or s3:// of manifest.json",
    ),
    click.option("--plan", type=_FILE, metavar="FILE", help="replay a plan of --write-plan"),
    click.option(
        "--compare",
        type=click.Choice(["size-time", "checksum"]),
        help="how an existing file is compared; default: size-time",
    ),
    click.option("--shard", metavar="I/N", help="one of N shares of --plan, or `auto`"),
    click.option("--dataset", metavar="NAME", help="use [datasets.NAME] of the settings file"),
    click.option(
        "--paths", multiple=True, metavar="NAME,…|all", help="path sets of the dataset to use"
    ),
)
_KEYS = (
    click.option("--include", multiple=True, metavar="GLOB", help="keep only keys that match"),
    click.option("--exclude", multiple=True, metavar="GLOB", help="leave out keys that match"),
    click.option(
        "--include-regex",
        multiple=True,
        metavar="REGEX",
        help="keep only keys that contain a match",
    ),
    click.option(
        "--exclude-regex",
        multiple=True,
        metavar="REGEX",
        help="leave out keys that contain a match",
    ),
    click.option(
        "--min-size", type=parse_size, metavar="SIZE", help="leave out smaller objects, e.g. 1MiB"
    ),
    click.option(
        "--max-size", type=parse_size, metavar="SIZE", help="leave out larger objects, e.g. 2GB"
    ),
    click.option("--storage-class", "storage_classes", multiple=True, help="keep only this class"),
)
_DATES = (
    click.option("--start-date", type=_day, metavar="YYYY-MM-DD", help="first day to keep, UTC"),
    click.option("--end-date", type=_day, metavar="YYYY-MM-DD", help="last day to keep, UTC"),
    click.option(
        "--last-days", type=click.IntRange(min=1), help="keep this many days, including today"
    ),
    click.option(
        "--date-from",
        type=click.Choice(["modified", "key"]),
        help="use the last change, or the date in the key",
    ),
    click.option(
        "--date-pattern",
        metavar="PATTERN",
        help="date format in keys, as %Y/%m/%d; default: detected",
    ),
)


def add_selection_options(command: T) -> T:
    """Add the options for sources and filters; their values are `SelectionArgs`."""
    command = add_filter_options(command)
    for option in reversed(_SOURCES):
        command = option(command)
    return command


def add_filter_options(command: T) -> T:
    """Add the options that filter the objects of a place."""
    for option in reversed((*_KEYS, *_DATES)):
        command = option(command)
    requester = click.option(
        "--requester-pays", is_flag=True, help="pay for requests and transfer yourself"
    )
    return requester(command)


def add_date_options(command: T) -> T:
    """Add the options for days, and for where an object's date comes from."""
    for option in reversed(_DATES):
        command = option(command)
    return command
