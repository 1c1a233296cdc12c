"""Make the selection of a download from typed sources, filters and settings."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypedDict, Unpack

import click

from s3nav.cli.cockpit_args import first_place, typed_options
from s3nav.cli.lazy_commands import HeadlessCommand, SettingFlag
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.model.places import SCHEME, S3Uri
from s3nav.model.ports.inventory import Inventory
from s3nav.present.cockpit_opening import Opening, Overlay
from s3nav.present.formatting import number_of
from s3nav.settings import Dataset, Settings
from s3nav.transfer import (
    Compare,
    DateFrom,
    Filters,
    Manifest,
    PlanFile,
    Selection,
    Shard,
    Source,
    Verification,
    check_selection,
    check_target,
    find_dataset,
    find_resume_file,
    path_sources,
    read_resume_file,
)

_NOT_IN_COCKPIT = ("inventory", "manifest", "plan")
"""Options whose lists of objects the cockpit cannot show."""
BYTES_PER_MB = 10**6

DOWNLOAD_FLAGS = (
    SettingFlag(setting="download_dir", names=("--download-dir",), metavar="DIR"),
    SettingFlag(setting="parallel_downloads", names=("--parallel",), metavar="N"),
    SettingFlag(setting="bandwidth", names=("--bandwidth",), metavar="RATE"),
    SettingFlag(setting="overwrite_existing", names=("--overwrite",), flag_value=True),
    SettingFlag(setting="verify", names=("--verify",)),
    SettingFlag(
        setting="verify",
        names=("--no-verify",),
        flag_value="none",
        help="the same as --verify none",
    ),
    SettingFlag(setting="file_extensions", names=("--extensions",), metavar=".EXT", multiple=True),
    SettingFlag(setting="buckets", names=("--buckets",), metavar="NAME", multiple=True),
    SettingFlag(setting="prefixes", names=("--prefixes",), metavar="PREFIX", multiple=True),
)
_LISTS = {flag.names[0] for flag in DOWNLOAD_FLAGS if flag.multiple}


class SelectionArgs(TypedDict):
    """The arguments that select objects; settings are separate."""

    places: tuple[S3Uri, ...]
    all_buckets: bool
    manifest: Path | None
    inventory: str | None
    plan: Path | None
    shard: str | None
    compare: str | None
    dataset: str | None
    paths: tuple[str, ...]
    import_resume: Path | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    include_regex: tuple[str, ...]
    exclude_regex: tuple[str, ...]
    min_size: int | None
    max_size: int | None
    start_date: date | None
    end_date: date | None
    last_days: int | None
    date_from: DateFrom | None
    date_pattern: str | None
    storage_classes: tuple[str, ...]
    requester_pays: bool
    decompress: bool
    fail_if_empty: bool


class DownloadArgs(SelectionArgs):
    """The arguments of ``download``; settings are separate."""

    budget: Decimal | None
    dry_run: bool
    write_plan: Path | None
    report: Path | None
    failed: Path | None
    resume: bool
    yes: bool


class SelectionCommand(HeadlessCommand):
    """Accepts ``--buckets one two``, as aws-data-downloader did, besides repeated options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Turn lists of values into repeated options, then parse."""
        return super().parse_args(ctx, list(expand_lists(args)))

    def invoke(self, ctx: click.Context) -> None:
        """See HeadlessCommand; a selection that the cockpit cannot show runs without it."""
        if any(ctx.params[name] is not None for name in _NOT_IN_COCKPIT):
            click.Command.invoke(self, ctx)
        else:
            super().invoke(ctx)


def open_selection(
    line: CommandLine, context: click.Context, *, overlay: Overlay
) -> tuple[Opening, frozenset[str]]:
    """Return the cockpit's dialog for the selection, and the parameters it applies.

    Raises UsageError.
    """
    typed = context.params
    sources = typed["places"] or line.flags.get("buckets") or typed["dataset"] or typed["paths"]
    if not sources or typed["all_buckets"] or typed["shard"]:
        return Opening(place=first_place(typed)), frozenset()
    chosen: Selection = context.invoke(_make_selection, line, **typed)
    applied = frozenset(SelectionArgs.__annotations__)
    filters = typed_options(line, context, applied)
    return Opening(pane="transfers", overlay=overlay, selection=chosen, filters=filters), applied


def _make_selection(line: CommandLine, **typed: Unpack[DownloadArgs]) -> Selection:
    return make_selection(line, typed)


def expand_lists(arguments: Sequence[str]) -> Iterator[str]:
    """Turn ``--buckets one two`` into ``--buckets one --buckets two``.

    A list ends at the next option and at the first ``s3://`` place.
    """
    option = ""
    has_value = False
    for word in arguments:
        if word in _LISTS:
            option, has_value = word, False
            yield word
        elif not option or word.startswith(("-", SCHEME)):
            option = ""
            yield word
        else:
            if has_value:
                yield option
            has_value = True
            yield word


def make_selection(line: CommandLine, typed: SelectionArgs) -> Selection:
    """Make the selection from arguments and settings; writes nothing. Raises UsageError."""
    settings = line.session.settings
    target = Path(settings.download_dir).expanduser().absolute()
    check_target(target)
    _check_one_way(line, typed)
    dataset = _dataset(settings, typed)
    plan = PlanFile.read(typed["plan"]) if typed["plan"] else None
    if plan is not None:
        plan.refuse_other_s3(line.session.connection())
    pays = typed["requester_pays"] or (dataset is not None and dataset.requester_pays)
    inventory = _open_inventory(line, typed["inventory"], pays) if typed["inventory"] else None
    selection = Selection(
        sources=_selected_sources(line, typed, dataset),
        target=target,
        manifest=Manifest.read(typed["manifest"]) if typed["manifest"] else None,
        inventory=inventory,
        plan=plan,
        shard=Shard.parse(typed["shard"], line.program.environment) if typed["shard"] else None,
        filters=_filters(settings, typed, dataset, line.program.now().date()),
        overwrite=settings.overwrite_existing,
        compare=Compare(typed["compare"] or Compare.SIZE_TIME),
        requester_pays=pays,
        verify=Verification[settings.verify.upper()],
        decompress=typed["decompress"],
        fail_if_empty=typed["fail_if_empty"],
        recorded=_recorded(line, typed, target),
    )
    check_selection(selection)
    return selection


def _open_inventory(line: CommandLine, manifest: str, pays: bool) -> Inventory:
    """Read an inventory's manifest and report it; its files are read later. Raises S3NavError."""
    from s3nav.present.buckets import opened_line  # noqa: PLC0415  # most selections have none

    listing = line.session.inventory(manifest, requester_pays=pays)
    line.narration.say(opened_line(listing))
    return listing


