"""Read a CSV offer: five head lines, a title line, then one rate per line."""

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from s3nav.model.text.bounded_lines import LineTooLongError, bounded_lines
from s3nav.pricing.index.offer_events import SAVINGS_PLAN_TERM
from s3nav.pricing.index.offer_records import (
    Batch,
    OfferDamagedError,
    OfferHead,
    Product,
    Products,
    RateLine,
    Rates,
)

BATCH = 1000
_HEAD_LINES = 5
_LONGEST_LINE = 1 << 16
"""Letters; the longest lines of AWS's files have a few thousand. A thousand are read at a time."""
_TERM_TITLES = ("LeaseContractLength", "LeaseContractLengthUnit", "PurchaseOption", "OfferingClass")
_RATE_TITLES = frozenset(
    {
        "SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate",
        "StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "RelatedTo",
        "Product Family", "DiscountedRate", *_TERM_TITLES,
    }
)  # fmt: skip
_LIKE_JSON = {
    "usageType": "usagetype",
    "serviceCode": "servicecode",
    "serviceName": "servicename",
}
"""Attributes whose CSV and JSON names differ by more than spaces."""


def read_csv(path: Path) -> Iterator[Batch]:
    """Yield the head, then for every `BATCH` lines their new products and their rates.

    Raises OfferDamagedError and OSError.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(bounded_lines(file, _LONGEST_LINE), strict=True)
        try:
            head, titles = _head(path, lines)
            yield head
            yield from _rates(path, head, titles, lines)
        except (csv.Error, UnicodeDecodeError, LineTooLongError) as error:
            raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> OfferDamagedError:
    return OfferDamagedError(
        f"`{path}` is not a complete CSV offer: {why}",
        remedy="`s3nav --headless pricing download` fetches it again",
    )


def _head(path: Path, lines: Iterator[list[str]]) -> tuple[OfferHead, list[str]]:
    facts = {line[0]: line[1] for line in islice(lines, _HEAD_LINES) if len(line) > 1}
    titles = next(lines, [])
    if "Version" not in facts or "SKU" not in titles or "RateCode" not in titles:
        raise _damaged(path, "its first six lines are not those of an offer")
    return (
        OfferHead(
            offer=facts.get("OfferCode", ""),
            version=facts["Version"],
            published_at=facts.get("Publication Date", ""),
            is_savings_plan="DiscountedSKU" in titles,
        ),
        titles,
    )


def _rates(
    path: Path, head: OfferHead, titles: list[str], lines: Iterator[list[str]]
) -> Iterator[Batch]:
    seen: set[str] = set()
    number = _HEAD_LINES + 1
    while batch := list(islice(lines, BATCH)):
        products, rates = Products(), Rates()
        for cells in batch:
            number += 1
            if len(cells) != len(titles):
                raise _damaged(path, f"line {number} has {len(cells)} of {len(titles)} cells")
            row = dict(zip(titles, cells, strict=True))
            if row["SKU"] not in seen:
                seen.add(row["SKU"])
                products.append(_product(row, is_plan=head.is_savings_plan))
            rates.append(_savings_rate(row) if head.is_savings_plan else _rate(row))
        yield products
        yield rates


def _product(row: Mapping[str, str], *, is_plan: bool) -> Product:
    attributes = {
        attribute_name(title): cell
        for title, cell in row.items()
        if cell and title not in _RATE_TITLES and not (is_plan and title.startswith("Discounted"))
    }
    return Product(row["SKU"], row.get("Product Family", ""), attributes)


def attribute_name(title: str) -> str:
    """Turn a column title into the attribute's JSON name: ``Region Code`` to ``regionCode``."""
    joined = re.sub(r"\s+", "", title)
    # JSON has `vcpu` and `ecu` for `vCPU` and `ECU`; other names only start in lower case.
    name = joined.lower() if joined.isupper() else joined[:1].lower() + joined[1:]
    return _LIKE_JSON.get(name, name)


def _rate(row: Mapping[str, str]) -> RateLine:
    return RateLine(
        row["SKU"],
        row.get("TermType", ""),
        row.get("OfferTermCode", ""),
        row["RateCode"],
        row.get("Unit", ""),
        row.get("Currency", ""),
        row.get("StartingRange", ""),
        row.get("EndingRange", ""),
        row.get("PricePerUnit", ""),
        row.get("PriceDescription", ""),
        row.get("EffectiveDate", ""),
        tuple((title, row[title]) for title in _TERM_TITLES if row.get(title)),
        tuple(sku for sku in re.split(r"[,;\s]+", row.get("RelatedTo", "")) if sku),
    )


def _savings_rate(row: Mapping[str, str]) -> RateLine:
    length = f"{row.get('LeaseContractLength', '')} {row.get('LeaseContractLengthUnit', '')}"
    about = (
        ("LeaseContractLength", length.strip()),
        *(
            (title[:1].lower() + title[1:].replace("SKU", "Sku"), cell)
            for title, cell in row.items()
            if title.startswith("Discounted") and title != "DiscountedRate" and cell
        ),
    )
    return RateLine(
        row["SKU"],
        SAVINGS_PLAN_TERM,
        "",
        row["RateCode"],
        row.get("Unit", ""),
        row.get("Currency", ""),
        "",
        "",
        row.get("DiscountedRate", ""),
        row.get("Description", ""),
        row.get("EffectiveDate", ""),
        about,
        (row.get("DiscountedSKU", ""),),
    )
