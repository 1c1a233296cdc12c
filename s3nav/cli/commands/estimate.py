"""``estimate``: price a download, or a month of storage, without downloading."""

from decimal import Decimal
from pathlib import Path
from typing import Unpack

import click
from msgspec.structs import replace

from s3nav.cli.arguments import (
    DOWNLOAD_FLAGS,
    PRICE_FLAGS,
    SELECTION_OPTIONS,
    SelectionArgs,
    SelectionCommand,
    as_dollars,
    check_budget,
    make_selection,
    names_a_source,
    open_selection,
    report_inventory,
    show_bill,
)
from s3nav.cli.lazy_commands import setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import nearest
from s3nav.model.text.quantities import parse_size
from s3nav.present.cockpit_opening import Opening
from s3nav.present.transfers import choice_lines
from s3nav.pricing import (
    Bill,
    BillingOptions,
    ClassTotals,
    ClassUsage,
    StoredObjects,
    Tariff,
    check_restore,
    download_bill,
    priced_regions,
    read_billing_options,
    storage_bill,
    what_if,
)
from s3nav.transfer import Preview, Selection

DEFAULT_REGION = "us-east-1"


class EstimateArgs(SelectionArgs):
    """The arguments of ``estimate``; settings are separate."""

    objects: int | None
    size_bytes: int | None
    part_bytes: int | None
    head_per_object: bool
    restore: str | None
    restore_days: int
    accelerate: bool
    storage: bool
    days: int | None
    budget: Decimal | None


@click.command("estimate", cls=SelectionCommand)
@click.argument("places", metavar="[SOURCE]…", nargs=-1, type=S3Uri.parse)
@click.option(
    "--objects",
    type=click.IntRange(min=0),
    metavar="N",
    help="price this many objects instead of listing",
)
@click.option("--bytes", "size_bytes", type=parse_size, metavar="SIZE", help="their total size")
@click.option(
    "--part-size",
    "part_bytes",
    type=parse_size,
    metavar="SIZE",
    help="count a GET for each part of this size",
)
@click.option("--head-per-object", is_flag=True, help="add a HEAD for each object")
@click.option(
    "--restore",
    type=click.Choice(["standard", "bulk", "expedited"]),
    help="include the restore of archived objects",
)
@click.option(
    "--restore-days",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="days that the restored copies are kept",
)
@click.option("--accelerate", is_flag=True, help="use transfer acceleration")
@click.option("--storage", is_flag=True, help="price storage instead of the download")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    help="with --storage: for this many days instead of a month",
)
@click.option(
    "--import-resume", type=click.Path(path_type=Path), metavar="FILE", help="as in `download`"
)
@click.option("--decompress", is_flag=True, help="as in `download`")
@click.option("--budget", type=as_dollars, metavar="USD", help="fail if the cost exceeds this")
@click.pass_obj
def estimate(line: CommandLine, **typed: Unpack[EstimateArgs]) -> None:
    """Price a download, with the sources and filters of `download`, or a what-if.

    With sources, objects are listed as `download` lists them, which sends LIST requests. A what-if,
    `--objects N --bytes SIZE`, sends none; --storage-class and --region apply to it.
    """
    is_what_if = typed["objects"] is not None or typed["size_bytes"] is not None
    if not is_what_if and typed["part_bytes"] is not None:
        line.flags["part_bytes"] = typed["part_bytes"]  # before the settings are loaded
    options = _options(line, typed)
    if is_what_if:
        bill = _what_if(line, typed, options)
    elif typed["storage"]:
        bill = _storage_of_sources(line, typed)
    else:
        bill = _of_sources(line, typed, options)
    show_bill(line, bill)
    check_budget(bill, typed["budget"])


estimate.params += SELECTION_OPTIONS
estimate.params += [setting_option(flag) for flag in (*DOWNLOAD_FLAGS, *PRICE_FLAGS)]


