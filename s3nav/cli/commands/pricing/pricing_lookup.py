"""``pricing search``, ``show``, ``compare``, ``diff``, ``export`` and ``status``: all offline."""

from collections.abc import Iterator

import click

from s3nav.cli.arguments import catalogue_of
from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import UsageError
from s3nav.present.cockpit_opening import Opening
from s3nav.present.formatting import Column, Row, digits
from s3nav.present.price_words import (
    CHANGE_COLUMNS,
    COST_COLUMNS,
    HIT_COLUMNS,
    PRICE_TIER_COLUMNS,
    REGION_COLUMNS,
    STATUS_COLUMNS,
    change_row,
    cost_rows,
    found_line,
    hit_row,
    page_lines,
    price_tier_rows,
    region_row,
    status_row,
    versions_line,
)
from s3nav.pricing import Catalogue, ProductPage, cost, parse_quantity, shares

NAME_CELLS = 18
NO_PRICE = "it has no price"
EXPORT_COLUMNS = tuple(
    Column(name, name.upper())
    for name in (
        "service", "region", "version", "sku", "usage_type", "operation", "family", "kind",
        "term_type", "term_attributes", "unit", "currency", "begin", "end", "price", "rate_code",
        "description",
    )
)  # fmt: skip
_service = click.option("--service", metavar="CODE", default="", help="only this service")
_region = click.option("--region", metavar="REGION", default="", help="only this region")
_FACETS = ("service", "region", "kind", "family")


@click.command("search", cls=HeadlessCommand)
@click.argument("words", nargs=-1)
@_service
@_region
@click.option("--kind", default="", help="storage, requests, retrieval, transfer, compute…")
@click.option("--family", default="", help="AWS's name of the product family")
@click.option("--limit", type=click.IntRange(min=1, max=2000), default=50, show_default=True)
@click.option(
    "--facets", is_flag=True, help="print the number of matches by facet to standard error"
)
@click.pass_obj
def search(  # noqa: PLR0913  # one parameter for each option
    line: CommandLine,
    words: tuple[str, ...],
    *,
    service: str,
    region: str,
    kind: str,
    family: str,
    limit: int,
    facets: bool,
) -> None:
    """Find products with every word in their description, usage type or attributes."""
    catalogue = catalogue_of(line)
    service, region = _known(catalogue, service, region)
    narrowed = {"service": service, "region": region, "kind": kind, "family": family}
    found = catalogue.search(
        " ".join(words), narrowed={k: v for k, v in narrowed.items() if v}, limit=limit
    )
    line.output.rows(HIT_COLUMNS, (hit_row(hit) for hit in found.hits))
    line.output.flush()
    line.narration.say(found_line(found, len(found.hits)))
    if facets:
        for facet, counts in found.facets.items():
            shown = ", ".join(f"{value} ({number:,})" for value, number in counts[:12])
            line.narration.say(f"{facet}: {shown}{' …' if len(counts) > 12 else ''}")


def _search_in_cockpit(
    _line: CommandLine, context: click.Context
) -> tuple[Opening, frozenset[str]]:
    """The pane searches for the same words with the same facets."""
    typed = {name: str(context.params[name]) for name in _FACETS}
    opening = Opening(
        search=" ".join(context.params["words"]),
        narrowed={name: value for name, value in typed.items() if value},
    )
    return opening, frozenset({"words", *_FACETS})


search.opens = _search_in_cockpit


@click.command("show", cls=HeadlessCommand)
@click.argument("name")
@_service
@_region
@click.option("--quantity", "-n", metavar="N", help="price this quantity, e.g. 5TiB, 1.5M, 720")
@click.pass_obj
def show(line: CommandLine, name: str, *, service: str, region: str, quantity: str | None) -> None:
    """Show a product, by SKU or usage type, with its tiers and the price of N units."""
    catalogue = catalogue_of(line)
    service, region = _known(catalogue, service, region)
    page = catalogue.named(name, service=service, region=region)
    if quantity is not None:
        _show_cost(line, page, quantity)
        return
    if line.output.format is not None:
        line.show(PRICE_TIER_COLUMNS, price_tier_rows(page.price_tiers), none=NO_PRICE)
        return
    for fact, value in page_lines(page):
        line.output.line(f"{fact:<{NAME_CELLS}} {value}")
    line.output.line()
    line.show(PRICE_TIER_COLUMNS, price_tier_rows(page.price_tiers), none=NO_PRICE)


