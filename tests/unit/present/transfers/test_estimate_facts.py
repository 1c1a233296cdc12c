"""Costs of a job: they name usage that was not kept; a missing price makes a lower bound."""

from datetime import date
from decimal import Decimal

from s3nav.model.request_counts import Usage
from s3nav.present.transfers.estimate_facts import (
    job_cost_facts,
    plan_cost_facts,
    upload_cost_facts,
)
from s3nav.pricing import Bill, Line, Payer, PricesUsed
from s3nav.transfer import JobUsage

GAP = "retrieval, X: no price of Y in r"


def bill(usd: str, *gaps: str) -> Bill:
    price = Decimal(usd)
    line = Line(
        what="GET, STANDARD",
        quantity=Decimal(1),
        unit="requests",
        unit_price_usd=price,
        usd=price,
        payer=Payer.OWNER,
        region="r",
    )
    used = PricesUsed(region="r", source="bundled snapshot", as_of=date(2026, 6, 5))
    return Bill(lines=(line,), gaps=gaps, prices=(used,))


def usage(**books: dict[tuple[str, str], Usage]) -> JobUsage:
    return JobUsage(
        planned=books.get("planned", {}),
        made=books.get("asked", {}),
        requester_pays=False,
        part_bytes=1,
    )


def test_a_job_whose_usage_was_not_kept_says_so() -> None:
    ((name, text),) = job_cost_facts(usage(), bill("1"), bill("1"), "auto")

    assert name == ""
    assert text.startswith("not kept")


def test_a_missing_price_makes_the_total_a_lower_bound() -> None:
    facts = plan_cost_facts(bill("1.5", GAP), {("b", "STANDARD"): Usage(size_bytes=2_000)}, "auto")

    assert facts[0] == ("bytes", "2.0 KB")
    assert ("retrieval, X", "no price") in facts
    assert ("owner pays", "≥ $1.5000") in facts
    assert facts[-1] == ("prices", "r of 2026-06-05 (bundled snapshot)")


def test_the_metered_cost_comes_with_the_requests_it_is_of() -> None:
    books = usage(
        planned={("b", "STANDARD"): Usage(gets=1_000)}, asked={("b", "STANDARD"): Usage(gets=250)}
    )

    facts = job_cost_facts(books, bill("1.5"), bill("0.25"), "auto")

    assert [name for name, _ in facts][-3:] == ["owner pays", "metered", "prices"]
    assert dict(facts)["metered"] == "$0.2500, 250 of 1,000 GETs"


def test_an_upload_says_what_keeping_it_costs() -> None:
    facts = dict(upload_cost_facts(bill("1.5", GAP), bill("0.5"), "GLACIER"))

    assert facts["cost"] == "≥ $1.5000; to keep it as GLACIER $0.5000 a month"
    assert "no price" not in facts
