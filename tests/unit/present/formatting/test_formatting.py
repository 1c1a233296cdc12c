"""Numbers, dates and money are written as people read them, and no value looks like another."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from s3nav.present.formatting import (
    MISSING,
    bill_document,
    bill_facts,
    bill_lines,
    bill_rows,
    count,
    date,
    digits,
    dollars,
    duration,
    iso,
    minute,
    number_of,
    prices_line,
    rate,
    size,
    total,
)
from s3nav.pricing import Bill, Line, Payer, PricesUsed

MOMENT = datetime(2026, 11, 19, 8, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("size_bytes", "style", "shown"),
    [
        (0, "auto", "0 B"),
        (999, "auto", "999 B"),
        (999_960, "auto", "1.0 MB"),
        (1_300_000, "auto", "1.3 MB"),
        (1_258_291, "binary", "1.2 MiB"),
        (1_500_000, "kb", "1,500.0 KB"),
        (1_234, "bytes", "1,234 bytes"),
        (-2_000, "auto", "-2.0 KB"),
    ],
)
def test_a_size_is_written_in_its_style(size_bytes: int, style: str, shown: str) -> None:
    assert size(size_bytes, style) == shown


def test_a_rate_is_decimal() -> None:
    assert rate(2_000_000) == "2.0 MB/s"
    assert rate(2_000_000, "binary") == "1.9 MiB/s"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.44, "0.4 s"),
        (41.2, "41 s"),
        (59.7, "1:00"),
        (185, "3:05"),
        (7_629, "2:07:09"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_is_written_in_its_largest_units(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_counts_have_separators_and_a_plural() -> None:
    assert count(1_234_567) == "1,234,567"
    assert [number_of(n, "bucket") for n in (0, 1, 1_200)] == [
        "0 buckets",
        "1 bucket",
        "1,200 buckets",
    ]


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("month_first", "11/19/2026 08:12:30"),
        ("year_first", "2026_11_19 08:12:30"),
        ("day_first", "19/11/2026 08:12:30"),
    ],
)
def test_a_date_is_written_in_its_style(style: str, shown: str) -> None:
    assert date(MOMENT, style, with_time=True) == shown
    assert date(MOMENT, style) == shown.partition(" ")[0]


def test_times_are_shown_in_utc() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=9)))

    assert minute(elsewhere) == "2026-11-19 08:12"
    assert iso(elsewhere) == "2026-11-19T08:12:30Z"


def test_an_unknown_time_is_a_dash_on_screen_and_null_in_data() -> None:
    assert (date(None, "year_first"), minute(None), iso(None)) == (MISSING, MISSING, None)


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        ("0", "$0.0000"),
        ("0.4005", "$0.4005"),
        ("0.00004", "<$0.0001"),
        ("999.99995", "$1,000.0000"),
        ("1087.184", "$1,087.18"),
    ],
)
def test_dollars_are_rounded_and_a_tiny_amount_is_not_zero(usd: str, shown: str) -> None:
    assert dollars(Decimal(usd)) == shown


def test_digits_are_exact_and_have_no_exponent() -> None:
    assert [digits(Decimal(text)) for text in ("4E-7", "1.2300", "1000", "0")] == [
        "0.0000004",
        "1.23",
        "1000",
        "0",
    ]


def line(
    what: str,
    quantity: str,
    unit: str,
    price: str,
    *,
    payer: Payer = Payer.OWNER,
    region: str = "r",
) -> Line:
    return Line(
        what=what,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price_usd=Decimal(price),
        usd=Decimal(quantity) * Decimal(price),
        payer=payer,
        region=region,
    )


BILL = Bill(
    lines=(
        line("LIST", "2", "requests", "0.000005", payer=Payer.REQUESTER),
        line("GET, STANDARD", "30000", "requests", "0.0000004", payer=Payer.REQUESTER),
        line("retrieval, STANDARD_IA", "1.5", "GB", "0.01"),
    ),
    gaps=("storage, X: no price of Y in r",),
    prices=(PricesUsed(region="r", source="bundled snapshot", as_of=MOMENT.date()),),
    payer=Payer.REQUESTER,
)


def test_a_total_with_a_missing_price_is_a_lower_bound() -> None:
    assert total(BILL) == "≥ $0.0120"
    assert total(Bill(lines=BILL.lines)) == "$0.0150"


def test_lines_of_several_regions_name_them() -> None:
    there = line("LIST", "1", "requests", "0.000005", region="eu-west-1")

    assert bill_rows(BILL)[0].values[0] == "LIST"
    assert [row.values[0] for row in bill_rows(Bill(lines=(*BILL.lines, there)))] == [
        "LIST, r",
        "GET, STANDARD, r",
        "retrieval, STANDARD_IA, r",
        "LIST, eu-west-1",
    ]


def test_a_narrow_bill_has_its_requests_in_one_line() -> None:
    assert bill_facts(BILL) == [
        ("requests", "LIST 2 · GET 30,000  $0.0120"),
        ("retrieval", "1.5 GB × 0.01  $0.0150"),
        ("storage, X", "no price"),
    ]


@pytest.mark.parametrize(
    ("gb", "shown"), [("104", "104.0 GB"), ("0.0028", "0.0028 GB"), ("0.00000002", "<0.0001 GB")]
)
def test_quantities_of_a_bill_keep_the_unit_of_the_price(gb: str, shown: str) -> None:
    bill = Bill(lines=(line("retrieval", gb, "GB", "0.01"),))

    ((_, text),) = bill_facts(bill)

    assert text.startswith(f"{shown} × 0.01")


def test_the_lines_below_a_bill_name_every_payer_gaps_and_prices() -> None:
    assert list(bill_lines(BILL)) == [
        "the requester pays ≥ $0.0120",
        "the owner pays $0.0150",
        "missing: storage, X: no price of Y in r",
        "prices: r of 2026-11-19 (bundled snapshot)",
    ]
    assert prices_line(Bill()) == "prices: none"


def test_a_bill_as_data_is_exact() -> None:
    document = bill_document(BILL)

    assert document["total_usd"] == "0.01201"
    assert document["usd_by_payer"] == {"owner": "0.015", "requester": "0.01201"}
    assert document["prices_as_of"] == "2026-11-19"
    lines = document["lines"]
    assert isinstance(lines, list)
    assert lines[1] == {
        "what": "GET, STANDARD",
        "quantity": "30000",
        "unit": "requests",
        "unit_price_usd": "0.0000004",
        "usd": "0.012",
        "payer": "requester",
    }