def _show_in_cockpit(_line: CommandLine, context: click.Context) -> tuple[Opening, frozenset[str]]:
    """A search for the name finds the product."""
    return Opening(search=context.params["name"]), frozenset({"name"})


show.opens = _show_in_cockpit


@click.command("compare", cls=HeadlessCommand)
@click.argument("name")
@_service
@click.option(
    "--region", "regions", multiple=True, metavar="REGION", help="only these; may be repeated"
)
@click.pass_obj
def compare(line: CommandLine, name: str, *, service: str, regions: tuple[str, ...]) -> None:
    """Compare a product between regions; the first --region is the reference."""
    catalogue = catalogue_of(line)
    for region in regions:
        catalogue.region(region)
    service, _ = _known(catalogue, service, "")
    page = catalogue.reference(name, service=service, regions=regions)
    rows = catalogue.regions(page, only=regions)
    line.show(REGION_COLUMNS, map(region_row, rows), none=f"no region has `{name}`")


@click.command("diff", cls=HeadlessCommand)
@click.argument("service")
@click.option("--region", metavar="REGION", default="", help="default: yours")
@click.option("--from", "old", metavar="VERSION", default="", help="default: the one before")
@click.option("--to", "new", metavar="VERSION", default="", help="default: the newest")
@click.pass_obj
def diff(line: CommandLine, service: str, *, region: str, old: str, new: str) -> None:
    """Show which rates a new version of a service's prices added, removed or changed."""
    catalogue = catalogue_of(line)
    default = line.session.prices().config.default_region
    before, after, found = catalogue.diff(service, region or default, old=old, new=new)
    line.narration.say(f"{before.offer} {before.region}: {before.version} → {after.version}")
    line.show(CHANGE_COLUMNS, map(change_row, found), none="no rate has changed")


@click.command("export", cls=HeadlessCommand)
@_service
@_region
@click.pass_obj
def export(line: CommandLine, *, service: str, region: str) -> None:
    """Write every current rate; as CSV unless --output is given."""
    catalogue = catalogue_of(line)
    service, region = _known(catalogue, service, region)
    line.output.format = line.output.format or "csv"
    line.show(EXPORT_COLUMNS, _exported(catalogue, service, region), none="no rate to export")


@click.command("status", cls=HeadlessCommand)
@click.option("--all", "every", is_flag=True, help="also older versions")
@click.pass_obj
def status(line: CommandLine, *, every: bool) -> None:
    """Show the prices that are kept, with their version and age."""
    versions = catalogue_of(line).versions()
    shown = versions.all if every else versions.current()
    ordered = sorted(shown, key=lambda each: (each.offer, each.region, each.version))
    now = line.program.now()
    line.output.rows(STATUS_COLUMNS, (status_row(version, now) for version in ordered))
    line.output.flush()
    line.narration.say(versions_line(versions.current()))


def _known(catalogue: Catalogue, service: str, region: str) -> tuple[str, str]:
    """Return the catalogue's spelling of the names. Raises NotFoundError with the closest."""
    return (
        catalogue.service(service) if service else "",
        catalogue.region(region) if region else "",
    )


def _show_cost(line: CommandLine, page: ProductPage, quantity: str) -> None:
    price_tier = next((price_tier for price_tier in page.price_tiers if price_tier.tiers), None)
    if price_tier is None:
        raise UsageError(f"`{page.hit.sku}` has no price that can be read")
    amount = parse_quantity(quantity, price_tier.unit)
    line.output.rows(COST_COLUMNS, cost_rows(shares(price_tier.tiers, amount), price_tier.unit))
    line.output.flush()
    total = digits(cost(price_tier.tiers, amount))
    line.narration.say(f"{digits(amount)} {price_tier.unit}: {total} {price_tier.currency}")


def _exported(catalogue: Catalogue, service: str, region: str) -> Iterator[Row]:
    for version, rate in catalogue.export(service=service, region=region):
        values = (
            version.offer,
            rate["region"],
            version.version,
            rate["sku"],
            rate["usage_type"],
            rate["operation"],
            rate["family"],
            rate["kind"],
            rate["term_type"],
            rate["attributes"],
            rate["unit"],
            rate["currency"],
            rate["begins"],
            rate["ends"],
            rate["price"],
            rate["rate_code"],
            rate["description"],
        )
        yield Row(values=values, cells=values)
