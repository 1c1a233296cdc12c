"""Prices as rows and words, the same for every front end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from s3nav.present.formatting import (
    MISSING,
    Column,
    Row,
    count,
    digits,
    duration,
    number_of,
    rate,
    size,
)
from s3nav.pricing import (
    STALE_AFTER_DAYS,
    FetchProgress,
    Hit,
    IndexedVersion,
    PriceFile,
    PriceTiers,
    ProductPage,
    RateChange,
    RegionPrice,
    SearchResult,
    Share,
    Tier,
    parse_time,
    unit_words,
)

FILE_COLUMNS = (
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("state", "STATE"),
    Column("version", "VERSION"),
    Column("size_bytes", "SIZE", is_number=True),
    Column("wire_bytes", "FETCHED", is_number=True),
    Column("products", "PRODUCTS", is_number=True),
    Column("rates", "RATES", is_number=True),
    Column("path", "FILE"),
    Column("problem", "PROBLEM"),
)
HIT_COLUMNS = (
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("usage_type", "USAGE TYPE"),
    Column("operation", "OPERATION"),
    Column("price", "PRICE", is_number=True),
    Column("unit", "UNIT"),
    Column("words", "WHAT IT IS"),
    Column("sku", "SKU"),
)
REGION_COLUMNS = (
    Column("region", "REGION"),
    Column("price", "PRICE", is_number=True),
    Column("currency", "CURRENCY"),
    Column("unit", "UNIT"),
    Column("difference", "DIFFERENCE", is_number=True),
    Column("tiers", "TIERS", is_number=True),
    Column("usage_type", "USAGE TYPE"),
    Column("sku", "SKU"),
)
CHANGE_COLUMNS = (
    Column("change", "CHANGE"),
    Column("usage_type", "USAGE TYPE"),
    Column("operation", "OPERATION"),
    Column("term_type", "TERM"),
    Column("unit", "UNIT"),
    Column("begin", "FROM", is_number=True),
    Column("old_price", "OLD", is_number=True),
    Column("new_price", "NEW", is_number=True),
    Column("difference", "DIFFERENCE", is_number=True),
    Column("sku", "SKU"),
)
STATUS_COLUMNS = (
    Column("service", "SERVICE"),
    Column("region", "REGION"),
    Column("version", "VERSION"),
    Column("published_at", "PUBLISHED"),
    Column("checked_at", "CHECKED"),
    Column("products", "PRODUCTS", is_number=True),
    Column("rates", "RATES", is_number=True),
    Column("is_stale", "STALE"),
)
PRICE_TIER_COLUMNS = (
    Column("term_type", "TERM"),
    Column("lease", "FOR"),
    Column("begin", "FROM", is_number=True),
    Column("end", "TO", is_number=True),
    Column("unit", "UNIT"),
    Column("price", "PRICE", is_number=True),
    Column("currency", "CURRENCY"),
    Column("description", "AS AWS SAYS"),
)
COST_COLUMNS = (
    Column("begin", "FROM", is_number=True),
    Column("end", "TO", is_number=True),
    Column("quantity", "QUANTITY", is_number=True),
    Column("unit", "UNIT"),
    Column("price", "PRICE", is_number=True),
    Column("cost", "COST", is_number=True),
)


def file_row(file: PriceFile) -> Row:
    """Return a requested price file as a row."""
    fetch_result, indexed = file.fetch_result, file.indexed
    fetched = fetch_result.fetched
    problem = file.problem.message if file.problem else ""
    values = (
        fetch_result.service,
        fetch_result.region,
        file_state(file),
        indexed.version if indexed else None,
        fetched.entry.size_bytes if fetched else None,
        fetched.wire_bytes if fetched else None,
        indexed.products if indexed else None,
        indexed.rates if indexed else None,
        str(fetch_result.path) if fetch_result.path else None,
        problem or None,
    )
    cells = [MISSING if value is None else str(value) for value in values]
    for at in (4, 5):
        value = values[at]
        cells[at] = size(value, "auto") if isinstance(value, int) else MISSING
    for at in (6, 7):
        value = values[at]
        cells[at] = count(value) if isinstance(value, int) else MISSING
    cells[9] = problem
    return Row(values=values, cells=cells)


def file_state(file: PriceFile) -> str:
    """Name a file's state: fetched, not modified, failed, not indexed or not sold here."""
    if file.fetch_result.is_absent:
        return "not sold here"
    if file.fetch_result.path is None:
        return "failed"
    if file.problem is not None:
        return "not indexed"
    fetched = file.fetch_result.fetched
    return "not modified" if fetched is not None and fetched.cache_hit else "fetched"


