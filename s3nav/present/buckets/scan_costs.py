"""What two scans of a place cost to keep for a month, and the change between them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from s3nav.present.formatting import digits, dollars, prices_line, total

if TYPE_CHECKING:  # prices are loaded where they are asked for
    from s3nav.browse import ClassSums, Comparison, Scans
    from s3nav.pricing import Bill, ClassTotals, Estimator

_UNKNOWN = "unknown"


class MonthChange(msgspec.Struct, frozen=True, kw_only=True):
    """Storage of a month, by the same prices."""

    before: "Bill"
    after: "Bill"
    size_bytes: tuple[int, int]
    """Of what both scans have listed, before and after."""

    @property
    def gaps(self) -> tuple[str, ...]:
        """Prices that are missing; with one, the change is not known."""
        return tuple(dict.fromkeys((*self.before.gaps, *self.after.gaps)))

    @property
    def change_usd(self) -> Decimal | None:
        """More a month than before, exactly; None when nobody knows."""
        return None if self.gaps else self.after.total_usd - self.before.total_usd

    @property
    def prices_line(self) -> str:
        """Whose prices, and of when."""
        return prices_line(self.after if self.after.prices else self.before)

    def data(self) -> dict[str, object]:
        """For programs: dollars as strings with every digit, null for what nobody knows."""
        change = self.change_usd
        return {
            "month_usd_before": known_total(self.before),
            "month_usd_after": known_total(self.after),
            "month_usd_change": None if change is None else digits(change),
            "prices_as_of": _oldest_day(self.before, self.after),
            "gaps": list(self.gaps),
        }

    def words(self) -> list[tuple[str, str]]:
        """Facts by name, for lines and for side panels."""
        change = self.change_usd
        facts = [
            ("a month", f"{_said(self.before)} to {_said(self.after)}"),
            ("costs", _UNKNOWN if change is None else more_or_less(change)),
        ]
        return [*facts, *(("no price", gap) for gap in self.gaps)]


def months_of(
    scans: "Scans", estimator: "Estimator", found: "Comparison", prefix: str | None = None
) -> MonthChange:
    """Price what two scans have both listed, all or below a prefix. Raises S3NavError."""
    from s3nav.pricing import SMALL_BYTES  # noqa: PLC0415  # most commands need no prices

    bucket = found.after.place.bucket
    region = found.after.region or found.before.region or f"the region of {bucket}"
    before, after = scans.class_sums(found, smaller_than=SMALL_BYTES, prefix=prefix)
    sizes = [sum(each.size_bytes for each in sums.values()) for sums in (before, after)]
    bills = [estimator.month(region, shelves_of(sums)) for sums in (before, after)]
    return MonthChange(before=bills[0], after=bills[1], size_bytes=(sizes[0], sizes[1]))


def shelves_of(sums: "Mapping[str, ClassSums]") -> "dict[str, ClassTotals]":
    """Sums by storage class as an estimate wants them."""
    from s3nav.pricing import ClassTotals  # noqa: PLC0415  # most commands need no prices

    return {
        name: ClassTotals(
            objects=each.objects,
            size_bytes=each.size_bytes,
            small_objects=each.small_objects,
            small_bytes=each.small_bytes,
        )
        for name, each in sums.items()
    }


def bill_data(bill: "Bill") -> dict[str, object]:
    """One bill of a month for programs."""
    return {
        "month_usd": known_total(bill),
        "prices_as_of": _oldest_day(bill),
        "gaps": list(bill.gaps),
    }


def cost_lines(costs: MonthChange) -> Iterator[str]:
    """The same for standard output."""
    for name, value in costs.words():
        yield f"  {name:<11}{value}"
    yield f"  {costs.prices_line}"


def more_or_less(usd: Decimal) -> str:
    """``$1.2000 more a month``, ``$12.0000 less a month``."""
    if not usd:
        return "the same a month"
    return f"{dollars(abs(usd))} {'more' if usd > 0 else 'less'} a month"


def known_total(bill: "Bill") -> str | None:
    """What is known of a sum; None when nothing of it is."""
    return None if bill.gaps and not bill.lines else digits(bill.total_usd)


def _said(bill: "Bill") -> str:
    return _UNKNOWN if bill.gaps and not bill.lines else total(bill)


def _oldest_day(*bills: "Bill") -> str | None:
    dates = [used.as_of for bill in bills for used in bill.prices if used.as_of]
    return str(min(dates)) if dates else None
