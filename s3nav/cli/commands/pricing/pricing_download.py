"""``pricing download`` and ``pricing services``, which use the network."""

from collections.abc import Sequence

import click

from s3nav.cli.arguments import add_fetch_options
from s3nav.cli.lazy_commands import HeadlessCommand
from s3nav.cli.program import CommandLine
from s3nav.model.errors import LocalDiskError, PartialFailureError, UsageError
from s3nav.present.formatting import Column, Row, number_of, size
from s3nav.present.price_words import FILE_COLUMNS, fetch_line, file_row, file_state
from s3nav.pricing import EVERYWHERE, PriceFile, PriceRequest

SERVICE_COLUMNS = (
    Column("service", "SERVICE"),
    Column("has_regions", "REGIONS"),
    Column("savings_plans", "SAVINGS PLANS"),
)


@add_fetch_options
@click.command("download", cls=HeadlessCommand)
@click.option(
    "--service", "services", multiple=True, metavar="CODE", help="e.g. AmazonS3; may be repeated"
)
@click.option(
    "--region", "regions", multiple=True, metavar="REGION", help="default: yours; may be repeated"
)
@click.option(
    "--all", "all_services", is_flag=True, help="every service; the default without --service"
)
@click.option(
    "--global",
    "everywhere",
    is_flag=True,
    help="also the file of all regions, which is much larger",
)
@click.option("--savings-plans", is_flag=True, help="also the savings plans of the services")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["json", "csv"]),
    default="json",
    help="format of the files; both can be searched",
)
@click.option("--no-index", is_flag=True, help="fetch only, and leave the catalogue unchanged")
@click.pass_obj
def download(  # noqa: PLR0913  # one parameter for each option
    line: CommandLine,
    *,
    services: tuple[str, ...],
    regions: tuple[str, ...],
    all_services: bool,
    everywhere: bool,
    savings_plans: bool,
    file_format: str,
    no_index: bool,
) -> None:
    """Fetch the price list, or its changes, and add it to the catalogue."""
    if services and all_services:
        raise UsageError("--service and --all exclude each other")
    request = PriceRequest(
        services=services,
        regions=(*regions, EVERYWHERE) if everywhere else regions,
        savings_plans=savings_plans,
        csv=file_format == "csv",
    )
    try:
        files = line.session.prices().download(
            request,
            progress=lambda progress: line.narration.progress(fetch_line(progress)),
            index=not no_index,
        )
    finally:
        line.narration.end_progress()
    line.output.rows(FILE_COLUMNS, (file_row(file) for file in files))
    line.output.flush()
    _sum_up(line, files)


@add_fetch_options
@click.command("services", cls=HeadlessCommand)
@click.pass_obj
def services(line: CommandLine) -> None:
    """List the services of the price list."""
    offers = line.session.prices().offers()
    rows = (
        Row(
            values=(offer.code, bool(offer.regions_url), offer.savings_code or None),
            cells=(offer.code, "yes" if offer.regions_url else "no", offer.savings_code),
        )
        for offer in offers
    )
    line.show(SERVICE_COLUMNS, rows, none="the price list has no service")


def _sum_up(line: CommandLine, files: Sequence[PriceFile]) -> None:
    """Report the number of files. Raises the common error of all, or PartialFailureError.

    A full disk is raised before any other problem, because a retry needs space first.
    """
    states = [file_state(file) for file in files]
    fetched_bytes = sum(
        file.fetch_result.fetched.wire_bytes for file in files if file.fetch_result.fetched
    )
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    line.narration.say(
        f"{number_of(len(files), 'file')}: {counted}; {size(fetched_bytes, 'auto')} fetched"
    )
    problems = [file.problem for file in files if file.problem is not None]
    if not problems:
        return
    tried = [file for file in files if not file.fetch_result.is_absent]
    if len(problems) == len(tried) and len({type(problem) for problem in problems}) == 1:
        raise problems[0]
    for problem in problems:
        if isinstance(problem, LocalDiskError):
            problem.context["price files"] = f"{len(problems)} of {len(tried)} failed"
            raise problem
    raise PartialFailureError(
        f"{len(problems)} of {len(tried)} price files failed",
        remedy="the same command fetches only what is missing",
        context={"first": problems[0].message},
    )
