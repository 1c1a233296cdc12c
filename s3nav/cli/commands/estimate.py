"""``estimate``: what a download, or a month of storage, costs before anything is fetched."""

from decimal import Decimal
from pathlib import Path
from typing import Unpack

import click
from msgspec.structs import replace

from s3nav.cli.arguments import (
    DOWNLOAD_FLAGS,
    PRICE_FLAGS,
    Chosen,
    SelectionCommand,
    as_dollars,
    check_budget,
    choice_options,
    choose,
    is_named,
    open_selection,
    show_bill,
    tell_inventory,
)
from s3nav.cli.lazy_commands import setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError, UsageError
from s3nav.model.objects import DEFAULT_STORAGE_CLASS
from s3nav.model.places import S3Uri
from s3nav.model.text.plain_messages import nearest
from s3nav.model.text.quantities import parse_size
from s3nav.present.cockpit_opening import Opening
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


class Asked(Chosen):
    """What ``estimate`` was given on the command line, apart from settings."""

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
@click.option("--bytes", "size_bytes", type=parse_size, metavar="SIZE", help="… of so much")
@click.option(
    "--part-size", "part_bytes", type=parse_size, metavar="SIZE", help="a GET for each part of it"
)
@click.option("--head-per-object", is_flag=True, help="add a HEAD for each object")
@click.option(
    "--restore",
    type=click.Choice(["standard", "bulk", "expedited"]),
    help="bring archived objects back first",
)
@click.option(
    "--restore-days",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="how long the restored copy stays",
)
@click.option("--accelerate", is_flag=True, help="through transfer acceleration")
@click.option("--storage", is_flag=True, help="what keeping the objects costs, not fetching them")
@click.option(
    "--days", type=click.IntRange(min=1), help="with --storage: kept so long, not a month"
)
@choice_options
@click.option(
    "--import-resume", type=click.Path(path_type=Path), metavar="FILE", help="as in `download`"
)
@click.option("--decompress", is_flag=True, help="as in `download`")
@click.option("--budget", type=as_dollars, metavar="USD", help="fail when it costs more")
@click.pass_obj
def estimate(line: CommandLine, **asked: Unpack[Asked]) -> None:
    """Say what a download costs: the sources and filters of `download`, or a what-if.

    With sources the plan is made as `download` makes it: LIST requests are really sent. A what-if,
    `--objects N --bytes SIZE`, sends no request; --storage-class and --region say what and where.
    """
    is_what_if = asked["objects"] is not None or asked["size_bytes"] is not None
    if not is_what_if and asked["part_bytes"] is not None:
        line.flags["part_bytes"] = asked["part_bytes"]  # before the settings are loaded
    options = _options(line, asked)
    if is_what_if:
        bill = _what_if(line, asked, options)
    elif asked["storage"]:
        bill = _storage_of_sources(line, asked)
    else:
        bill = _of_sources(line, asked, options)
    show_bill(line, bill)
    check_budget(bill, asked["budget"])


estimate.params += [setting_option(flag) for flag in (*DOWNLOAD_FLAGS, *PRICE_FLAGS)]


def _in_cockpit(line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """What it costs; a what-if has no objects to list."""
    if context.params["objects"] is not None or context.params["size_bytes"] is not None:
        return Opening(), frozenset()
    return open_selection(line, context, overlay="cost")


estimate.opens = _in_cockpit


def _options(line: CommandLine, asked: Asked) -> BillingOptions:
    settings = line.loaded.settings
    if asked["part_bytes"] == 0:
        raise UsageError("a part has at least one byte", remedy="--part-size 8MiB")
    if asked["days"] and not asked["storage"]:
        raise UsageError("--days is about storage", remedy="add --storage")
    return replace(
        read_billing_options(to=settings.transfer_to, free_tier_used=settings.free_tier_used),
        requester_pays=asked["requester_pays"],
        restore=asked["restore"] or "",
        restore_days=asked["restore_days"],
        accelerate=asked["accelerate"],
    )


def _what_if(line: CommandLine, asked: Asked, options: BillingOptions) -> Bill:
    """Price objects by number and size, without listing any."""
    objects, size_bytes = asked["objects"], asked["size_bytes"]
    if objects is None or size_bytes is None:
        raise UsageError("a what-if needs both numbers", remedy="--objects 1000 --bytes 1GiB")
    if is_named(line, asked) and (asked["places"] or not line.loaded.settings.buckets):
        raise UsageError(
            "a what-if and sources exclude each other", remedy="leave out --objects and --bytes"
        )
    if len(asked["storage_classes"]) > 1:
        raise UsageError("a what-if is of one class", remedy="name one --storage-class")
    storage_class = (*asked["storage_classes"], DEFAULT_STORAGE_CLASS)[0].upper()
    check_restore(storage_class, options.restore)
    settings = line.loaded.settings
    tariff = line.session.tariff
    region = settings.region or DEFAULT_REGION
    _check_region(tariff, region)
    if asked["storage"]:
        stored = StoredObjects(
            region=region, storage_class=storage_class, objects=objects, size_bytes=size_bytes
        )
        return storage_bill([stored], tariff, days=asked["days"])
    usage = what_if(
        objects=objects,
        size_bytes=size_bytes,
        part_bytes=asked["part_bytes"],
        head_per_object=asked["head_per_object"],
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


def _selection(line: CommandLine, asked: Asked) -> Selection:
    if not is_named(line, asked):
        raise UsageError(
            "nothing to estimate",
            remedy="name sources as in `download`, or --objects N --bytes SIZE",
        )
    return choose(line, asked)


def _of_sources(line: CommandLine, asked: Asked, options: BillingOptions) -> Bill:
    """Price the plan of a download; LIST requests are those really made."""
    selection = _selection(line, asked)
    preview = Preview()
    for _ in line.session.plan_reader().read(selection, preview):
        pass
    tell_inventory(line, selection.inventory)
    book = preview.asked
    if asked["head_per_object"]:
        for usage in book.values():
            usage.heads += usage.objects
    return line.session.estimator().download(
        book, requester_pays=selection.requester_pays, options=options
    )


def _storage_of_sources(line: CommandLine, asked: Asked) -> Bill:
    """Price what lies in S3, whether it was fetched before or not."""
    totals_by_class: dict[tuple[str, str], ClassTotals] = {}
    selection = _selection(line, asked)
    for items in line.session.plan_reader().read(selection, Preview()):
        for item in items:
            totals = totals_by_class.setdefault((item.bucket, item.storage_class), ClassTotals())
            totals.put(item.size_bytes)
    tell_inventory(line, selection.inventory)
    return line.session.estimator().storage(totals_by_class, days=asked["days"])
