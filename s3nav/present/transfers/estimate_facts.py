"""The cost of a transfer, as names and values for a side panel or a dialog."""

from s3nav.model.request_counts import UsageBook
from s3nav.present.formatting import bill_facts, count, prices_line, size, total
from s3nav.pricing import Bill
from s3nav.transfer import JobUsage

_Facts = list[tuple[str, str]]


def plan_cost_facts(bill: Bill, book: UsageBook, size_style: str) -> _Facts:
    """Return the estimated cost of a download."""
    total_bytes = sum(usage.size_bytes for usage in book.values())
    return [
        ("bytes", size(total_bytes, size_style)),
        *bill_facts(bill),
        (f"{bill.payer} pays", total(bill)),
        ("prices", _prices(bill)),
    ]


def job_cost_facts(usage: JobUsage, estimated: Bill, metered: Bill, size_style: str) -> _Facts:
    """Return the estimated cost of a job, and what its requests have cost so far."""
    if not usage.planned and not usage.asked:
        return [("", "not kept: an upload, a copy, or a job of an earlier version")]
    gets = [sum(one.gets for one in book.values()) for book in (usage.asked, usage.planned)]
    facts = plan_cost_facts(estimated, usage.planned, size_style)
    return [
        *facts[:-1],
        ("metered", f"{total(metered)}, {count(gets[0])} of {count(gets[1])} GETs"),
        facts[-1],
    ]


def upload_cost_facts(bill: Bill, month: Bill, storage_class: str) -> _Facts:
    """Return the cost of an upload, and of storing it for a month."""
    priced = [(name, value) for name, value in bill_facts(bill) if value != "no price"]
    cost = f"{total(bill)}; to keep it as {storage_class} {total(month)} a month"
    return [*priced, ("cost", cost), ("prices", _prices(bill))]


def _prices(bill: Bill) -> str:
    return prices_line(bill).removeprefix("prices: ")
