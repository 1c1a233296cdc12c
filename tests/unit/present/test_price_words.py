"""Prices, price lists and tiers in the words that every front end shows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from s3nav.present import price_words
from s3nav.pricing import IndexedVersion, SearchResult, Share, Tier

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"), [("0.0230000000", "0.023"), ("0", "0"), ("", "–"), ("see AWS", "see AWS")]
)
def test_a_price_has_no_trailing_zeros(written: str, shown: str) -> None:
    assert price_words.price(written) == shown


@pytest.mark.parametrize(
    ("part", "shown"), [("0.087", "+8.7 %"), ("-0.12", "−12 %"), ("0", "0 %"), ("1", "+100 %")]
)
def test_a_relative_change_has_its_sign(part: str, shown: str) -> None:
    assert price_words.signed_percent(Decimal(part)) == shown


def test_a_cut_search_reports_a_lower_bound_and_its_corrections() -> None:
    found = SearchResult(hits=(), total=1_000, is_cut=True, corrected={"retreival": "retrieval"})

    assert price_words.found_line(found, shown=50) == (
        "50 of 1,000+ products · `retreival` not found: searched for `retrieval`"
    )


def version(checked_at: str) -> IndexedVersion:
    return IndexedVersion(
        version_id=1,
        offer="AmazonS3",
        region="us-east-1",
        version="20260116160258",
        published_at="2026-11-17T00:00:00Z",
        indexed_at=checked_at,
        checked_at=checked_at,
        is_savings_plan=False,
        products=2,
        rates=3,
        first_product=1,
        last_product=2,
    )


def test_prices_are_stale_a_week_after_the_last_check() -> None:
    fresh, stale = version("2026-11-13T08:00:01Z"), version("2026-11-13T08:00:00Z")

    assert (price_words.is_stale(fresh, NOW), price_words.is_stale(stale, NOW)) == (False, True)
    assert price_words.is_stale(version("never"), NOW)
    row = price_words.status_row(stale, NOW)
    assert row.cells[3:5] == ("2026-11-17 (3 d old)", "7 d old")
    assert row.cells[7] == "stale"


def test_the_share_of_each_tier_is_a_row_with_open_end() -> None:
    tier = Tier(begin=Decimal(51200), end=None, price=Decimal("0.022"))
    share = Share(tier=tier, quantity=Decimal(10), cost=Decimal("0.22"))

    (row,) = price_words.cost_rows([share], "GB")

    assert row.values == ("51200", None, "10", "GB", "0.022", "0.22")
    assert row.cells == ("51,200", "∞", "10", "GB", "0.022", "0.22")
