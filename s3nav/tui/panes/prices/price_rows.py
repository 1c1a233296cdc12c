"""Products, facets, regions and changes of the Prices pane as rows."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from s3nav.present.formatting import Cell, Column, Icons, Tone, count, digits, safe_text, text_of
from s3nav.present.price_words import difference, price, signed_percent
from s3nav.pricing import RateChange, RegionPrice, SearchResult
from s3nav.tui.widgets.row_table import ColumnLayout, SortValue


class FixedRow(msgspec.Struct, frozen=True):
    """A row of a fixed list."""

    key: str
    cells: Mapping[str, Cell]
    order: Mapping[str, SortValue]
    """Values to sort by, for columns whose text would sort wrongly."""


class FixedRows:
    """A RowSource over a fixed list."""

    pinned = 0

    def __init__(self, columns: Sequence[ColumnLayout], rows: Sequence[FixedRow]) -> None:
        self.columns = columns
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, row: int) -> str:
        """See RowSource."""
        return self._rows[row].key

    def cell(self, row: int, column: str) -> Cell:
        """See RowSource."""
        return self._rows[row].cells[column]

    def sort_values(self, column: str) -> Sequence[SortValue]:
        """See RowSource."""
        return [
            row.order.get(column, text_of(row.cells[column]).strip().casefold())
            for row in self._rows
        ]

    def matching(self, text: str, start: int) -> Iterator[int]:
        """See RowSource."""
        folded = text.casefold()
        for at in range(start, len(self._rows)):
            if any(folded in text_of(cell).casefold() for cell in self._rows[at].cells.values()):
                yield at


HITS = (
    ColumnLayout(Column("usage", "USAGE TYPE"), width=22, flex=3, most=44, elide="middle"),
    ColumnLayout(Column("operation", "OPERATION"), width=14, flex=1, most=26, drop=4),
    ColumnLayout(Column("price", "PRICE", is_number=True), width=12),
    ColumnLayout(Column("unit", "UNIT"), width=8),
    ColumnLayout(Column("region", "REGION"), width=14, drop=3),
    ColumnLayout(Column("words", "WHAT IT IS"), width=18, flex=4),
    ColumnLayout(Column("service", "SERVICE"), width=12, flex=1, most=28, drop=5),
)
FACET_ROWS = (
    ColumnLayout(Column("facet", "FACET"), width=10),
    ColumnLayout(Column("value", "VALUE"), width=24, flex=3, most=60),
    ColumnLayout(Column("count", "PRODUCTS", is_number=True), width=10),
)
REGIONS = (
    ColumnLayout(Column("region", "REGION"), width=16, flex=1, most=24),
    ColumnLayout(Column("price", "PRICE", is_number=True), width=14),
    ColumnLayout(Column("difference", "DIFFERENCE", is_number=True), width=11),
    ColumnLayout(Column("bar", ""), width=20, flex=2, most=40, drop=2, sortable=False),
    ColumnLayout(Column("tiers", "TIERS", is_number=True), width=6, drop=3),
    ColumnLayout(Column("usage", "USAGE TYPE"), width=22, flex=3, drop=1, elide="middle"),
)
CHANGES = (
    ColumnLayout(Column("change", "CHANGE"), width=9),
    ColumnLayout(Column("usage", "USAGE TYPE"), width=17, flex=3, most=44, elide="middle"),
    ColumnLayout(Column("term", "TERM"), width=9, drop=2),
    ColumnLayout(Column("old", "OLD", is_number=True), width=11),
    ColumnLayout(Column("new", "NEW", is_number=True), width=11),
    ColumnLayout(Column("difference", "DIFFERENCE", is_number=True), width=11),
    ColumnLayout(Column("description", "AS AWS SAYS"), width=20, flex=3, drop=1),
)
BAR_CELLS = 18
_SIGNS: Mapping[str, tuple[str, Tone]] = {
    "added": ("+ ", "good"),
    "removed": ("− ", "bad"),
    "changed": ("~ ", "warn"),
}


def hit_rows(found: SearchResult) -> FixedRows:
    """The products that were found."""
    rows = []
    for hit in found.hits:
        more = "…" if hit.tiers > 1 else ""
        shown = (
            price(hit.price) + more + ("" if hit.currency in {"USD", ""} else f" {hit.currency}")
        )
        cells: dict[str, Cell] = {
            "usage": safe_text(hit.usage_type or hit.sku),
            "operation": ((safe_text(hit.operation), "dim"),),
            "price": safe_text(shown),
            "unit": ((safe_text(hit.unit), "dim"),),
            "region": ((safe_text(hit.region), "dim"),),
            "words": safe_text(hit.words or hit.description or hit.family),
            "service": ((safe_text(hit.service), "dim"),),
        }
        rows.append(FixedRow(str(hit.product_id), cells, {"price": _number(hit.price)}))
    return FixedRows(HITS, rows)


def facet_rows(found: SearchResult, narrowed: Mapping[str, str], icons: Icons) -> FixedRows:
    """The values of each facet; of a narrowed facet only the chosen one, marked."""
    rows = []
    for facet, values in found.facets.items():
        chosen = narrowed.get(facet)
        known = values if chosen is None else [(v, n) for v, n in values if v == chosen]
        for value, number in known:
            is_chosen = value == chosen
            sign = f"{icons.here} " if is_chosen else "  "
            tone: Tone = "accent" if is_chosen else ""
            shown = f"{count(number)}+" if found.is_cut else count(number)
            cells: dict[str, Cell] = {
                "facet": ((facet, "dim"),),
                "value": ((sign + safe_text(value), tone),),
                "count": shown,
            }
            rows.append(FixedRow(f"{facet}\0{value}", cells, {"count": number}))
    return FixedRows(FACET_ROWS, rows)


def region_rows(lines: Sequence[RegionPrice], icons: Icons) -> FixedRows:
    """A product in every region, with a bar for its price."""
    highest = max((line.tiers[0].price for line in lines if line.tiers), default=Decimal(0))
    rows = []
    for line in lines:
        first = line.tiers[0].price if line.tiers else None
        part = first / highest if first is not None and highest else Decimal(0)
        full = "#" if icons.is_ascii else "━"
        dear = (line.difference or 0) > 0
        cells: dict[str, Cell] = {
            "region": ((safe_text(line.region), "accent" if line.is_reference else ""),),
            "price": f"{digits(first)} {line.currency}" if first is not None else "–",
            "difference": ((difference(line), "warn" if dear else "dim"),),
            "bar": ((full * int(part * BAR_CELLS), "accent"),),
            "tiers": str(len(line.tiers)),
            "usage": ((safe_text(line.usage_type), "dim"),),
        }
        order = {"price": float(first or 0), "difference": float(line.difference or 0)}
        rows.append(FixedRow(f"{line.region}\0{line.sku}", cells, order))
    return FixedRows(REGIONS, rows)


def change_rows(changes: Sequence[RateChange]) -> FixedRows:
    """The changes of a version."""
    rows = []
    for number, change in enumerate(changes):
        sign, tone = _SIGNS[change.change]
        old, new = _number(change.old_price), _number(change.new_price)
        part = Decimal(new / old - 1) if old and change.new_price else None
        cells: dict[str, Cell] = {
            "change": ((sign + change.change, tone),),
            "usage": safe_text(change.usage_type),
            "term": ((safe_text(change.term_type), "dim"),),
            "old": price(change.old_price) if change.old_price else "",
            "new": price(change.new_price) if change.new_price else "",
            "difference": signed_percent(part) if part is not None else "",
            "description": ((safe_text(change.description), "dim"),),
        }
        rows.append(FixedRow(f"{number}", cells, {"old": old, "new": new}))
    return FixedRows(CHANGES, rows)


def _number(text: str) -> float:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return -1.0
