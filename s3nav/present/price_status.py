"""What the Prices pane shows besides its rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from s3nav.present.formatting import Notice, Span, count, digits, safe_text
from s3nav.present.price_words import days_old, difference, found_line, is_stale, page_lines
from s3nav.pricing import (
    IndexedVersion,
    PriceTiers,
    ProductPage,
    RegionPrice,
    SearchResult,
    parse_time,
    unit_words,
)

EMPTY = Notice(
    title="no prices yet",
    lines=(
        "d fetches S3's price lists for your region (under a megabyte), or any service's",
        "from then on you can search them without a network",
    ),
)
LOADING = Notice(title="reading the prices…")
NOTHING = Notice(title="no product has all these words", lines=("esc clears the search",))
NO_CHANGES = Notice(
    title="nothing changed between these versions", lines=("esc goes back to the products",)
)
VALUES_SHOWN = 4
REGIONS_SHOWN = 5


def search_line(query: str, narrowed: Mapping[str, str]) -> list[Span]:
    """``/ glacier retrieval  region eu-west-1``."""
    said: list[Span] = [(" / ", "accent")]
    said.append((safe_text(query), "") if query else ("s or / searches all prices", "dim"))
    for facet, value in narrowed.items():
        said += [(f"   {facet} ", "dim"), (safe_text(value), "accent")]
    return said


def freshness(versions: Sequence[IndexedVersion], now: datetime) -> list[Span]:
    """Which lists these are, and how old the oldest check is."""
    if not versions:
        return []
    newest = max(versions, key=lambda version: version.published_at)
    stale = sum(is_stale(version, now) for version in versions)
    published = parse_time(newest.published_at)
    old = f" ({days_old(published, now)})" if published else ""
    said: list[Span] = [
        (f"{count(len(versions))} lists, newest {newest.published_at[:10]}{old} ", "dim")
    ]
    if stale:
        said.append((f"{count(stale)} unchecked for a week: d ", "warn"))
    return said


def status_line(found: SearchResult | None) -> str:
    """How many products are shown."""
    return "" if found is None else found_line(found, len(found.hits))


def product_facts(
    page: ProductPage, regions: Sequence[RegionPrice]
) -> tuple[str, list[tuple[str, str]]]:
    """A product for the side panel: what it is, and what it costs elsewhere."""
    facts = [(name, safe_text(value)) for name, value in page_lines(page)]
    others = [line for line in regions if not line.is_reference and line.tiers]
    shown = [
        f"{line.region} {digits(line.tiers[0].price)} ({difference(line)})"
        for line in others[:REGIONS_SHOWN]
    ]
    if len(others) > REGIONS_SHOWN:
        shown.append(f"{count(len(others) - REGIONS_SHOWN)} more: c")
    if shown:
        facts.insert(3, ("elsewhere", safe_text(" · ".join(shown))))
    return safe_text(page.hit.usage_type or page.hit.sku), facts


def facet_facts(found: SearchResult) -> list[tuple[str, str]]:
    """What the matches divide into, the most frequent values of each facet."""
    plus = "+" if found.is_cut else ""
    facts = []
    for facet, values in found.facets.items():
        shown = [f"{safe_text(value)} ({count(number)}{plus})" for value, number in values]
        more = len(shown) - VALUES_SHOWN
        text = " · ".join(shown[:VALUES_SHOWN]) + (f" · {count(more)} more" if more > 0 else "")
        if shown:
            facts.append((facet, text))
    return facts


def tiers_title(page: ProductPage, tiers: PriceTiers) -> str:
    """``tiers: USD for each GB, on demand``."""
    kind = "on demand" if tiers.term_type == "OnDemand" else tiers.term_type
    lease = ", ".join(tiers.terms.values())
    unit = unit_words(tiers.unit)
    name = page.hit.words or page.hit.usage_type
    terms = f"{kind}{f' ({lease})' if lease else ''}"
    return safe_text(f"{name} · {tiers.currency} for each {unit}, {terms}")