def report_inventory(line: CommandLine, inventory: Inventory | None) -> None:
    """Report the age of a selection's inventory and what it lacks; call it after reading it."""
    if inventory is None:
        return
    from s3nav.browse import InventoryListing  # noqa: PLC0415  # most selections have none
    from s3nav.present.buckets import inventory_lines  # noqa: PLC0415

    if isinstance(inventory, InventoryListing):
        for text in inventory_lines(inventory.facts, line.program.now()):
            line.narration.say(text)


def names_a_source(line: CommandLine, typed: SelectionArgs) -> bool:
    """Whether arguments or settings name a source, so that no confirmation is needed."""
    ways = (typed["places"], typed["manifest"], typed["inventory"], typed["plan"])
    named = typed["all_buckets"] or any(ways) or _uses_dataset(typed)
    return named or bool(line.session.settings.buckets)


def _uses_dataset(typed: SelectionArgs) -> bool:
    return typed["dataset"] is not None or bool(typed["paths"])


def _check_one_way(line: CommandLine, typed: SelectionArgs) -> None:
    """Raise UsageError when sources are named in two ways that exclude each other."""
    origin = line.session.sources
    lists = [name for name in ("buckets", "prefixes") if origin[name] == "flag"]
    ways = {
        "SOURCE": bool(typed["places"]),
        "--buckets or --prefixes": bool(lists),
        "--all-buckets": typed["all_buckets"],
        "--manifest": typed["manifest"] is not None,
        "--inventory": typed["inventory"] is not None,
        "--plan": typed["plan"] is not None,
        "--dataset or --paths": _uses_dataset(typed),
    }
    used = [name for name, is_used in ways.items() if is_used]
    together = (
        {"SOURCE", "--buckets or --prefixes"},
        {"SOURCE", "--inventory"},
        {"--dataset or --paths", "--inventory"},
    )
    with_prefixes = set(used) == {"--all-buckets", "--buckets or --prefixes"}
    if len(used) < 2 or set(used) in together or (with_prefixes and lists == ["prefixes"]):
        return
    raise UsageError(
        f"{' and '.join(used)} exclude each other",
        remedy="name the sources in one way",
        slug="several-sources",
    )


def _dataset(settings: Settings, typed: SelectionArgs) -> Dataset | None:
    return find_dataset(settings.datasets, typed["dataset"]) if _uses_dataset(typed) else None


