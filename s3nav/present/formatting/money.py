"""Format dollars and bills for people, and exactly for data."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import msgspec

from s3nav.present.formatting.columns import Column, Row

if TYPE_CHECKING:  # most commands show no bill and need no prices
    from s3nav.pricing import Bill, Line

COLUMNS = (
    Column("what", "WHAT"),
    Column("quantity", "QUANTITY", is_number=True),
    Column("unit", "UNIT"),
    Column("unit_price_usd", "PRICE", is_number=True),
    Column("usd", "USD", is_number=True),
    Column("payer", "PAYS"),
)
_CENTS, _FINE, _TENTH = Decimal("0.01"), Decimal("0.0001"), Decimal("0.1")
_COARSE_FROM = 1000


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """The estimated and the metered cost of a job."""

    estimated: "Bill"
    """The bill of its plan."""
    metered: "Bill"
    """The bill of the requests and bytes counted, over all its runs."""

    def digits(self) -> tuple[str, str]:
        """Return both totals with every digit."""
        return digits(self.estimated.total_usd), digits(self.metered.total_usd)

    def lines(self) -> list[str]:
        """Return two lines for a job's summary."""
        return [
            f"{'Estimated cost:':<18}{total(self.estimated)}",
            f"{'Metered cost:':<18}{total(self.metered)}",
        ]


def dollars(usd: Decimal) -> str:
    """Format dollars: ``$0.4005``, ``$1,087.18``; tiny amounts as ``<$0.0001``, never as 0."""
    step = _CENTS if abs(usd) >= _COARSE_FROM else _FINE
    shown = usd.quantize(step, ROUND_HALF_UP)
    if usd and not shown:
        return f"<${_FINE}"
    return f"${shown:,}"


def total(bill: "Bill") -> str:
    """Format a bill's total, with ``≥`` before it when a price is missing."""
    return f"≥ {dollars(bill.total_usd)}" if bill.gaps else dollars(bill.total_usd)


def digits(number: Decimal) -> str:
    """Format a number with all its digits, without an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bill_rows(bill: "Bill") -> list[Row]:
    """Return the lines of a bill; they name their region if there are several."""
    has_regions = len({line.region for line in bill.lines}) > 1
    return [
        _row(line, f"{line.what}, {line.region}" if has_regions else line.what)
        for line in bill.lines
    ]


def _row(line: "Line", what: str) -> Row:
    quantity = line.quantity
    shown = quantity if quantity == quantity.to_integral_value() else quantity.quantize(_FINE)
    exact = (digits(line.quantity), digits(line.unit_price_usd), digits(line.usd))
    return Row(
        values=(what, exact[0], line.unit, exact[1], exact[2], line.payer.value),
        cells=(
            what,
            f"{shown.normalize():,f}",
            line.unit,
            exact[1],
            dollars(line.usd),
            line.payer.value,
        ),
    )


def bill_facts(bill: "Bill") -> list[tuple[str, str]]:
    """Return a bill for a narrow panel: all requests in one line, then the other lines."""
    by_verb: dict[str, Decimal] = {}
    asked = Decimal(0)
    facts: list[tuple[str, str]] = []
    for line in bill.lines:
        if line.unit == "requests" and "restore" not in line.what:
            verb = line.what.partition(",")[0]
            by_verb[verb] = by_verb.get(verb, Decimal(0)) + line.quantity
            asked += line.usd
            continue
        if line.what.endswith("free tier"):
            facts.append(("free tier", _amount(line)))
            continue
        price = f"{_amount(line)} × {digits(line.unit_price_usd)}  {dollars(line.usd)}"
        facts.append((line.what.split(" ")[0].rstrip(","), price))
    if by_verb:
        verbs = " · ".join(f"{verb} {number:,}" for verb, number in by_verb.items())
        facts.insert(0, ("requests", f"{verbs}  {dollars(asked)}"))
    return [*facts, *((f"{gap.partition(':')[0]}", "no price") for gap in bill.gaps)]


def _amount(line: "Line") -> str:
    """Format a quantity in the unit of its price: ``104.0 GB``, ``0.0028 GB``, ``<0.0001 GB``."""
    if line.quantity >= _TENTH or not line.quantity:
        return f"{line.quantity.quantize(_TENTH, ROUND_HALF_UP):,} {line.unit}"
    fine = line.quantity.quantize(_FINE, ROUND_HALF_UP)
    return f"{fine if fine else f'<{_FINE}'} {line.unit}"


def bill_lines(bill: "Bill") -> Iterator[str]:
    """Yield the lines below a bill: totals by payer, missing prices, sources of prices."""
    yield f"the {bill.payer} pays {total(bill)}"
    for other in type(bill.payer):
        owed = bill.usd_of(other)
        if other is not bill.payer and owed:
            yield f"the {other} pays {dollars(owed)}"
    yield from (f"missing: {gap}" for gap in bill.gaps)
    yield prices_line(bill)


def cost_line(bill: "Bill") -> str:
    """Return the total in a sentence, with the source of its prices."""
    return f"costs {total(bill)}; {prices_line(bill)}"


def prices_line(bill: "Bill") -> str:
    """Name the prices used: ``prices: us-east-1 of 2025-06-05 (bundled snapshot)``."""
    used = [f"{u.region} of {u.as_of or 'an unknown day'} ({u.source})" for u in bill.prices]
    return f"prices: {', '.join(used) or 'none'}"


def bill_document(bill: "Bill") -> dict[str, object]:
    """Return the bill as JSON data, with numbers as exact strings."""
    dates = [used.as_of for used in bill.prices if used.as_of is not None]
    return {
        "total_usd": digits(bill.total_usd),
        "payer": bill.payer.value,
        "usd_by_payer": {payer.value: digits(bill.usd_of(payer)) for payer in type(bill.payer)},
        "lines": [
            dict(zip([column.key for column in COLUMNS], row.values, strict=True))
            for row in bill_rows(bill)
        ],
        "prices_as_of": str(min(dates)) if dates else None,
        "prices": [
            {
                "region": used.region,
                "source": used.source,
                "as_of": str(used.as_of) if used.as_of else None,
            }
            for used in bill.prices
        ],
        "gaps": list(bill.gaps),
    }