def _in_cockpit(line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """The cockpit's cost dialog; a what-if has none."""
    if context.params["objects"] is not None or context.params["size_bytes"] is not None:
        return Opening(), frozenset()
    return open_selection(line, context, overlay="cost")


estimate.opens = _in_cockpit


def _options(line: CommandLine, typed: EstimateArgs) -> BillingOptions:
    settings = line.loaded.settings
    if typed["part_bytes"] == 0:
        raise UsageError("a part has at least one byte", remedy="use --part-size 8MiB")
    if typed["days"] and not typed["storage"]:
        raise UsageError("--days applies to storage", remedy="add --storage")
    return replace(
        read_billing_options(to=settings.transfer_to, free_tier_used=settings.free_tier_used),
        requester_pays=typed["requester_pays"],
        restore=typed["restore"] or "",
        restore_days=typed["restore_days"],
        accelerate=typed["accelerate"],
    )


def _what_if(line: CommandLine, typed: EstimateArgs, options: BillingOptions) -> Bill:
    """Price objects by number and size, without listing."""
    objects, size_bytes = typed["objects"], typed["size_bytes"]
    if objects is None or size_bytes is None:
        raise UsageError("a what-if needs both numbers", remedy="use --objects 1000 --bytes 1GiB")
    if names_a_source(line, typed) and (typed["places"] or not line.loaded.settings.buckets):
        raise UsageError(
            "a what-if and sources exclude each other", remedy="leave out --objects and --bytes"
        )
    if len(typed["storage_classes"]) > 1:
        raise UsageError("a what-if needs one storage class", remedy="name one --storage-class")
    storage_class = (*typed["storage_classes"], DEFAULT_STORAGE_CLASS)[0].upper()
    check_restore(storage_class, options.restore)
    settings = line.loaded.settings
    tariff = line.session.tariff
    region = settings.region or DEFAULT_REGION
    _check_region(tariff, region)
    if typed["storage"]:
        stored = StoredObjects(
            region=region, storage_class=storage_class, objects=objects, size_bytes=size_bytes
        )
        return storage_bill([stored], tariff, days=typed["days"])
    usage = what_if(
        objects=objects,
        size_bytes=size_bytes,
        part_bytes=typed["part_bytes"],
        head_per_object=typed["head_per_object"],
    )
    class_usage = ClassUsage(region=region, storage_class=storage_class, usage=usage)
    return download_bill([class_usage], options, tariff)


def _check_region(tariff: Tariff, region: str) -> None:
    if tariff.region(region) is None:
        known = priced_regions()
        raise NotFoundError(
            f"no prices of region `{region}`",
            remedy=nearest(region, known) or f"known without a price list: {', '.join(known)}",
            slug="no-prices",
        )


def _selection(line: CommandLine, typed: EstimateArgs) -> Selection:
    if not names_a_source(line, typed):
        raise UsageError(
            "nothing to estimate",
            remedy="name sources as in `download`, or --objects N --bytes SIZE",
        )
    return make_selection(line, typed)


def _of_sources(line: CommandLine, typed: EstimateArgs, options: BillingOptions) -> Bill:
    """Price the plan of a download; its LIST requests are those that were sent."""
    selection = _selection(line, typed)
    preview = Preview()
    for _ in line.session.plan_reader().read(selection, preview):
        pass
    report_inventory(line, selection.inventory)
    if preview.stats.empty or not preview.total_files:
        for text in choice_lines(preview.stats):
            line.narration.say(text)
    book = preview.asked
    if typed["head_per_object"]:
        for usage in book.values():
            usage.heads += usage.objects
    return line.session.estimator().download(
        book, requester_pays=selection.requester_pays, options=options
    )


def _storage_of_sources(line: CommandLine, typed: EstimateArgs) -> Bill:
    """Price the storage of the selected objects, whether downloaded before or not."""
    totals_by_class: dict[tuple[str, str], ClassTotals] = {}
    selection = _selection(line, typed)
    for items in line.session.plan_reader().read(selection, Preview()):
        for item in items:
            totals = totals_by_class.setdefault((item.bucket, item.storage_class), ClassTotals())
            totals.put(item.size_bytes)
    report_inventory(line, selection.inventory)
    return line.session.estimator().storage(totals_by_class, days=typed["days"])