def _selected_sources(
    line: CommandLine, typed: SelectionArgs, dataset: Dataset | None
) -> tuple[Source, ...]:
    if typed["manifest"] or typed["plan"]:
        return ()
    if typed["inventory"] and dataset is None:
        return tuple(Source(place=place) for place in typed["places"])
    if dataset is not None:
        names = [name.strip() for text in typed["paths"] for name in text.split(",")]
        return path_sources(dataset, [name for name in names if name])
    return _sources(line, typed)


def _recorded(line: CommandLine, typed: SelectionArgs, target: Path) -> frozenset[str]:
    """Files that aws-data-downloader recorded as downloaded.

    A record that was found and cannot be read is only warned about.
    """
    if typed["import_resume"] is not None:
        return read_resume_file(typed["import_resume"])
    found = find_resume_file(target)
    if found is None:
        return frozenset()
    try:
        recorded = read_resume_file(found)
    except UsageError as error:
        line.narration.warn(f"{error.message}; it is not imported")
        return frozenset()
    line.narration.say(f"`{found}` records {number_of(len(recorded), 'file')} as downloaded")
    return recorded


def _sources(line: CommandLine, typed: SelectionArgs) -> tuple[Source, ...]:
    """The sources of places, buckets and prefixes; prefixes apply only to whole buckets."""
    settings, origin = line.session.settings, line.session.sources
    places = typed["places"]
    buckets = [place.bucket for place in places if not place.key]
    prefixes: Sequence[str] = settings.prefixes
    takes_all = typed["all_buckets"]
    if takes_all:
        buckets = _all_buckets(line)
    elif not places or origin["buckets"] == "flag":
        buckets += settings.buckets
    elif origin["prefixes"] != "flag":
        prefixes = ()
    chosen = [place for place in places if place.key]
    if not places and not buckets:
        takes_all, buckets = True, _all_buckets(line, "no source was named: ")
    names = dict.fromkeys(buckets)
    crossed = [S3Uri(name, prefix) for name in names for prefix in prefixes or ("",)]
    return (
        *(Source(place=place) for place in chosen),
        *(
            Source(
                place=place,
                # Some buckets may lack a prefix.
                may_be_absent=bool(place.key) and len(names) > 1,
                may_be_denied=takes_all,
            )
            for place in crossed
        ),
    )


def _all_buckets(line: CommandLine, why: str = "") -> list[str]:
    names = [bucket.name for bucket in line.session.retrying_store().list_buckets()]
    if not names:
        raise UsageError("no bucket to download from", remedy="name one: s3://bucket/prefix")
    line.narration.say(f"{why}all {len(names)} accessible buckets")
    return names


def _filters(
    settings: Settings, typed: SelectionArgs, dataset: Dataset | None, today: date
) -> Filters:
    """The filters from arguments and settings; a plan ignores those of the settings."""
    max_bytes, extensions = typed["max_size"], tuple(as_suffixes(settings.file_extensions))
    if max_bytes is None and settings.max_file_size_mb is not None:
        max_bytes = int(settings.max_file_size_mb * BYTES_PER_MB)
    if typed["plan"]:
        max_bytes, extensions = typed["max_size"], ()
    pattern = typed["date_pattern"] or (dataset.date_pattern if dataset else "")
    if typed["date_from"] == "modified":
        if typed["date_pattern"]:
            raise UsageError("--date-pattern needs dates in keys", remedy="add --date-from key")
        pattern = ""
    return Filters(
        extensions=extensions,
        include=typed["include"],
        exclude=typed["exclude"],
        include_regex=typed["include_regex"],
        exclude_regex=typed["exclude_regex"],
        min_size_bytes=typed["min_size"],
        max_size_bytes=max_bytes,
        storage_classes=tuple(name.upper() for name in typed["storage_classes"]),
        start_date=first_day(typed["start_date"], typed["end_date"], typed["last_days"], today),
        end_date=typed["end_date"],
        date_from=typed["date_from"] or ("key" if pattern else "modified"),
        date_pattern=pattern,
    )


def first_day(
    start: date | None, end: date | None, last_days: int | None, today: date
) -> date | None:
    """The first day to keep; ``--last-days 1`` means today only. Raises UsageError."""
    if last_days is None:
        return start
    if start or end:
        raise UsageError(
            "--last-days excludes --start-date and --end-date", remedy="use one or the other"
        )
    return today - timedelta(days=last_days - 1)


def as_suffixes(names: Sequence[str]) -> Iterator[str]:
    """Normalise file name suffixes: ``png, *.JPG`` become ``.png`` and ``.jpg``."""
    for name in names:
        for part in name.lower().replace(",", " ").split():
            yield "." + part.lstrip("*").lstrip(".")
