"""What commands that cost money share: terms, bills and budgets."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from s3nav.cli.options import SettingFlag
from s3nav.cli.program import CommandLine
from s3nav.model.errors import BudgetError
from s3nav.model.request_counts import UsageBook
from s3nav.present.formatting import COLUMNS, Costs, bill_document, bill_lines, bill_rows, dollars

if TYPE_CHECKING:
    from s3nav.pricing import Bill

PRICE_FLAGS = (
    SettingFlag(setting="transfer_to", names=("--to",), value="internet|same-region|REGION"),
    SettingFlag(setting="free_tier_used", names=("--free-tier-used",), value="SIZE"),
)


def as_dollars(text: str) -> Decimal:
    """Read ``5``, ``0.40`` or ``$5``. Raises ValueError with what is expected."""
    try:
        usd = Decimal(text.removeprefix("$"))
    except InvalidOperation as error:
        raise ValueError(f"`{text}` is no amount of dollars: write 5 or 0.40") from error
    if not usd.is_finite() or usd < 0:
        raise ValueError(f"`{text}` is no amount of dollars: write 5 or 0.40")
    return usd


def show_bill(line: CommandLine, bill: "Bill") -> None:
    """The lines, then the sums; JSON has both in one."""
    if line.output.format == "json":
        line.output.object(bill_document(bill))
        return
    line.output.rows(COLUMNS, bill_rows(bill))
    tell = line.narration.say if line.output.format in {"jsonl", "csv"} else line.output.line
    for text in bill_lines(bill):
        tell(text)


def cost_of_plan(
    line: CommandLine, book: UsageBook, budget: Decimal | None, *, requester_pays: bool
) -> "Bill":
    """What a plan costs. Raises BudgetError when that is more than somebody wants to pay."""
    bill = line.session.estimator().download(book, requester_pays=requester_pays)
    check_budget(bill, budget)
    return bill


def costs_of_job(line: CommandLine, job_id: str) -> Costs:
    """What the whole job was estimated to cost, and what it has."""
    usage, estimator = line.session.transfers().usage(job_id), line.session.estimator()
    pays = usage.requester_pays
    return Costs(
        estimated=estimator.download(usage.planned, requester_pays=pays),
        metered=estimator.download(usage.made, requester_pays=pays),
    )


def check_budget(bill: "Bill", budget: Decimal | None) -> None:
    """Raise BudgetError when a bill is above the budget, or may be."""
    if budget is None:
        return
    if bill.gaps:
        raise BudgetError(
            f"the total may pass {dollars(budget)}: {bill.gaps[0]}",
            remedy="fetch the missing prices, or leave --budget out",
            slug="unknown-price",
        )
    if bill.total_usd > budget:
        raise BudgetError(
            f"it costs {dollars(bill.total_usd)}, more than the budget of {dollars(budget)}",
            remedy="choose fewer objects, or raise --budget",
        )
