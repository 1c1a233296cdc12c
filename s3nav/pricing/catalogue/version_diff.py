"""Compare two versions of an offer, rate by rate."""

import itertools
from collections.abc import Iterator
from typing import Literal

import msgspec

from s3nav.persistence import Reader, Row
from s3nav.pricing.index import IndexedVersion

RATES_BY_SKU = """
SELECT p.sku, p.usage_type, p.operation, t.term_type, t.attributes, u.word AS unit,
       c.word AS currency, r.begins, r.ends, r.price, r.rate_code, r.description, r.term_id,
       r.unit_id
FROM products p JOIN rates r ON r.id >= p.id << 20 AND r.id < (p.id + 1) << 20
JOIN terms t ON t.id = r.term_id JOIN words u ON u.id = r.unit_id
JOIN words c ON c.id = r.currency_id
WHERE p.id BETWEEN ? AND ?
ORDER BY p.sku
"""
Change = Literal["added", "removed", "changed"]
_Key = tuple[str, ...]


class RateChange(msgspec.Struct, frozen=True, kw_only=True):
    """One rate that differs between two versions."""

    change: Change
    sku: str
    usage_type: str
    operation: str
    term_type: str
    unit: str
    currency: str
    begin: str
    old_price: str
    """Empty for a rate that was added."""
    new_price: str
    """Empty for a rate that was removed."""
    description: str


def changes(reader: Reader, old: IndexedVersion, new: IndexedVersion) -> Iterator[RateChange]:
    """Yield every difference, by SKU. Rates are matched by product, term, unit and range start."""
    before, after = _products(reader, old), _products(reader, new)
    one, two = next(before, None), next(after, None)
    while one is not None or two is not None:
        if two is None or (one is not None and one[0] < two[0]):
            assert one is not None
            yield from (_change("removed", row, None) for row in one[1].values())
            one = next(before, None)
        elif one is None or two[0] < one[0]:
            yield from (_change("added", None, row) for row in two[1].values())
            two = next(after, None)
        else:
            yield from _within(one[1], two[1])
            one, two = next(before, None), next(after, None)


def _products(reader: Reader, version: IndexedVersion) -> Iterator[tuple[str, dict[_Key, Row]]]:
    rows = reader.rows(RATES_BY_SKU, (version.first_product, version.last_product))
    for sku, group in itertools.groupby(rows, key=lambda row: str(row["sku"])):
        found: dict[_Key, Row] = {}
        for row in group:
            key: _Key = tuple(str(row[name]) for name in ("term_id", "unit_id", "begins"))
            while key in found:
                key = (*key, str(row["rate_code"]).rpartition(".")[2])
            found[key] = row
        yield sku, found


def _within(old: dict[_Key, Row], new: dict[_Key, Row]) -> Iterator[RateChange]:
    for key, row in old.items():
        later = new.get(key)
        if later is None:
            yield _change("removed", row, None)
        elif (later["price"], later["ends"]) != (row["price"], row["ends"]):
            yield _change("changed", row, later)
    yield from (_change("added", None, row) for key, row in new.items() if key not in old)


def _change(change: Change, old: Row | None, new: Row | None) -> RateChange:
    row = new if new is not None else old
    assert row is not None
    return RateChange(
        change=change,
        sku=row["sku"],
        usage_type=row["usage_type"],
        operation=row["operation"],
        term_type=row["term_type"],
        unit=row["unit"],
        currency=row["currency"],
        begin=row["begins"],
        old_price=old["price"] if old is not None else "",
        new_price=new["price"] if new is not None else "",
        description=row["description"],
    )
