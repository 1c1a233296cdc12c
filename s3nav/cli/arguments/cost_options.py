"""Prices on the command line: their options, the catalogue, bills and budgets."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import click

from s3nav.cli.lazy_commands import SettingFlag, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import BudgetError, NotFoundError
from s3nav.model.request_counts import UsageBook
from s3nav.model.text.plain_messages import command
from s3nav.present.formatting import COLUMNS, Costs, bill_document, bill_lines, bill_rows, dollars

if TYPE_CHECKING:
    from s3nav.pricing import Bill, Catalogue

PRICE_FLAGS = (
    SettingFlag(setting="transfer_to", names=("--to",), metavar="internet|same-region|REGION"),
    SettingFlag(setting="free_tier_used", names=("--free-tier-used",), metavar="SIZE"),
)
FETCH_FLAGS = (
    SettingFlag(setting="pricing_output_dir", names=("--output-dir",), metavar="DIR"),
    SettingFlag(setting="pricing_cache_dir", names=("--cache-dir",), metavar="DIR"),
    SettingFlag(
        setting="pricing_max_concurrent_downloads", names=("--max-concurrent",), metavar="N"
    ),
    SettingFlag(setting="pricing_base_url", names=("--base-url",), metavar="URL"),
)


def add_fetch_options(pricing: click.Command) -> click.Command:
    """Add the options of aws-pricing-downloader, with the same names."""
    pricing.params += [setting_option(flag) for flag in FETCH_FLAGS]
    return pricing


def catalogue_of(line: CommandLine) -> "Catalogue":
    """Return the price catalogue. Raises NotFoundError while it is empty."""
    prices = line.session.prices()
    if prices.is_empty:
        raise NotFoundError(
            "no prices have been fetched yet",
            remedy=f"`{command('pricing', 'download', '--service', 'AmazonS3')}` fetches some",
            slug="no-prices",
        )
    return prices.catalogue


def as_dollars(text: str) -> Decimal:
    """Parse ``5``, ``0.40`` or ``$5``. Raises ValueError."""
    try:
        usd = Decimal(text.removeprefix("$"))
    except InvalidOperation as error:
        raise ValueError(f"`{text}` is not an amount of dollars: write 5 or 0.40") from error
    if not usd.is_finite() or usd < 0:
        raise ValueError(f"`{text}` is not an amount of dollars: write 5 or 0.40")
    return usd


def show_bill(line: CommandLine, bill: "Bill") -> None:
    """Write a bill: its lines, then its totals; JSON has both in one object."""
    if line.output.format == "json":
        line.output.object(bill_document(bill))
        return
    line.output.rows(COLUMNS, bill_rows(bill))
    write_line = line.narration.say if line.output.format in {"jsonl", "csv"} else line.output.line
    for text in bill_lines(bill):
        write_line(text)


def cost_of_plan(
    line: CommandLine, book: UsageBook, budget: Decimal | None, *, requester_pays: bool
) -> "Bill":
    """Price a plan. Raises BudgetError when the bill exceeds the budget."""
    bill = line.session.estimator().download(book, requester_pays=requester_pays)
    check_budget(bill, budget)
    return bill


def costs_of_job(line: CommandLine, job_id: str) -> Costs:
    """The estimated and the metered cost of a whole job."""
    usage, estimator = line.session.transfers().usage(job_id), line.session.estimator()
    pays = usage.requester_pays
    return Costs(
        estimated=estimator.download(usage.planned, requester_pays=pays),
        metered=estimator.download(usage.asked, requester_pays=pays),
    )


def check_budget(bill: "Bill", budget: Decimal | None) -> None:
    """Raise BudgetError when a bill exceeds the budget, or could, because a price is missing."""
    if budget is None:
        return
    if bill.gaps:
        raise BudgetError(
            f"the total may exceed {dollars(budget)}: {bill.gaps[0]}",
            remedy="fetch the missing prices, or leave out --budget",
            slug="unknown-price",
        )
    if bill.total_usd > budget:
        raise BudgetError(
            f"it costs {dollars(bill.total_usd)}, more than the budget of {dollars(budget)}",
            remedy="select fewer objects, or raise --budget",
        )
