"""The monthly cost of two scans: a missing price makes the change unknown, never zero."""

from datetime import date
from decimal import Decimal

from s3nav.browse import ClassSums
from s3nav.present.buckets.scan_costs import MonthChange, bill_data, class_totals, cost_lines
from s3nav.pricing import Bill, Line, Payer, PricesUsed

GAP = "storage, X: no price of Y in r"


def bill(usd: str | None, *, day: int = 5, gaps: tuple[str, ...] = ()) -> Bill:
    """A bill of one line, or of none."""
    price = Decimal(usd or "0")
    line = Line(
        what="storage, STANDARD",
        quantity=Decimal(1),
        unit="GB",
        unit_price_usd=price,
        usd=price,
        payer=Payer.OWNER,
        region="r",
    )
    used = PricesUsed(region="r", source="bundled snapshot", as_of=date(2026, 6, day))
    return Bill(lines=(line,) if usd else (), gaps=gaps, prices=(used,) if usd else ())


def change(before: Bill, after: Bill) -> MonthChange:
    return MonthChange(before=before, after=after, size_bytes=(1, 2))


def test_with_a_missing_price_the_change_is_unknown() -> None:
    costs = change(bill("1.5"), bill("2", gaps=(GAP, GAP)))

    assert costs.change_usd is None
    assert costs.words() == [
        ("a month", "$1.5000 to ≥ $2.0000"),
        ("costs", "unknown"),
        ("no price", GAP),
    ]
    assert costs.data()["month_usd_change"] is None
    assert costs.data()["gaps"] == [GAP]


def test_without_any_price_the_cost_is_unknown_and_not_nothing() -> None:
    costs = change(bill(None, gaps=(GAP,)), bill("2"))

    assert dict(costs.words())["a month"] == "unknown to $2.0000"
    assert costs.data()["month_usd_before"] is None
    assert bill_data(bill(None, gaps=(GAP,))) == {
        "month_usd": None,
        "prices_as_of": None,
        "gaps": [GAP],
    }


def test_a_change_is_exact_and_of_the_older_prices() -> None:
    costs = change(bill("1.50001", day=5), bill("2", day=7))

    assert costs.data() == {
        "month_usd_before": "1.50001",
        "month_usd_after": "2",
        "month_usd_change": "0.49999",
        "prices_as_of": "2026-06-05",
        "gaps": [],
    }
    assert list(cost_lines(costs))[:2] == [
        "  a month    $1.5000 to $2.0000",
        "  costs      $0.5000 more a month",
    ]


def test_sums_of_a_scan_become_totals_of_an_estimate() -> None:
    sums = {"STANDARD_IA": ClassSums()}
    sums["STANDARD_IA"].add([10, 500_000], smaller_than=128 * 1024)

    (total,) = class_totals(sums).values()

    assert (total.objects, total.size_bytes) == (2, 500_010)
    assert (total.small_objects, total.small_bytes) == (1, 10)