def fetch_line(progress: FetchProgress) -> str:
    """Return a fetch's progress line: files, bytes, rate and estimated time left."""
    done = f"{count(progress.done + progress.failed)} of {count(progress.documents)} files"
    parts = [done if progress.documents else "requesting the list of files"]
    if progress.wire_bytes:
        parts.append(f"{size(progress.wire_bytes, 'auto')} at {rate(progress.bytes_per_s)}")
    if progress.cache_hits:
        parts.append(f"{count(progress.cache_hits)} not modified")
    if progress.failed:
        parts.append(f"{count(progress.failed)} failed")
    if progress.indexing:
        parts.append(f"indexing {progress.indexing}")
    elif progress.eta_s is not None and progress.done < progress.documents:
        parts.append(f"about {duration(progress.eta_s)} left")
    return " · ".join(parts)


def price(text: str) -> str:
    """Strip trailing zeros of a price: ``0.0230000000`` to ``0.023``; other text is kept."""
    try:
        return digits(Decimal(text))
    except InvalidOperation:
        return text or MISSING


def hit_row(hit: Hit) -> Row:
    """Return a found product as a row."""
    more = " …" if hit.tiers > 1 else ""
    shown = price(hit.price) + more + ("" if hit.currency in {"USD", ""} else f" {hit.currency}")
    values = (
        hit.service,
        hit.region,
        hit.usage_type,
        hit.operation,
        price(hit.price) if hit.price else None,
        hit.unit,
        hit.words or hit.description,
        hit.sku,
    )
    cells = [str(value or "") for value in values]
    cells[4] = shown
    return Row(values=values, cells=cells)


def found_line(found: SearchResult, shown: int) -> str:
    """Return the number of matching products and the words that were corrected."""
    total = number_of(found.total, "product")
    if found.is_cut:
        total = f"{count(found.total)}+ products"
    parts = [total if shown >= found.total else f"{count(shown)} of {total}"]
    parts += [
        f"`{typed}` not found: searched for `{used}`" for typed, used in found.corrected.items()
    ]
    return " · ".join(parts)


def region_row(line: RegionPrice) -> Row:
    """Return the price in one region as a row."""
    first = digits(line.tiers[0].price) if line.tiers else None
    values = (
        line.region,
        first,
        line.currency,
        line.unit,
        digits(line.difference) if line.difference is not None else None,
        len(line.tiers),
        line.usage_type,
        line.sku,
    )
    cells = [MISSING if value is None else str(value) for value in values]
    cells[4] = difference(line)
    return Row(values=values, cells=cells)


def difference(line: RegionPrice) -> str:
    """Format the difference from the reference: ``+8.7 %``, or ``reference`` for itself."""
    if line.is_reference:
        return "reference"
    return MISSING if line.difference is None else signed_percent(line.difference)


def signed_percent(part: Decimal) -> str:
    """Format a relative change: ``+8.7 %``, ``−12 %``, ``0 %``."""
    if not part:
        return "0 %"
    shown = digits(abs(part * 100).quantize(Decimal("0.1")))
    return f"{'+' if part > 0 else '−'}{shown} %"


def change_row(change: RateChange) -> Row:
    """Return one changed rate as a row."""
    part = _part(change.old_price, change.new_price)
    values = (
        change.change,
        change.usage_type,
        change.operation,
        change.term_type,
        change.unit,
        change.begin or None,
        price(change.old_price) if change.old_price else None,
        price(change.new_price) if change.new_price else None,
        digits(part) if part is not None else None,
        change.sku,
    )
    cells = [MISSING if value is None else str(value) for value in values]
    cells[8] = signed_percent(part) if part is not None else ""
    return Row(values=values, cells=cells)


def _part(old: str, new: str) -> Decimal | None:
    try:
        before, after = Decimal(old), Decimal(new)
    except InvalidOperation:
        return None
    return after / before - 1 if before else None


def status_row(version: IndexedVersion, now: datetime) -> Row:
    """Return one indexed version, with its age, as a row."""
    published, checked = parse_time(version.published_at), parse_time(version.checked_at)
    stale = is_stale(version, now)
    return Row(
        values=(
            version.offer,
            version.region,
            version.version,
            version.published_at,
            version.checked_at,
            version.products,
            version.rates,
            stale,
        ),
        cells=(
            version.offer,
            version.region,
            version.version,
            f"{version.published_at[:10]} ({days_old(published, now)})" if published else MISSING,
            days_old(checked, now) if checked else MISSING,
            count(version.products),
            count(version.rates),
            "stale" if stale else "",
        ),
    )


def days_old(then: datetime, now: datetime) -> str:
    """Format an age in days: ``today`` or ``3 d old``."""
    days = (now - then).days
    return f"{days} d old" if days > 0 else "today"


def is_stale(version: IndexedVersion, now: datetime) -> bool:
    """True when the version was not checked for `STALE_AFTER_DAYS`."""
    checked = parse_time(version.checked_at)
    return checked is None or abs(now - checked).days >= STALE_AFTER_DAYS


def page_lines(page: ProductPage) -> list[tuple[str, str]]:
    """Return a product's attributes as names and values."""
    hit, version = page.hit, page.version
    facts = [
        ("what it is", hit.words or hit.description),
        ("usage type", hit.usage_type),
        ("operation", hit.operation or "none named"),
        ("service", hit.service),
        ("region", hit.region),
        ("kind", hit.kind),
        ("family", hit.family or "none named"),
        ("SKU", hit.sku),
        ("unit", _unit(hit.unit)),
        ("version", f"{version.version}, published {version.published_at[:10]}"),
    ]
    known = {"usagetype", "operation", "servicecode", "regionCode"}
    facts += [(name, value) for name, value in page.attributes.items() if name not in known]
    return [(name, value) for name, value in facts if value]


def _unit(unit: str) -> str:
    words = unit_words(unit)
    return unit if words == unit else f"{unit} ({words})"


def price_tier_rows(price_tiers: Iterable[PriceTiers]) -> list[Row]:
    """Return one row for each tier of each term."""
    return [
        Row(values=_tier_values(prices, tier), cells=_tier_cells(prices, tier))
        for prices in price_tiers
        for tier in prices.tiers
    ]


def tier_span(tier: Tier) -> tuple[str, str]:
    """Format the bounds of a tier: ``51,200`` and ``∞``."""
    return f"{tier.begin:,f}", "∞" if tier.end is None else f"{tier.end:,f}"


def cost_rows(shares: Sequence[Share], unit: str) -> list[Row]:
    """Return the part of a quantity in each tier, with its cost, as rows."""
    rows = []
    for share in shares:
        begin, end = tier_span(share.tier)
        exact = (digits(share.quantity), digits(share.tier.price), digits(share.cost))
        rows.append(
            Row(
                values=(
                    digits(share.tier.begin),
                    None if share.tier.end is None else digits(share.tier.end),
                    exact[0],
                    unit,
                    exact[1],
                    exact[2],
                ),
                cells=(begin, end, exact[0], unit, exact[1], exact[2]),
            )
        )
    return rows


def lease(terms: Mapping[str, str]) -> str:
    """Format the lease of a term: ``1yr, All Upfront``; empty on demand."""
    return ", ".join(terms.values())


def _tier_values(prices: PriceTiers, tier: Tier) -> tuple[str | None, ...]:
    return (
        prices.term_type,
        lease(prices.terms) or None,
        digits(tier.begin),
        None if tier.end is None else digits(tier.end),
        prices.unit,
        digits(tier.price),
        prices.currency,
        tier.description,
    )


def _tier_cells(prices: PriceTiers, tier: Tier) -> tuple[str, ...]:
    begin, end = tier_span(tier)
    shown = (prices.unit, digits(tier.price), prices.currency, tier.description)
    return (prices.term_type, lease(prices.terms), begin, end, *shown)


def versions_line(versions: Sequence[IndexedVersion]) -> str:
    """Count versions and rates: ``3 price lists, 1,204 rates``."""
    rates = sum(version.rates for version in versions)
    return f"{number_of(len(versions), 'price list')}, {number_of(rates, 'rate')}"
